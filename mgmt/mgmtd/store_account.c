/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_account.h"

#include <errno.h>

#include "lib/str.h"

#define COLUMNS "login, name, role, hash, must_change, disabled, created"

#define ATTEMPTS_FREE 5
#define LOCKED_S      300
#define STRANGERS_MAX 1000 /* logins that no account has */

static struct account read_row(struct db_rows *rows)
{
	struct account a = { 0 };

	(void)str_copy(a.login, sizeof(a.login), db_text(rows, 0));
	(void)str_copy(a.name, sizeof(a.name), db_text(rows, 1));
	a.role = role_of_name(db_text(rows, 2));
	(void)str_copy(a.hash, sizeof(a.hash), db_text(rows, 3));
	a.must_change = db_int(rows, 4) != 0;
	a.disabled = db_int(rows, 5) != 0;
	a.created = db_int(rows, 6);
	return a;
}

int store_account_add(struct db *db, const struct account *a)
{
	return db_run(db,
		      "INSERT INTO account (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)",
		      "ssssiii", a->login, a->name, role_name(a->role), a->hash,
		      (int64_t)a->must_change, (int64_t)a->disabled, a->created);
}

int store_account_get(struct db *db, const char *login, struct account *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, "SELECT " COLUMNS " FROM account WHERE login = ?",
			 "s", login);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_account_password(struct db *db, const char *login, const char *hash,
			   bool must_change)
{
	return db_run(db, "UPDATE account SET hash = ?, must_change = ? WHERE login = ?",
		      "sis", hash, (int64_t)must_change, login);
}

int store_account_disable(struct db *db, const char *login)
{
	return db_run(db, "UPDATE account SET disabled = 1 WHERE login = ?", "s", login);
}

int store_account_each(struct db *db, int (*fn)(const struct account *a, void *user),
		       void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, "SELECT " COLUMNS " FROM account ORDER BY login", "");

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct account a = read_row(rows);

		r = fn(&a, user);
	}
	return r;
}

int store_attempt_locked(struct db *db, const char *login, int64_t now, bool *ret_locked)
{
	int64_t n;
	int r = db_number(
		db, &n,
		"SELECT count(*) FROM attempt WHERE login = ?1 AND locked_until > ?2"
		" AND locked_until <= ?2 + ?3", /* the clock may have been set back */
		"sii", login, now, (int64_t)LOCKED_S);

	if (r == 0)
		*ret_locked = n != 0;
	return r;
}

int store_attempt_failed(struct db *db, const char *login, int64_t now)
{
	int r = db_run(
		db,
		"INSERT INTO attempt (login, failed, locked_until) VALUES (?, 1, 0)"
		" ON CONFLICT (login) DO UPDATE SET failed = failed + 1",
		"s", login);

	if (r == 0) /* the count begins anew when the lock is over */
		r = db_run(db,
			   "UPDATE attempt SET failed = 0, locked_until = ?"
			   " WHERE login = ? AND failed >= ?",
			   "isi", now + LOCKED_S, login, (int64_t)ATTEMPTS_FREE);
	if (r == 0)
		r = db_run(db,
			   "DELETE FROM attempt WHERE login NOT IN (SELECT login FROM"
			   " account UNION ALL SELECT '" ATTEMPT_PROXY
			   "' || login FROM account)"
			   " AND id <= (SELECT max(id) FROM attempt) - ?",
			   "i", (int64_t)STRANGERS_MAX);
	return r;
}

int store_attempt_clear(struct db *db, const char *login)
{
	return db_run(db, "DELETE FROM attempt WHERE login = ?", "s", login);
}

int store_attempt_forgive(struct db *db, const char *login)
{
	return db_run(db,
		      "DELETE FROM attempt WHERE login = ?1 OR login = '" ATTEMPT_PROXY
		      "' || ?1",
		      "s", login);
}
