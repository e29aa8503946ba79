/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_permit.h"

#include <errno.h>
#include <string.h>

#include "lib/revision.h"
#include "lib/str.h"

#define COLUMNS \
	"p.number, p.id, p.bundle, p.device, p.interface, p.address, p.kind, p.owner," \
	" p.company, p.ticket, p.reason, p.destinations," \
	" p.terminal, p.checked, p.check_until, p.since, p.until, p.seconds, p.state," \
	" p.requested_by, p.requested_role, p.requested, p.approved_by, p.approved," \
	" p.flows, p.lists"
#define COLUMN_COUNT 26

/*
 * ?1 is now; p is the permit, d the card, and a the entry, which may be missing.
 */
#define IN_REVISION \
	"p.state = 'active' AND (p.until = 0 OR p.until > ?1)" \
	" AND (p.kind <> '" PERMIT_MAINTENANCE "' OR p.check_until > max(?1, p.since))" \
	" AND coalesce(a.retired + a.suspended, 0) = 0"
#define WITH_ASSET \
	" JOIN device d ON d.id = p.device LEFT JOIN asset a ON a.id = d.asset "

int64_t permit_end(const struct permit *p)
{
	bool remote = strcmp(p->kind, PERMIT_MAINTENANCE) == 0;

	return remote && (p->until == 0 || p->check_until < p->until) ? p->check_until
								      : p->until;
}

enum permit_phase permit_phase(const struct permit *p, int64_t now)
{
	if (p->until != 0 && p->until <= now)
		return PERMIT_OVER;
	if (p->since > now)
		return PERMIT_NOT_YET;
	if (strcmp(p->kind, PERMIT_MAINTENANCE) == 0 && p->check_until <= now)
		return PERMIT_UNCHECKED;
	return PERMIT_IN_FORCE;
}

uint32_t permit_mark(const struct permit *p)
{
	uint32_t class = REVISION_MARK_FULL;

	if (strcmp(p->flows, "[]") != 0)
		class = REVISION_MARK_LIMITED;
	else if (strcmp(p->destinations, "[]") != 0)
		class = REVISION_MARK_RESTRICTED;
	return class | ((uint32_t)p->number & REVISION_MARK_NUMBER);
}

static struct permit read_row(struct db_rows *rows)
{
	struct permit p = { 0 };
	const struct {
		char *dst;
		size_t size;
	} text[] = {
		{ p.id, sizeof(p.id) },
		{ p.bundle, sizeof(p.bundle) },
		{ p.device, sizeof(p.device) },
		{ p.interface, sizeof(p.interface) },
		{ p.address, sizeof(p.address) },
		{ p.kind, sizeof(p.kind) },
		{ p.owner, sizeof(p.owner) },
		{ p.company, sizeof(p.company) },
		{ p.ticket, sizeof(p.ticket) },
		{ p.reason, sizeof(p.reason) },
		{ p.destinations, sizeof(p.destinations) },
		{ p.terminal, sizeof(p.terminal) },
		{ p.checked, sizeof(p.checked) },
	};

	p.number = db_int(rows, 0);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		(void)str_copy(text[i].dst, text[i].size, db_text(rows, (int)i + 1));
	p.check_until = db_int(rows, 14);
	p.since = db_int(rows, 15);
	p.until = db_int(rows, 16);
	p.seconds = db_int(rows, 17);
	(void)str_copy(p.state, sizeof(p.state), db_text(rows, 18));
	(void)str_copy(p.requested_by, sizeof(p.requested_by), db_text(rows, 19));
	(void)str_copy(p.requested_role, sizeof(p.requested_role), db_text(rows, 20));
	p.requested = db_int(rows, 21);
	(void)str_copy(p.approved_by, sizeof(p.approved_by), db_text(rows, 22));
	p.approved = db_int(rows, 23);
	(void)str_copy(p.flows, sizeof(p.flows), db_text(rows, 24));
	(void)str_copy(p.lists, sizeof(p.lists), db_text(rows, 25));
	return p;
}

int store_permit_request(struct db *db, const struct permit *p)
{
	return db_run(db,
		      "INSERT INTO permit (id, bundle, device, interface, address, kind,"
		      " owner, company, ticket, reason, destinations, flows, lists,"
		      " terminal, checked, check_until, since, until, seconds, state,"
		      " requested_by, requested_role, requested)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " 'requested', ?, ?, ?)",
		      "sssssssssssssssiiiissi", p->id, p->bundle, p->device, p->interface,
		      p->address, p->kind, p->owner, p->company, p->ticket, p->reason,
		      p->destinations, p->flows, p->lists, p->terminal, p->checked,
		      p->check_until, p->since, p->until, p->seconds, p->requested_by,
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

int store_permit_bundle(struct db *db, const char *bundle, const char *state,
			int (*fn)(const struct permit *p, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM permit p WHERE p.bundle = ?1"
			 " AND (?2 IS NULL OR p.state = ?2) ORDER BY p.number",
			 "ss", bundle, state);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct permit p = read_row(rows);

		r = fn(&p, user);
	}
	return r;
}

int store_permit_approve(struct db *db, const struct permit *p, const char *by,
			 int64_t now, int64_t until)
{
	int r = db_run(db,
		       "UPDATE permit SET state = 'replaced', ended_by = ?1, ended = ?2"
		       " WHERE state = 'active' AND device IN (SELECT q.device"
		       " FROM permit q WHERE q.bundle = ?3 AND q.state = 'requested')",
		       "sis", by, now, p->bundle);

	if (r == 0)
		r = db_run(db,
			   "UPDATE permit SET state = 'active', approved_by = ?,"
			   " approved = ?, until = ? WHERE bundle = ?"
			   " AND state = 'requested'",
			   "siis", by, now, until, p->bundle);
	return r;
}

/*
 * The bundles that a card's open or active permits belong to end on all of their
 * cards. states: which of them, as SQL has it.
 */
#define END_SQL(states, cards) \
	"UPDATE permit SET ended_by = ?1, ended = ?2, ended_reason = ?3," \
	" state = CASE state WHEN 'active' THEN 'revoked' ELSE 'withdrawn' END" \
	" WHERE state IN (" states ") AND bundle IN (SELECT q.bundle FROM permit q" \
	" WHERE q.state IN (" states ") AND q.device IN (" cards "))"

int store_permit_withdraw(struct db *db, const char *device, const char *by, int64_t now,
			  const char *reason)
{
	return db_run(db, END_SQL("'requested'", "?4"), "siss", by, now, reason, device);
}

int store_permit_end(struct db *db, const char *device, const char *by, int64_t now,
		     const char *reason)
{
	return db_run(db, END_SQL("'active', 'requested'", "?4"), "siss", by, now, reason,
		      device);
}

int store_permit_end_asset(struct db *db, const char *asset, const char *by, int64_t now,
			   const char *reason)
{
	return db_run(db,
		      END_SQL("'active', 'requested'",
			      "SELECT id FROM device WHERE asset = ?4"),
		      "siss", by, now, reason, asset);
}

int store_permit_expire(struct db *db, const char *asset, int64_t now)
{
	return db_run(db,
		      "UPDATE permit SET state = 'expired', ended_by = '(timer)',"
		      " ended = ?1 WHERE state = 'active' AND until <> 0"
		      " AND until <= ?1 AND device IN (SELECT id FROM device"
		      " WHERE asset = ?2)",
		      "is", now, asset);
}

/*
 * One query for all, one that uses the cards' index for one entry. A bundle is in the
 * revision or not as a whole, also when one of its cards is another entry's by now.
 */
#define MARK_SQL(where) \
	"UPDATE permit SET live = NOT live WHERE number IN" \
	" (SELECT p.number FROM permit p" WITH_ASSET " WHERE " where \
	" AND (p.state = 'active' OR p.live = 1)" \
	" AND (" IN_REVISION ") <> p.live)"

#define BUNDLES \
	"p.bundle IN (SELECT q.bundle FROM device e JOIN permit q ON q.device = e.id" \
	" WHERE e.asset = ?2 AND (q.state = 'active' OR q.live = 1))"

int store_permit_mark(struct db *db, const char *asset, int64_t now)
{
	return asset != NULL ? db_run(db, MARK_SQL(BUNDLES), "is", now, asset)
			     : db_run(db, MARK_SQL("TRUE"), "i", now);
}

int store_permit_stale(struct db *db, int64_t now, int64_t *ret_count)
{
	return db_number(db, ret_count,
			 "SELECT count(*) FROM permit p" WITH_ASSET
			 " WHERE (p.state = 'active' OR (p.live = 1 AND p.until > ?1))"
			 " AND (" IN_REVISION ") <> p.live",
			 "i", now);
}

#define EACH_SQL(where) \
	"SELECT " COLUMNS ", d.mac, d.grp FROM permit p" WITH_ASSET " WHERE " where \
	" AND " IN_REVISION " ORDER BY p.bundle, p.number"

int store_permit_each(struct db *db, const char *asset, int64_t now,
		      int (*fn)(const struct permit *p, const char *mac, void *user),
		      void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = asset != NULL
			? db_query(db, &rows, EACH_SQL("d.asset = ?2"), "is", now, asset)
			: db_query(db, &rows, EACH_SQL("TRUE"), "i", now);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct permit p = read_row(rows);

		(void)str_copy(p.group, sizeof(p.group), db_text(rows, COLUMN_COUNT + 1));
		r = fn(&p, db_text(rows, COLUMN_COUNT), user);
	}
	return r;
}

int store_permit_before(struct db *db, const char *asset,
			int (*fn)(const char *bundle, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT DISTINCT p.bundle FROM device d JOIN permit p"
			 " ON p.device = d.id WHERE d.asset = ? AND p.live = 1",
			 "s", asset);

	while (r >= 0 && (r = db_next(rows)) == 1)
		r = fn(db_text(rows, 0), user);
	return r;
}
