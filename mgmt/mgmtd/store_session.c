/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_session.h"

#include <errno.h>

#include "lib/str.h"

int store_session_add(struct db *db, const struct session *s)
{
	int r = db_run(db,
		       "INSERT INTO session (hash, login, csrf, created, used)"
		       " VALUES (?, ?, ?, ?, ?)",
		       "sssii", s->hash, s->login, s->csrf, s->created, s->used);

	if (r == 0)
		r = db_run(db,
			   "DELETE FROM session WHERE login = ?1 AND hash NOT IN"
			   " (SELECT hash FROM session WHERE login = ?1"
			   "  ORDER BY used DESC LIMIT 10)",
			   "s", s->login);
	return r;
}

int store_session_get(struct db *db, const char *hash, struct session *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	struct session s = { 0 };
	int r = db_query(
		db, &rows,
		"SELECT hash, login, csrf, created, used FROM session WHERE hash = ?",
		"s", hash);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	(void)str_copy(s.hash, sizeof(s.hash), db_text(rows, 0));
	(void)str_copy(s.login, sizeof(s.login), db_text(rows, 1));
	(void)str_copy(s.csrf, sizeof(s.csrf), db_text(rows, 2));
	s.created = db_int(rows, 3);
	s.used = db_int(rows, 4);
	*ret = s;
	return 0;
}

int store_session_touch(struct db *db, const char *hash, int64_t now)
{
	return db_run(db, "UPDATE session SET used = ? WHERE hash = ?", "is", now, hash);
}

int store_session_remove(struct db *db, const char *hash)
{
	return db_run(db, "DELETE FROM session WHERE hash = ?", "s", hash);
}

int store_session_remove_of(struct db *db, const char *login, const char *keep)
{
	return db_run(db, "DELETE FROM session WHERE login = ? AND hash <> ?", "ss",
		      login, keep);
}

int store_session_expire(struct db *db, int64_t used, int64_t created)
{
	return db_run(db, "DELETE FROM session WHERE used < ? OR created < ?", "ii", used,
		      created);
}
