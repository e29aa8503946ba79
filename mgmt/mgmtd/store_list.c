/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_list.h"

#include <errno.h>

#include "lib/str.h"

#define COLUMNS \
	"number, version, id, name, mode, zones, groups, users, schedule, reason," \
	" state, requested_by, requested_role, requested, approved_by, approved"

#define COPY(field, column) \
	(void)str_copy(l->field, sizeof(l->field), db_text(rows, column))

static void read_row(struct db_rows *rows, struct list *l)
{
	*l = (struct list){ .number = db_int(rows, 0) };
	COPY(version, 1);
	COPY(id, 2);
	COPY(name, 3);
	COPY(mode, 4);
	COPY(zones, 5);
	COPY(groups, 6);
	COPY(users, 7);
	COPY(schedule, 8);
	COPY(reason, 9);
	COPY(state, 10);
	COPY(requested_by, 11);
	COPY(requested_role, 12);
	l->requested = db_int(rows, 13);
	COPY(approved_by, 14);
	l->approved = db_int(rows, 15);
}

static int check_request(struct db *db, const struct list *l)
{
	int64_t n;
	int r = db_number(db, &n,
			  "SELECT count(*) FROM list WHERE name = ? AND id <> ?"
			  " AND state IN ('requested', 'active')",
			  "ss", l->name, l->id);

	if (r == 0 && n != 0)
		return -ENOTUNIQ;
	if (r == 0)
		r = db_number(db, &n,
			      "SELECT count(DISTINCT id) FROM list WHERE id <> ?"
			      " AND state IN ('requested', 'active')",
			      "s", l->id);
	return r == 0 && n >= LISTS_MAX ? -EDQUOT : r;
}

int store_list_request(struct db *db, const struct list *l)
{
	int r = check_request(db, l);

	if (r < 0)
		return r;
	return db_run(db,
		      "INSERT INTO list (version, id, name, mode, zones, groups, users,"
		      " schedule, reason, requested_by, requested_role, requested, state)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'requested')",
		      "sssssssssssi", l->version, l->id, l->name, l->mode, l->zones,
		      l->groups, l->users, l->schedule, l->reason, l->requested_by,
		      l->requested_role, l->requested);
}

static int one(struct db_rows *rows, struct list *ret)
{
	int r = db_next(rows);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	read_row(rows, ret);
	return 0;
}

int store_list_get(struct db *db, const char *id, const char *state, struct list *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM list WHERE id = ? AND state = ?", "ss",
			 id, state);

	return r == 0 ? one(rows, ret) : r;
}

int store_list_find(struct db *db, const char *id_or_name, struct list *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM list WHERE state = 'active'"
			 " AND (id = ?1 OR name = ?1) ORDER BY id <> ?1 LIMIT 1",
			 "s", id_or_name);

	return r == 0 ? one(rows, ret) : r;
}

int store_list_approve(struct db *db, const struct list *l, const char *by, int64_t now)
{
	int r = db_run(db,
		       "UPDATE list SET state = 'replaced', ended_by = ?, ended = ?"
		       " WHERE id = ? AND state = 'active'",
		       "sis", by, now, l->id);

	if (r == 0)
		r = db_run(db,
			   "UPDATE list SET state = 'active', approved_by = ?,"
			   " approved = ? WHERE number = ? AND state = 'requested'",
			   "sii", by, now, l->number);
	return r;
}

int store_list_withdraw(struct db *db, const char *id, const char *by, int64_t now,
			const char *reason)
{
	return db_run(db,
		      "UPDATE list SET state = 'withdrawn', ended_by = ?, ended = ?,"
		      " ended_reason = ? WHERE id = ? AND state = 'requested'",
		      "siss", by, now, reason, id);
}

int store_list_remove(struct db *db, const char *id, const char *by, int64_t now,
		      const char *reason)
{
	int64_t n;
	int r = store_list_entries(db, id, &n);

	if (r == 0 && n != 0)
		return -ENOTEMPTY;
	if (r == 0)
		r = store_list_withdraw(db, id, by, now, reason);
	if (r == 0)
		r = db_run(db,
			   "UPDATE list SET state = 'removed', ended_by = ?, ended = ?,"
			   " ended_reason = ? WHERE id = ? AND state = 'active'",
			   "siss", by, now, reason, id);
	return r;
}

int store_list_entries(struct db *db, const char *id, int64_t *ret_count)
{
	return db_number(db, ret_count,
			 "SELECT count(*) FROM entry WHERE list = ?"
			 " AND state IN ('requested', 'active')",
			 "s", id);
}

int store_list_each(struct db *db, const char *state, list_fn *fn, void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM list WHERE state = ?"
			 " ORDER BY id <> 'ldefault', name",
			 "s", state);
	struct list l;

	while (r >= 0 && (r = db_next(rows)) == 1) {
		read_row(rows, &l);
		r = fn(&l, user);
	}
	return r;
}
