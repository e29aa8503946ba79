/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_entry.h"

#include <errno.h>

#include "lib/revision.h"
#include "lib/str.h"

#define COLUMNS \
	"id, host, ports, zones, reason, state, requested_by, requested_role, " \
	"requested," \
	" approved_by, approved"

static struct entry read_row(struct db_rows *rows)
{
	struct entry e = { 0 };

	(void)str_copy(e.id, sizeof(e.id), db_text(rows, 0));
	(void)str_copy(e.host, sizeof(e.host), db_text(rows, 1));
	(void)str_copy(e.ports, sizeof(e.ports), db_text(rows, 2));
	(void)str_copy(e.zones, sizeof(e.zones), db_text(rows, 3));
	(void)str_copy(e.reason, sizeof(e.reason), db_text(rows, 4));
	(void)str_copy(e.state, sizeof(e.state), db_text(rows, 5));
	(void)str_copy(e.requested_by, sizeof(e.requested_by), db_text(rows, 6));
	(void)str_copy(e.requested_role, sizeof(e.requested_role), db_text(rows, 7));
	e.requested = db_int(rows, 8);
	(void)str_copy(e.approved_by, sizeof(e.approved_by), db_text(rows, 9));
	e.approved = db_int(rows, 10);
	return e;
}

static int check_room(struct db *db, const struct entry *e)
{
	int64_t n;
	int r = db_number(db, &n, "SELECT count(*) FROM entry WHERE state <> 'removed'",
			  "");

	if (r == 0 && n >= REVISION_ENTRIES_MAX)
		return -EDQUOT;
	if (r == 0)
		r = db_number(db, &n,
			      "SELECT count(*) FROM entry WHERE state <> 'removed'"
			      " AND host = ? AND ports = ? AND zones = ?",
			      "sss", e->host, e->ports, e->zones);
	return r == 0 && n != 0 ? -EEXIST : r;
}

int store_entry_add(struct db *db, const struct entry *e)
{
	int r = check_room(db, e);

	if (r < 0)
		return r;
	return db_run(
		db,
		"INSERT INTO entry (id, host, ports, zones, reason, state, requested_by,"
		" requested_role, requested) VALUES (?, ?, ?, ?, ?, 'requested', ?, ?, "
		"?)",
		"sssssssi", e->id, e->host, e->ports, e->zones, e->reason,
		e->requested_by, e->requested_role, e->requested);
}

int store_entry_get(struct db *db, const char *id, struct entry *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS
			 " FROM entry WHERE id = ? AND state <> 'removed'",
			 "s", id);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_entry_approve(struct db *db, const char *id, const char *by, int64_t now)
{
	return db_run(db,
		      "UPDATE entry SET state = 'active', approved_by = ?, approved = ?"
		      " WHERE id = ? AND state = 'requested'",
		      "sis", by, now, id);
}

int store_entry_remove(struct db *db, const char *id, const char *by, int64_t now,
		       const char *reason)
{
	return db_run(db,
		      "UPDATE entry SET state = 'removed', removed_by = ?, removed = ?,"
		      " removed_reason = ? WHERE id = ?",
		      "siss", by, now, reason, id);
}

int store_entry_each(struct db *db, bool only_active,
		     int (*fn)(const struct entry *e, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM entry WHERE state = 'active'"
			 " OR (state = 'requested' AND ? = 0) ORDER BY host, id",
			 "i", (int64_t)only_active);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct entry e = read_row(rows);

		r = fn(&e, user);
	}
	return r;
}
