/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_permit.h"

#include <errno.h>

#include "lib/str.h"

#define COLUMNS \
	"p.number, p.id, p.device, p.interface, p.kind, p.owner, p.reason," \
	" p.destinations, p.until, p.seconds, p.state, p.requested_by, " \
	"p.requested_role," \
	" p.requested, p.approved_by, p.approved"

static struct permit read_row(struct db_rows *rows)
{
	struct permit p = { 0 };

	p.number = db_int(rows, 0);
	(void)str_copy(p.id, sizeof(p.id), db_text(rows, 1));
	(void)str_copy(p.device, sizeof(p.device), db_text(rows, 2));
	(void)str_copy(p.interface, sizeof(p.interface), db_text(rows, 3));
	(void)str_copy(p.kind, sizeof(p.kind), db_text(rows, 4));
	(void)str_copy(p.owner, sizeof(p.owner), db_text(rows, 5));
	(void)str_copy(p.reason, sizeof(p.reason), db_text(rows, 6));
	(void)str_copy(p.destinations, sizeof(p.destinations), db_text(rows, 7));
	p.until = db_int(rows, 8);
	p.seconds = db_int(rows, 9);
	(void)str_copy(p.state, sizeof(p.state), db_text(rows, 10));
	(void)str_copy(p.requested_by, sizeof(p.requested_by), db_text(rows, 11));
	(void)str_copy(p.requested_role, sizeof(p.requested_role), db_text(rows, 12));
	p.requested = db_int(rows, 13);
	(void)str_copy(p.approved_by, sizeof(p.approved_by), db_text(rows, 14));
	p.approved = db_int(rows, 15);
	return p;
}

int store_permit_request(struct db *db, const struct permit *p)
{
	return db_run(
		db,
		"INSERT INTO permit (id, device, interface, kind, owner, reason,"
		" destinations, until, seconds, state, requested_by, requested_role,"
		" requested) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'requested', ?, ?, ?)",
		"sssssssiissi", p->id, p->device, p->interface, p->kind, p->owner,
		p->reason, p->destinations, p->until, p->seconds, p->requested_by,
		p->requested_role, p->requested);
}

int store_permit_of(struct db *db, const char *device, const char *state,
		    struct permit *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(
		db, &rows,
		"SELECT " COLUMNS " FROM permit p WHERE p.device = ?1"
		" AND (?2 IS NULL OR p.state = ?2) ORDER BY p.number DESC LIMIT 1",
		"ss", device, state);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_permit_approve(struct db *db, const struct permit *p, const char *by,
			 int64_t now, int64_t until)
{
	int r = db_run(db,
		       "UPDATE permit SET state = 'replaced', ended_by = ?, ended = ?"
		       " WHERE device = ? AND state = 'active'",
		       "sis", by, now, p->device);

	if (r == 0)
		r = db_run(db,
			   "UPDATE permit SET state = 'active', approved_by = ?,"
			   " approved = ?, until = ? WHERE number = ?",
			   "siii", by, now, until, p->number);
	return r;
}

int store_permit_withdraw(struct db *db, const char *device, const char *by, int64_t now,
			  const char *reason)
{
	return db_run(db,
		      "UPDATE permit SET ended_by = ?, ended = ?, ended_reason = ?,"
		      " state = 'withdrawn' WHERE device = ? AND state = 'requested'",
		      "siss", by, now, reason, device);
}

int store_permit_end(struct db *db, const char *device, const char *by, int64_t now,
		     const char *reason)
{
	return db_run(
		db,
		"UPDATE permit SET ended_by = ?, ended = ?, ended_reason = ?,"
		" state = CASE state WHEN 'active' THEN 'revoked' ELSE 'withdrawn' END"
		" WHERE device = ? AND state IN ('active', 'requested')",
		"siss", by, now, reason, device);
}

int store_permit_each(struct db *db, int64_t now,
		      int (*fn)(const struct permit *p, const char *mac, void *user),
		      void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS ", d.mac, d.grp FROM permit p JOIN device d"
			 " ON d.id = p.device WHERE p.state = 'active'"
			 " AND (p.until = 0 OR p.until > ?) ORDER BY p.number",
			 "i", now);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct permit p = read_row(rows);

		(void)str_copy(p.group, sizeof(p.group), db_text(rows, 17));
		r = fn(&p, db_text(rows, 16), user);
	}
	return r;
}
