/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/rows.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/recordd/columns.h"
#include "mgmt/recordd/month.h"

#define SQL_MAX       2048
#define BINDS_MAX     24
#define NARROW_MAX    5000 /* rows of a time span that are worth sorting */
#define MEASURED_MAX  500000 /* and that are worth counting: under half a second */
#define MEASURED_PART 5 /* of a month's time: more of it is read sooner than counted */
#define STEPS_A_CHECK 10000 /* virtual machine steps between looks at the clock */
#define BUSY_MS       2000

enum {
	AT_N,
	AT_PRODUCER,
	AT_SEQ,
	AT_TIME,
	AT_KIND,
	AT_REASON,
	AT_COLUMNS,
	AT_HASH = AT_COLUMNS + COLUMN_COUNT,
	AT_RECORD
};

struct rows {
	sqlite3 *handle;
	sqlite3_stmt *stmt;
	struct mono deadline;
};

struct bind {
	const char *text; /* NULL: number */
	int64_t number;
};

/* Where the rows of q's time are. */
struct extent {
	bool narrow; /* so few that sorting them is cheaper than reading past others */
	bool known;
	int64_t first, last; /* when known: their numbers */
};

/* A statement in the making. Its text is ours; values only ever go in as bindings. */
struct builder {
	char sql[SQL_MAX];
	size_t len;
	struct bind bind[BINDS_MAX];
	int count;
	char mac[MAC_TEXT_MAX];
	char addr[ADDR_TEXT_MAX];
	char like[2 * sizeof(((struct proto_query *)0)->text) + 3];
};

static int error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return -ETIMEDOUT;
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

static void put(struct builder *b, const char *sql)
{
	size_t len = strlen(sql);

	if (len >= sizeof(b->sql) - b->len)
		abort(); /* all our fragments together fit; a test asks for all of them */
	memcpy(b->sql + b->len, sql, len + 1);
	b->len += len;
}

static void put_number(struct builder *b, const char *sql, int64_t number)
{
	put(b, sql);
	b->bind[b->count++] = (struct bind){ .number = number };
}

static void put_text(struct builder *b, const char *sql, const char *text)
{
	put(b, sql);
	b->bind[b->count++] = (struct bind){ .text = text };
}

static void put_if(struct builder *b, const char *sql, const char *text)
{
	if (text[0] != '\0')
		put_text(b, sql, text);
}

/* %text% with the wildcards in text taken literally */
static void make_like(const char *text, char *dst)
{
	*dst++ = '%';
	for (; *text != '\0'; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			*dst++ = '\\';
		*dst++ = *text;
	}
	*dst++ = '%';
	*dst = '\0';
}

static void put_addr(struct builder *b, const struct proto_query *q)
{
	struct addr a = { .family = q->addr_family };

	if (a.family == 0)
		return;
	memcpy(a.bytes, q->addr, a.family == 4 ? 4 : sizeof(a.bytes));
	addr_format(a, b->addr);
	put_text(b, " AND (src = ?", b->addr);
	put_text(b, " OR dst = ?)", b->addr);
}

static void put_search(struct builder *b, const struct proto_query *q)
{
	if (q->text[0] == '\0')
		return;
	make_like(q->text, b->like);
	put_text(b, " AND (host LIKE ? ESCAPE '\\'", b->like);
	put_text(b, " OR user LIKE ? ESCAPE '\\'", b->like);
	put_text(b, " OR rule LIKE ? ESCAPE '\\'", b->like);
	put_text(b, " OR detail LIKE ? ESCAPE '\\')", b->like);
}

static int64_t end_of(const struct proto_query *q)
{
	return q->to_us != 0 ? q->to_us : INT64_MAX;
}

/* By the time index and then sorted, or in the order of n: the plus hides the index. */
static void put_time(struct builder *b, const struct proto_query *q,
		     const struct extent *e)
{
	put_number(b,
		   e->narrow ? " INDEXED BY row_time WHERE time_us >= ?"
			     : " WHERE +time_us >= ?",
		   q->from_us);
	put_number(b, e->narrow ? " AND time_us < ?" : " AND +time_us < ?", end_of(q));
	if (e->known) {
		put_number(b, " AND n >= ?", e->first);
		put_number(b, " AND n <= ?", e->last);
	}
}

static void put_conditions(struct builder *b, const struct proto_query *q)
{
	struct mac mac;

	memcpy(mac.b, q->mac, sizeof(mac.b));
	if (q->after_id != 0)
		put_number(b, q->newest_first != 0 ? " AND n < ?" : " AND n > ?",
			   (int64_t)(q->after_id % MONTH_ID_FACTOR));
	if (q->kinds != 0)
		put_number(b, " AND ((1 << kind) & ?) <> 0", q->kinds);
	if (q->reason != 0)
		put_number(b, " AND reason = ?", q->reason);
	if (!mac_is_zero(mac)) {
		mac_format(mac, b->mac);
		put_text(b, " AND mac = ?", b->mac);
	}
	put_addr(b, q);
	put_if(b, " AND zone = ?", q->zone);
	put_if(b, " AND device = ?", q->device);
	put_if(b, " AND user = ?", q->user);
	put_if(b, " AND rule = ?", q->rule);
	if (q->host[0] != '.') {
		put_if(b, " AND host = ?", q->host);
	} else {
		put_number(b, " AND substr(host, ?) = ", -(int64_t)strlen(q->host));
		put_text(b, "?", q->host);
	}
	put_search(b, q);
}

static int bind_all(sqlite3_stmt *stmt, const struct builder *b)
{
	for (int i = 0; i < b->count; i++) {
		const struct bind *v = &b->bind[i];
		int code = v->text != NULL ? sqlite3_bind_text(stmt, i + 1, v->text, -1,
							       SQLITE_TRANSIENT)
					   : sqlite3_bind_int64(stmt, i + 1, v->number);

		if (code != SQLITE_OK)
			return error_of(code);
	}
	return 0;
}

/*
 * Is q's time so little of the month's that counting its rows is cheaper than reading
 * past the others? Each search of a year would count the rows of all its months.
 */
static bool is_part(struct rows *r, const struct proto_query *q)
{
	sqlite3_stmt *stmt = NULL;
	bool part = false;

	if (sqlite3_prepare_v2(r->handle,
			       "SELECT (SELECT min(time_us) FROM row),"
			       " (SELECT max(time_us) FROM row)",
			       -1, &stmt, NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		int64_t first = sqlite3_column_int64(stmt, 0);
		int64_t last = sqlite3_column_int64(stmt, 1);
		int64_t from = q->from_us > first ? q->from_us : first;
		int64_t to = end_of(q) < last ? end_of(q) : last;

		part = to <= from ||
		       (uint64_t)to - (uint64_t)from <=
			       ((uint64_t)last - (uint64_t)first) / MEASURED_PART;
	}
	(void)sqlite3_finalize(stmt);
	return part;
}

/*
 * Rows stand in the order in which they were stored, which nearly is that of their time.
 * So that a day of weeks ago is not looked for row by row: between which numbers is it?
 */
static struct extent measure(struct rows *r, const struct proto_query *q)
{
	sqlite3_stmt *stmt = NULL;
	struct extent e = { 0 };
	int max;

	if (q->from_us == 0 && q->to_us == 0)
		return e;
	max = is_part(r, q) ? MEASURED_MAX : NARROW_MAX;
	if (sqlite3_prepare_v2(r->handle,
			       "SELECT count(*), min(n), max(n) FROM (SELECT n FROM row"
			       " INDEXED BY row_time WHERE time_us >= ? AND time_us < ?"
			       " LIMIT ?)",
			       -1, &stmt, NULL) != SQLITE_OK)
		return e; /* what is wrong is seen again, and reported, in a moment */
	(void)sqlite3_bind_int64(stmt, 1, q->from_us);
	(void)sqlite3_bind_int64(stmt, 2, end_of(q));
	(void)sqlite3_bind_int(stmt, 3, max);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		int count = sqlite3_column_int(stmt, 0);

		e.narrow = count < NARROW_MAX;
		e.known = count < max;
		e.first = sqlite3_column_int64(stmt, 1);
		e.last = sqlite3_column_int64(stmt, 2);
	}
	(void)sqlite3_finalize(stmt);
	return e;
}

static int prepare(struct rows *r, const struct proto_query *q)
{
	struct builder b = { 0 };
	struct extent e;
	int code;

	put(&b, "SELECT n, producer, seq, time_us, kind, reason, zone, device, mac, src,"
		" dst, host, user, rule, detail, hash, record FROM row");
	if (q != NULL) {
		e = measure(r, q);
		put_time(&b, q, &e);
		put_conditions(&b, q);
	}
	put(&b, q != NULL && q->newest_first != 0 ? " ORDER BY n DESC" : " ORDER BY n");
	code = sqlite3_prepare_v2(r->handle, b.sql, -1, &r->stmt, NULL);
	return code != SQLITE_OK ? error_of(code) : bind_all(r->stmt, &b);
}

static int on_progress(void *user)
{
	const struct rows *r = user;

	return mono_now().us > r->deadline.us;
}

int rows_open(const char *path, const struct proto_query *q, struct mono deadline,
	      struct rows **ret_rows)
{
	struct rows *r = calloc(1, sizeof(*r));
	int code;

	if (r == NULL)
		return -ENOMEM;
	r->deadline = deadline;
	code = sqlite3_open_v2(path, &r->handle,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	code = code != SQLITE_OK ? error_of(code) : 0;
	if (code == 0) {
		(void)sqlite3_busy_timeout(r->handle, BUSY_MS);
		if (deadline.us != 0)
			sqlite3_progress_handler(r->handle, STEPS_A_CHECK, on_progress,
						 r);
		code = prepare(r, q);
	}
	if (code < 0) {
		rows_free(r);
		return code;
	}
	*ret_rows = r;
	return 0;
}

void rows_free(struct rows *r)
{
	if (r == NULL)
		return;
	(void)sqlite3_finalize(r->stmt);
	(void)sqlite3_close(r->handle);
	free(r);
}

int rows_next(struct rows *r, struct row *ret_row)
{
	int code = sqlite3_step(r->stmt);
	struct row row = { 0 };

	if (code == SQLITE_DONE)
		return 0;
	if (code != SQLITE_ROW)
		return error_of(code);
	row.n = (uint64_t)sqlite3_column_int64(r->stmt, AT_N);
	row.producer = (const char *)sqlite3_column_text(r->stmt, AT_PRODUCER);
	row.seq = (uint64_t)sqlite3_column_int64(r->stmt, AT_SEQ);
	row.time_us = sqlite3_column_int64(r->stmt, AT_TIME);
	row.record = sqlite3_column_blob(r->stmt, AT_RECORD);
	row.len = (size_t)sqlite3_column_bytes(r->stmt, AT_RECORD);
	if (row.producer == NULL || row.record == NULL ||
	    sqlite3_column_bytes(r->stmt, AT_HASH) != CHAIN_HASH_LEN)
		memset(&row.hash, 0, sizeof(row.hash)); /* fits nothing */
	else
		memcpy(row.hash.b, sqlite3_column_blob(r->stmt, AT_HASH), CHAIN_HASH_LEN);
	if (row.producer == NULL)
		row.producer = "";
	*ret_row = row;
	return 1;
}

bool rows_columns_fit(struct rows *r, const struct record *rec)
{
	struct columns c;

	columns_of(rec, &c);
	if (sqlite3_column_int(r->stmt, AT_KIND) != rec->kind ||
	    sqlite3_column_int(r->stmt, AT_REASON) != rec->reason)
		return false;
	for (int i = 0; i < COLUMN_COUNT; i++) {
		const char *have =
			(const char *)sqlite3_column_text(r->stmt, AT_COLUMNS + i);

		if ((have == NULL) != (c.text[i] == NULL) ||
		    (have != NULL && strcmp(have, c.text[i]) != 0))
			return false;
	}
	return true;
}
