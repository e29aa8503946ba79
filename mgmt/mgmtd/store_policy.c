/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define COLUMNS "revision, applied, by, reason, state, until, ended, ended_by"

int store_policy_add(struct db *db, const char *text, int64_t now, const char *by,
		     const char *reason)
{
	return db_run(db,
		      "INSERT INTO policy_version (text, applied, by, reason)"
		      " VALUES (?, ?, ?, ?)",
		      "siss", text, now, by, reason);
}

/* The columns from the first on, with the text behind them when it is wanted. */
static int read_row(struct db_rows *rows, bool with_text, struct policy_version *ret)
{
	struct policy_version v = { 0 };

	if (with_text) {
		v.text = strdup(db_text(rows, 8));
		if (v.text == NULL)
			return -ENOMEM;
	}
	v.revision = (uint64_t)db_int(rows, 0);
	v.applied = db_int(rows, 1);
	(void)str_copy(v.by, sizeof(v.by), db_text(rows, 2));
	(void)str_copy(v.reason, sizeof(v.reason), db_text(rows, 3));
	(void)str_copy(v.state, sizeof(v.state), db_text(rows, 4));
	v.until = db_int(rows, 5);
	v.ended = db_int(rows, 6);
	(void)str_copy(v.ended_by, sizeof(v.ended_by), db_text(rows, 7));
	*ret = v;
	return 0;
}

static int read_one(struct db_rows *rows, struct policy_version *ret)
{
	int r = db_next(rows);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	return read_row(rows, true, ret);
}

static int get_by_state(struct db *db, const char *state, struct policy_version *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS ", text FROM policy_version"
			 " WHERE state = ? ORDER BY id DESC LIMIT 1",
			 "s", state);

	return r < 0 ? r : read_one(rows, ret);
}

int store_policy_get(struct db *db, struct policy_version *ret)
{
	return get_by_state(db, POLICY_CONFIRMED, ret);
}

int store_policy_trial(struct db *db, struct policy_version *ret)
{
	return get_by_state(db, "trial", ret);
}

int store_policy_of(struct db *db, uint64_t revision, struct policy_version *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS ", text FROM policy_version"
			 " WHERE revision = ? AND revision <> 0 LIMIT 1",
			 "i", (int64_t)revision);

	return r < 0 ? r : read_one(rows, ret);
}

int store_policy_number(struct db *db, uint64_t revision, int64_t until)
{
	int r = db_run(db,
		       "UPDATE policy_version SET revision = ?, until = ?,"
		       " state = iif(? = 0, 'confirmed', 'trial')"
		       " WHERE id = (SELECT max(id) FROM policy_version)",
		       "iii", (int64_t)revision, until, until);

	if (r == 0 && until != 0)
		r = db_run(db, "UPDATE revision SET tried = 1 WHERE number = ?", "i",
			   (int64_t)revision);
	return r;
}

int store_policy_end_trial(struct db *db, const char *state, const char *by, int64_t now)
{
	int r = 0;

	if (strcmp(state, POLICY_CONFIRMED) == 0)
		r = db_run(db,
			   "UPDATE revision SET tried = 0 WHERE number ="
			   " (SELECT revision FROM policy_version WHERE state = 'trial')",
			   "");
	if (r == 0)
		r = db_run(db,
			   "UPDATE policy_version SET state = ?, ended = ?, ended_by = ?"
			   " WHERE state = 'trial'",
			   "sis", state, now, by);
	return r;
}

int store_policy_each(struct db *db, bool with_text, int64_t limit,
		      int (*fn)(const struct policy_version *v, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 with_text ? "SELECT " COLUMNS ", text FROM policy_version"
				     " ORDER BY id DESC LIMIT ?"
				   : "SELECT " COLUMNS " FROM policy_version"
				     " ORDER BY id DESC LIMIT ?",
			 "i", limit);

	while (r == 0 && (r = db_next(rows)) == 1) {
		CLEANUP(store_policy_free) struct policy_version v = { 0 };

		r = read_row(rows, with_text, &v);
		if (r == 0)
			r = fn(&v, user);
	}
	return r;
}

void store_policy_free(struct policy_version *v)
{
	free(v->text);
	v->text = NULL;
}
