/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_entry.h"

#include <errno.h>

#include "lib/revision.h"
#include "lib/str.h"

#define OWN \
	"e.id, e.host, e.address, e.ports, e.scheme, e.tls_any, e.path, e.methods," \
	" e.list, e.purpose, e.owner, e.since, e.until, e.review, e.override," \
	" e.replaces, e.state, e.requested_by, e.requested_role, e.requested," \
	" e.approved_by, e.approved"
#define SELECT \
	"SELECT " OWN ", l.name FROM entry e LEFT JOIN list l" \
	" ON l.id = e.list AND l.state = 'active'"

#define COPY(field, column) \
	(void)str_copy(e->field, sizeof(e->field), db_text(rows, column))

static void read_row(struct db_rows *rows, struct entry *e)
{
	*e = (struct entry){ 0 };
	COPY(id, 0);
	COPY(host, 1);
	e->address = db_int(rows, 2) != 0;
	COPY(ports, 3);
	COPY(scheme, 4);
	e->tls_any = db_int(rows, 5) != 0;
	COPY(path, 6);
	COPY(methods, 7);
	COPY(list, 8);
	COPY(purpose, 9);
	COPY(owner, 10);
	e->since = db_int(rows, 11);
	e->until = db_int(rows, 12);
	COPY(review, 13);
	COPY(override, 14);
	COPY(replaces, 15);
	COPY(state, 16);
	COPY(requested_by, 17);
	COPY(requested_role, 18);
	e->requested = db_int(rows, 19);
	COPY(approved_by, 20);
	e->approved = db_int(rows, 21);
	COPY(list_name, 22);
}

int store_entry_room(struct db *db, int64_t count)
{
	int64_t n;
	int r = db_number(db, &n,
			  "SELECT count(*) FROM entry WHERE state IN"
			  " ('requested', 'active')",
			  "");

	return r == 0 && n + count > REVISION_ENTRIES_MAX ? -EDQUOT : r;
}

/*
 * Everything that makes a difference to what is permitted. Looked up by host: a list
 * may have all the entries there are.
 */
int store_entry_same(struct db *db, const struct entry *e)
{
	int64_t n;
	int r = db_number(
		db, &n,
		"SELECT count(*) FROM entry INDEXED BY entry_state"
		" WHERE state IN ('requested', 'active') AND host = ? AND ports = ?"
		" AND scheme = ? AND path = ? AND methods = ? AND list = ?"
		" AND id <> ? AND tls_any = ? AND since = ? AND until = ?",
		"sssssssiii", e->host, e->ports, e->scheme, e->path, e->methods, e->list,
		e->replaces, (int64_t)e->tls_any, e->since, e->until);

	return r == 0 && n != 0 ? -EEXIST : r;
}

int store_entry_open_by(struct db *db, const char *who, bool prefix, int64_t *ret_count)
{
	return db_number(db, ret_count,
			 prefix ? "SELECT count(*) FROM entry WHERE state = 'requested'"
				  " AND substr(requested_by, 1, length(?1)) = ?1"
				: "SELECT count(*) FROM entry WHERE state = 'requested'"
				  " AND (requested_by = ?1 OR"
				  " substr(requested_by, 1, length(?1) + 1) = ?1 || ' ')",
			 "s", who);
}

int store_entry_add(struct db *db, const struct entry *e)
{
	int r = store_entry_same(db, e);

	if (r < 0)
		return r;
	return db_run(db,
		      "INSERT INTO entry (id, host, ports, scheme, path, methods, list,"
		      " purpose, owner, review, override, replaces, requested_by,"
		      " requested_role, address, tls_any, since, until, requested,"
		      " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		      " ?, ?, ?, 'requested')",
		      "ssssssssssssssiiiii", e->id, e->host, e->ports, e->scheme, e->path,
		      e->methods, e->list, e->purpose, e->owner, e->review, e->override,
		      e->replaces, e->requested_by, e->requested_role,
		      (int64_t)e->address, (int64_t)e->tls_any, e->since, e->until,
		      e->requested);
}

int store_entry_get(struct db *db, const char *id, struct entry *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 SELECT " WHERE e.id = ? AND e.state IN ('requested', 'active')",
			 "s", id);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	read_row(rows, ret);
	return 0;
}

static int replace(struct db *db, const struct entry *e, const char *by, int64_t now)
{
	int r = db_run(db,
		       "UPDATE entry SET state = 'removed', removed_by = ?, removed = ?,"
		       " removed_reason = 'replaced by ' || ?"
		       " WHERE id = ? AND state = 'active'",
		       "siss", by, now, e->id, e->replaces);

	return r == 0 && db_changed(db) != 1 ? -ESTALE : r;
}

int store_entry_approve(struct db *db, const struct entry *e, const char *by, int64_t now)
{
	int r = e->replaces[0] != '\0' ? replace(db, e, by, now) : 0;

	if (r < 0)
		return r;
	return db_run(db,
		      "UPDATE entry SET state = 'active', approved_by = ?, approved = ?"
		      " WHERE id = ? AND state = 'requested'",
		      "sis", by, now, e->id);
}

int store_entry_remove(struct db *db, const char *id, const char *by, int64_t now,
		       const char *reason)
{
	return db_run(db,
		      "UPDATE entry SET state = 'removed', removed_by = ?, removed = ?,"
		      " removed_reason = ? WHERE id = ?",
		      "siss", by, now, reason, id);
}

static int each(struct db_rows *rows, entry_fn *fn, void *user)
{
	struct entry e;
	int r = 0;

	while (r >= 0 && (r = db_next(rows)) == 1) {
		read_row(rows, &e);
		r = fn(&e, user);
	}
	return r;
}

int store_entry_find(struct db *db, const struct entry_filter *f, entry_fn *fn,
		     void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(
		db, &rows,
		SELECT " WHERE e.state IN ('requested', 'active')"
		       " AND (?1 IS NULL OR e.state = ?1) AND (?2 IS NULL OR e.list = ?2)"
		       " AND (?3 IS NULL OR instr(lower(e.host || ' ' || e.purpose ||"
		       " ' ' || e.owner || ' ' || e.requested_by), lower(?3)) > 0)"
		       " AND (?4 IS NULL OR (e.host, e.id) > (SELECT host, id FROM entry"
		       " WHERE id = ?4)) ORDER BY e.host, e.id LIMIT ?5",
		"ssssi", f->state, f->list, f->text, f->after,
		f->limit != 0 ? f->limit : INT64_C(-1));

	return r == 0 ? each(rows, fn, user) : r;
}

int store_entry_each(struct db *db, bool only_active, entry_fn *fn, void *user)
{
	const struct entry_filter filter = { .state = only_active ? "active" : NULL };

	return store_entry_find(db, &filter, fn, user);
}

int store_entry_each_by_domain(struct db *db, entry_fn *fn, void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 SELECT " WHERE e.state = 'active'"
				" ORDER BY domain_order(e.host), e.id",
			 "");

	return r == 0 ? each(rows, fn, user) : r;
}
