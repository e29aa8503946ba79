/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db - the ledger's file and prepared statements; sqlite3.h appears in db.c only
 *
 * Values are bound by a format, a letter each: 's' const char * (NULL is SQL
 * NULL) and 'i' int64_t. Statements are freed with CLEANUP(db_rows_free).
 * Errors: 0 or a negative errno: -EEXIST (a constraint), -ENOSPC, -EBUSY, -ENOMEM,
 * else -EIO. What went wrong in words: db_error(). SQL has one function more:
 * domain_order(host), the labels in reverse.
 */
#ifndef MGMT_MGMTD_DB_H
#define MGMT_MGMTD_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"

struct db;
struct db_rows;

/* Open or create path (":memory:" for tests), and bring its schema up to date. */
int db_open(const char *path, struct db **ret_db) MUST_CHECK;
void db_close(struct db *db);
const char *db_error(const struct db *db);

int db_begin(struct db *db) MUST_CHECK; /* BEGIN IMMEDIATE */
int db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db); /* without a transaction: nothing */

/* One statement without rows. */
int db_run(struct db *db, const char *sql, const char *fmt, ...) MUST_CHECK;

/* Several statements without values, for the schema. */
int db_script(struct db *db, const char *sql) MUST_CHECK;

int64_t db_last_id(const struct db *db); /* of the last INSERT */
int64_t db_changed(const struct db *db); /* rows that the last statement changed */

int db_query(struct db *db, struct db_rows **ret_rows, const char *sql, const char *fmt,
	     ...) MUST_CHECK;

/* 1: a row is there; 0: no more. */
int db_next(struct db_rows *rows) MUST_CHECK;
int64_t db_int(struct db_rows *rows, int column);
const char *db_text(struct db_rows *rows,
		    int column); /* "" for NULL; until the next row */
void db_rows_free(struct db_rows **rows);

/* The one number of the first row; 0 when there is none. */
int db_number(struct db *db, int64_t *ret_number, const char *sql, const char *fmt,
	      ...) MUST_CHECK;

#endif
