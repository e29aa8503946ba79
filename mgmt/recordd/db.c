/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/recordd/columns.h"

#define FORMAT  "1" /* user_version; a changed schema gets a new number */
#define BUSY_MS 2000

struct db {
	sqlite3 *handle;
	sqlite3_stmt *insert;
	sqlite3_stmt *set_state;
	sqlite3_stmt *set_pos;
	sqlite3_stmt *set_mark;
};

/* Empty values are NULL, so that the indices hold only what can be asked for. */
static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS row (n INTEGER PRIMARY KEY, producer TEXT NOT NULL,"
	" seq INTEGER NOT NULL, time_us INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" reason INTEGER NOT NULL, zone TEXT, device TEXT, mac TEXT, src TEXT, dst TEXT,"
	" host TEXT, user TEXT, rule TEXT, detail TEXT, hash BLOB NOT NULL,"
	" record BLOB NOT NULL) STRICT;"
	"CREATE INDEX IF NOT EXISTS row_time ON row (time_us);"
	"CREATE INDEX IF NOT EXISTS row_device ON row (device) WHERE device IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_mac ON row (mac) WHERE mac IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_src ON row (src) WHERE src IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_dst ON row (dst) WHERE dst IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_host ON row (host) WHERE host IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_user ON row (user) WHERE user IS NOT NULL;"
	"CREATE INDEX IF NOT EXISTS row_rule ON row (rule) WHERE rule IS NOT NULL;"
	"CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1),"
	" n INTEGER NOT NULL, head BLOB NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS position (producer TEXT PRIMARY KEY,"
	" segment INTEGER NOT NULL, offset INTEGER NOT NULL, next_seq INTEGER NOT NULL)"
	" STRICT;"
	/* beside position, whose rows an older recordd must be able to write */
	"CREATE TABLE IF NOT EXISTS mark (producer TEXT PRIMARY KEY,"
	" segment INTEGER NOT NULL, offset INTEGER NOT NULL, mark INTEGER NOT NULL)"
	" STRICT;"
	"PRAGMA user_version = " FORMAT ";"
	"COMMIT;";

static int error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int run(struct db *db, const char *sql)
{
	return error_of(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static int prepare(struct db *db, const char *sql, sqlite3_stmt **ret)
{
	return error_of(sqlite3_prepare_v2(db->handle, sql, -1, ret, NULL));
}

/* Run a prepared statement that gives no rows, and make it ready for the next time. */
static int finish(sqlite3_stmt *stmt)
{
	(void)sqlite3_step(stmt);
	return error_of(sqlite3_reset(stmt));
}

static int set_up(struct db *db)
{
	int r;

	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if ((r = run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")) < 0 ||
	    (r = run(db, schema)) < 0 ||
	    (r = prepare(db,
			 "INSERT INTO row VALUES"
			 " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			 &db->insert)) < 0 ||
	    (r = prepare(db, "INSERT OR REPLACE INTO state VALUES (1, ?, ?)",
			 &db->set_state)) < 0 ||
	    (r = prepare(db, "INSERT OR REPLACE INTO mark VALUES (?, ?, ?, ?)",
			 &db->set_mark)) < 0)
		return r;
	return prepare(db, "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)",
		       &db->set_pos);
}

int db_open(const char *path, bool create, struct db **ret_db)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW;
	struct db *db;
	int r;

	if (!create && access(path, F_OK) == -1)
		return -errno;
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return -ENOMEM;
	r = error_of(sqlite3_open_v2(path, &db->handle,
				     create ? flags | SQLITE_OPEN_CREATE : flags, NULL));
	if (r == 0)
		r = set_up(db);
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
	(void)sqlite3_finalize(db->insert);
	(void)sqlite3_finalize(db->set_state);
	(void)sqlite3_finalize(db->set_pos);
	(void)sqlite3_finalize(db->set_mark);
	(void)sqlite3_close(db->handle);
	free(db);
}

static int load_last(struct db *db, struct db_state *s)
{
	sqlite3_stmt *stmt = NULL;
	int r = prepare(db, "SELECT n, head FROM state", &stmt);

	if (r < 0)
		return r;
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		s->n = (uint64_t)sqlite3_column_int64(stmt, 0);
		if (sqlite3_column_bytes(stmt, 1) == CHAIN_HASH_LEN)
			memcpy(s->head.b, sqlite3_column_blob(stmt, 1), CHAIN_HASH_LEN);
		else
			r = -EBADMSG;
	}
	if (r == 0)
		r = error_of(sqlite3_reset(stmt));
	(void)sqlite3_finalize(stmt);
	return r;
}

static int load_positions(struct db *db, struct db_state *s)
{
	sqlite3_stmt *stmt = NULL;
	int r = prepare(db,
			"SELECT segment, offset, next_seq, mark FROM position"
			" LEFT JOIN mark USING (producer, segment, offset)"
			" WHERE producer = ?",
			&stmt);

	for (size_t i = 0; r == 0 && i < PRODUCER_COUNT; i++) {
		struct spool_pos *p = &s->pos[i];

		(void)sqlite3_bind_text(stmt, 1, producer_name[i], -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW) {
			p->segment = (uint64_t)sqlite3_column_int64(stmt, 0);
			p->offset = (uint64_t)sqlite3_column_int64(stmt, 1);
			p->next_seq = (uint64_t)sqlite3_column_int64(stmt, 2);
			p->mark = (uint64_t)sqlite3_column_int64(stmt, 3);
		}
		r = error_of(sqlite3_reset(stmt));
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

int db_state(struct db *db, struct db_state *ret_state)
{
	struct db_state s = { 0 };
	int r;

	if ((r = load_last(db, &s)) < 0 || (r = load_positions(db, &s)) < 0)
		return r;
	*ret_state = s;
	return 0;
}

int db_begin(struct db *db)
{
	return run(db, "BEGIN IMMEDIATE");
}

int db_insert(struct db *db, const struct row *row, const struct record *rec)
{
	sqlite3_stmt *s = db->insert;
	struct columns c;
	int at = 1;

	columns_of(rec, &c);
	/* a failed binding leaves NULL, which NOT NULL refuses or an index lacks: both
	 * are found, so one check of the step is enough */
	(void)sqlite3_bind_int64(s, at++, (int64_t)row->n);
	(void)sqlite3_bind_text(s, at++, row->producer, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, at++, (int64_t)row->seq);
	(void)sqlite3_bind_int64(s, at++, row->time_us);
	(void)sqlite3_bind_int(s, at++, rec->kind);
	(void)sqlite3_bind_int(s, at++, rec->reason);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		(void)sqlite3_bind_text(s, at++, c.text[i], -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, at++, row->hash.b, CHAIN_HASH_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_blob(s, at++, row->record, (int)row->len, SQLITE_STATIC);
	return finish(s);
}

static int set_position(struct db *db, const char *producer, const struct spool_pos *p)
{
	sqlite3_stmt *const table[] = { db->set_pos, db->set_mark };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		(void)sqlite3_bind_text(table[i], 1, producer, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(table[i], 2, (int64_t)p->segment);
		(void)sqlite3_bind_int64(table[i], 3, (int64_t)p->offset);
		(void)sqlite3_bind_int64(table[i], 4,
					 (int64_t)(i == 0 ? p->next_seq : p->mark));
		r = finish(table[i]);
	}
	return r;
}

int db_commit(struct db *db, const struct db_state *state)
{
	int r;

	(void)sqlite3_bind_int64(db->set_state, 1, (int64_t)state->n);
	(void)sqlite3_bind_blob(db->set_state, 2, state->head.b, CHAIN_HASH_LEN,
				SQLITE_STATIC);
	r = finish(db->set_state);
	for (size_t i = 0; r == 0 && i < PRODUCER_COUNT; i++)
		r = set_position(db, producer_name[i], &state->pos[i]);
	return r < 0 ? r : run(db, "COMMIT");
}

void db_rollback(struct db *db)
{
	(void)run(db, "ROLLBACK");
}
