/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/migrate.h"

#define BUSY_MS    2000 /* somebody reads the file with a tool */
#define DOMAIN_MAX 260
#define IDLE_MAX   256 /* statements that are kept for the next time */

struct db {
	sqlite3 *sqlite;
	sqlite3_stmt *idle[IDLE_MAX]; /* by the hash of its text; NULL: none */
};

/* A sqlite3_stmt under our name: db.h shows no type of SQLite's. */
struct db_rows {
	struct db *db;
	sqlite3_stmt *st;
};

static int error_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int db_script(struct db *db, const char *sql)
{
	return error_of(sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

/* SQL: "www.example.jp" is "jp.example.www", so that names below another follow it. */
static void domain_order(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *host = (const char *)sqlite3_value_text(argv[0]);
	char turned[DOMAIN_MAX];
	size_t end = host != NULL ? strlen(host) : 0, used = 0;

	(void)argc;
	if (end >= sizeof(turned)) {
		sqlite3_result_error(ctx, "name too long", -1);
		return;
	}
	while (end > 0) {
		size_t start = end;

		while (start > 0 && host[start - 1] != '.')
			start--;
		memcpy(turned + used, host + start, end - start);
		used += end - start;
		end = start > 0 ? start - 1 : 0;
		if (start > 0)
			turned[used++] = '.';
	}
	sqlite3_result_text(ctx, turned, (int)used, SQLITE_TRANSIENT);
}

int db_open(const char *path, struct db **ret_db)
{
	struct db *db = calloc(1, sizeof(*db));
	int r;

	if (db == NULL)
		return -ENOMEM;
	r = error_of(sqlite3_open(path, &db->sqlite));
	if (r == 0)
		r = error_of(sqlite3_busy_timeout(db->sqlite, BUSY_MS));
	if (r == 0)
		r = db_script(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				  "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
	if (r == 0)
		r = error_of(sqlite3_create_function(db->sqlite, "domain_order", 1,
						     SQLITE_UTF8 | SQLITE_DETERMINISTIC,
						     NULL, domain_order, NULL, NULL));
	if (r == 0)
		r = migrate_run(db);
	if (r < 0) {
		db_close(db);
		return r;
	}
	*ret_db = db;
	return 0;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < IDLE_MAX; i++)
		(void)sqlite3_finalize(db->idle[i]);
	(void)sqlite3_close(db->sqlite);
	free(db);
}

const char *db_error(const struct db *db)
{
	return sqlite3_errmsg(db->sqlite);
}

int db_begin(struct db *db)
{
	return db_script(db, "BEGIN IMMEDIATE");
}

int db_commit(struct db *db)
{
	return db_script(db, "COMMIT");
}

void db_rollback(struct db *db)
{
	if (sqlite3_get_autocommit(db->sqlite) == 0)
		(void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

/* FNV-1a of the text: where its statement is kept. */
static size_t slot_of(const char *sql)
{
	uint32_t h = 2166136261u;

	for (const char *p = sql; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	return h % IDLE_MAX;
}

/* To read a statement's text takes longer than most of them take to run. */
static int take(struct db *db, const char *sql, sqlite3_stmt **ret_st)
{
	sqlite3_stmt **idle = &db->idle[slot_of(sql)];

	if (*idle == NULL || strcmp(sqlite3_sql(*idle), sql) != 0)
		return sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
					  ret_st, NULL);
	*ret_st = *idle;
	*idle = NULL;
	return SQLITE_OK;
}

static void put_back(struct db *db, sqlite3_stmt *st)
{
	sqlite3_stmt **idle;

	if (st == NULL)
		return;
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	idle = &db->idle[slot_of(sqlite3_sql(st))];
	(void)sqlite3_finalize(*idle);
	*idle = st;
}

static int prepare(struct db *db, struct db_rows **ret_rows, const char *sql,
		   const char *fmt, va_list ap)
{
	CLEANUP(db_rows_free) struct db_rows *rows = calloc(1, sizeof(*rows));
	int rc;

	if (rows == NULL)
		return -ENOMEM;
	rows->db = db;
	rc = take(db, sql, &rows->st);
	for (int i = 0; rc == SQLITE_OK && fmt[i] != '\0'; i++) {
		if (fmt[i] == 's')
			rc = sqlite3_bind_text(rows->st, i + 1, va_arg(ap, const char *),
					       -1, SQLITE_TRANSIENT);
		else
			rc = sqlite3_bind_int64(rows->st, i + 1, va_arg(ap, int64_t));
	}
	if (rc != SQLITE_OK)
		return error_of(rc);
	*ret_rows = STEAL(rows);
	return 0;
}

int db_query(struct db *db, struct db_rows **ret_rows, const char *sql, const char *fmt,
	     ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = prepare(db, ret_rows, sql, fmt, ap);
	va_end(ap);
	return r;
}

int db_run(struct db *db, const char *sql, const char *fmt, ...)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = prepare(db, &rows, sql, fmt, ap);
	va_end(ap);
	if (r < 0)
		return r;
	r = db_next(rows);
	return r < 0 ? r : 0;
}

int db_number(struct db *db, int64_t *ret_number, const char *sql, const char *fmt, ...)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = prepare(db, &rows, sql, fmt, ap);
	va_end(ap);
	if (r == 0)
		r = db_next(rows);
	if (r < 0)
		return r;
	*ret_number = r == 1 ? db_int(rows, 0) : 0;
	return 0;
}

int64_t db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t db_changed(const struct db *db)
{
	return sqlite3_changes(db->sqlite);
}

int db_next(struct db_rows *rows)
{
	int rc = sqlite3_step(rows->st);

	return rc == SQLITE_ROW ? 1 : error_of(rc);
}

int64_t db_int(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->st, column);
}

const char *db_text(struct db_rows *rows, int column)
{
	const unsigned char *text = sqlite3_column_text(rows->st, column);

	return text != NULL ? (const char *)text : "";
}

void db_rows_free(struct db_rows **rows)
{
	if (*rows == NULL)
		return;
	put_back((*rows)->db, (*rows)->st);
	free(*rows);
	*rows = NULL;
}
