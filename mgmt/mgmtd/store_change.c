/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_change.h"

int store_change_add(struct db *db, const struct change *c, int64_t now)
{
	return db_run(db,
		      "INSERT INTO change (at, who, what, object, reason, break_glass)"
		      " VALUES (?, ?, ?, ?, ?, ?)",
		      "issssi", now, c->who, c->what, c->object, c->reason,
		      (int64_t)c->break_glass);
}

int store_revision_add(struct db *db, uint64_t number, uint64_t full, int64_t now,
		       const char *why)
{
	return db_run(db,
		      "INSERT INTO revision (number, full, created, why)"
		      " VALUES (?, ?, ?, ?)",
		      "iiis", (int64_t)number, (int64_t)full, now, why);
}

int store_revision_full(struct db *db, uint64_t number, uint64_t *ret_full)
{
	int64_t n;
	int r = db_number(db, &n, "SELECT full FROM revision WHERE number = ?", "i",
			  (int64_t)number);

	if (r == 0)
		*ret_full = (uint64_t)n;
	return r;
}

static int number_by(struct db *db, const char *sql, uint64_t *ret_number)
{
	int64_t n;
	int r = db_number(db, &n, sql, "");

	if (r == 0)
		*ret_number = (uint64_t)n;
	return r;
}

int store_revision_newest(struct db *db, uint64_t *ret_number)
{
	return number_by(db, "SELECT max(number) FROM revision", ret_number);
}

int store_revision_current(struct db *db, uint64_t *ret_number)
{
	return number_by(db, "SELECT max(number) FROM revision WHERE tried = 0",
			 ret_number);
}
