/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/attr.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_permit.h"

#define DAY_S       86400
#define LOOK_UP_MS  3000 /* mgmtd does nothing else meanwhile */
#define PERMITS_MAX 2000 /* of one look */
#define GAPS_KNOWN  128 /* days that permits share */
#define USE_KINDS   (1u << RECORD_FLOW_OPEN | 1u << RECORD_PROXY_OPEN)

void work_day(int64_t s, char dst[WORK_DAY_MAX], int64_t *ret_next)
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	(void)strftime(dst, WORK_DAY_MAX, "%Y-%m-%d", &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday++;
	tm.tm_isdst = -1;
	*ret_next = (int64_t)mktime(&tm);
}

struct span { /* a permit's life on one card */
	char permit[ID_TEXT_MAX];
	char device[ID_TEXT_MAX];
	int64_t begin, end;
};

struct gap {
	int64_t begin, end; /* of the day */
	int64_t at; /* 0: there is none */
};

struct look {
	struct app *app;
	int64_t now;
	struct mono start;
	int64_t unchecked;
	int64_t stored; /* up to then recordd has all records */
	struct span *span;
	size_t count;
	struct gap gap[GAPS_KNOWN]; /* nothing finds them but reading all of a day */
	size_t gap_count;
};

/*
 * Permits of contractors that were in force some time in from..to, a span for each card:
 * records name the first one whose permit has not been replaced. What there is no room
 * for counts as unchecked.
 */
static int find_spans(struct look *l, int64_t from, int64_t to)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(
		l->app->db, &rows,
		"SELECT id, device, max(approved, since), CASE state WHEN 'active' THEN"
		" CASE until WHEN 0 THEN ?2 ELSE min(until, ?2) END ELSE min(ended, ?2)"
		" END AS finish FROM permit WHERE approved <> 0"
		" AND kind IN ('contractor', '" PERMIT_MAINTENANCE "')"
		" AND max(approved, since) < ?2 AND finish > ?1"
		" ORDER BY number DESC",
		"ii", from, to);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct span *s;

		if (l->count == PERMITS_MAX) {
			l->unchecked++;
			continue;
		}
		s = &l->span[l->count++];
		(void)str_copy(s->permit, sizeof(s->permit), db_text(rows, 0));
		(void)str_copy(s->device, sizeof(s->device), db_text(rows, 1));
		s->begin = db_int(rows, 2) > from ? db_int(rows, 2) : from;
		s->end = db_int(rows, 3);
	}
	return r;
}

static int is_known(struct db *db, const char *permit, const char *day)
{
	int64_t n;
	int r = db_number(db, &n,
			  "SELECT count(*) FROM work WHERE permit = ? AND day = ?", "ss",
			  permit, day);

	return r < 0 ? r : n != 0;
}

static int take_first(const struct proto_row *row, void *user)
{
	struct record rec;

	if (row->len <= sizeof(row->record) &&
	    record_decode(row->record, row->len, &rec) == 0)
		*(int64_t *)user = rec.time_us / 1000000;
	return 0;
}

static int find_stored(struct look *l)
{
	struct proto_query q = { .limit = 1, .newest_first = 1 };
	struct proto_query_end end = { 0 };
	int r = parts_query(&l->app->parts, &q, take_first, &l->stored, &end);

	/* of one producer, while the others' go on */
	if (r == 0 && end.behind != 0 && end.until_us / 1000000 < l->stored)
		l->stored = end.until_us / 1000000;
	return r;
}

/* When the first record of these kinds was, about one device or NULL; 0: there is none. */
static int find_first(struct look *l, const char *device, uint32_t kinds, int64_t begin,
		      int64_t end, int64_t *ret_first)
{
	struct proto_query q = { .from_us = begin * 1000000,
				 .to_us = end * 1000000,
				 .limit = 1,
				 .kinds = kinds };
	struct proto_query_end said;

	*ret_first = 0;
	if (device != NULL)
		(void)str_copy(q.device, sizeof(q.device), device);
	return parts_query(&l->app->parts, &q, take_first, ret_first, &said);
}

/*
 * A gap bears the time of the record behind it, or of when there was room again. So what
 * is missing of a day may be told days later, but not behind the next record of whoever
 * wrote it.
 */
static int find_told(struct look *l, int64_t end, int64_t *ret_told)
{
	static const uint32_t writers[] = {
		1u << RECORD_FLOW_OPEN | 1u << RECORD_FLOW_CLOSE | 1u << RECORD_FLOW_DENY,
		1u << RECORD_PROXY_OPEN | 1u << RECORD_PROXY_CLOSE |
			1u << RECORD_PROXY_DENY
	};
	int r = 0;

	*ret_told = end;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(writers); i++) {
		int64_t next = 0;

		r = find_first(l, NULL, writers[i], end, l->now, &next);
		if (next >= *ret_told)
			*ret_told = next + 1;
	}
	return r;
}

/* When something is missing that may be of that day; 0: nothing is. */
static int find_gap(struct look *l, int64_t begin, int64_t end, int64_t *ret_at)
{
	int64_t told = 0;
	int r;

	for (size_t i = 0; i < l->gap_count; i++) {
		if (l->gap[i].begin == begin && l->gap[i].end == end) {
			*ret_at = l->gap[i].at;
			return 0;
		}
	}
	r = find_told(l, end, &told);
	if (r == 0)
		r = find_first(l, NULL, 1u << RECORD_GAP, begin, told, ret_at);
	if (r < 0)
		return r;
	if (*ret_at >= end)
		*ret_at = end - 1;
	if (l->gap_count < GAPS_KNOWN)
		l->gap[l->gap_count++] = (struct gap){ begin, end, *ret_at };
	return 0;
}

/* Kept where there is room for it; on a full disk it is looked for again. */
static void keep(struct look *l, const struct span *s, const char *day, int64_t first)
{
	if (db_run(l->app->db,
		   "INSERT OR IGNORE INTO work (permit, day, used) VALUES (?, ?, ?)",
		   "ssi", s->permit, day, first) == 0)
		return;
	if (l->unchecked++ == 0)
		log_warn("mgmtd", "days of work are not stored: %s",
			 db_error(l->app->db));
}

/*
 * One day of one permit: asked, and kept when it will not change any more. A day is not
 * unused as long as recordd still reads what was written before its end, nor when
 * records are missing.
 */
static int look_at(struct look *l, const struct span *s, const char *day, int64_t begin,
		   int64_t end)
{
	int64_t first = 0;
	int r = find_first(l, s->device, USE_KINDS, begin, end, &first);

	/* of a day that goes on, it may still be seen what it was used for */
	if (r == 0 && first == 0 && end <= l->now)
		r = find_gap(l, begin, end, &first);
	if (r == -ETIMEDOUT ||
	    (r == 0 && first == 0 && end + DAY_S <= l->now && end + DAY_S > l->stored)) {
		l->unchecked++;
		return 0;
	}
	if (r == 0 && (first != 0 || end + DAY_S <= l->now))
		keep(l, s, day, first);
	return r;
}

static int look_at_span(struct look *l, const struct span *s)
{
	char day[WORK_DAY_MAX];
	int64_t next;
	int r = 0;

	for (int64_t t = s->begin; r == 0 && t < s->end; t = next) {
		int known;

		work_day(t, day, &next);
		known = is_known(l->app->db, s->permit, day);
		if (known != 0) {
			r = known < 0 ? known : 0;
			continue;
		}
		if (mono_diff_ms(mono_now(), l->start) > LOOK_UP_MS)
			l->unchecked++;
		else
			r = look_at(l, s, day, t, next < s->end ? next : s->end);
	}
	return r;
}

int work_look_up(struct app *app, int64_t from, int64_t to, int64_t now,
		 int64_t *ret_unchecked)
{
	CLEANUP(free_p) struct span *span = calloc(PERMITS_MAX, sizeof(*span));
	struct look l = { .app = app, .now = now, .start = mono_now(), .span = span };
	int r = span != NULL ? find_spans(&l, from, to < now ? to : now) : -ENOMEM;

	if (r == 0 && l.count != 0)
		r = find_stored(&l);
	for (size_t i = 0; r == 0 && i < l.count; i++)
		r = look_at_span(&l, &span[i]);
	if (r == 0)
		*ret_unchecked = l.unchecked;
	return r;
}

int work_each(struct db *db, bool open, const char *from, const char *to,
	      int (*fn)(const struct work *w, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT w.permit, p.device, d.asset, p.kind, p.owner, p.company,"
			 " p.ticket, w.day, w.used, w.confirmed, w.who, w.work, w.result,"
			 " w.records FROM work w JOIN permit p ON p.id = w.permit"
			 " JOIN device d ON d.id = p.device WHERE w.used <> 0"
			 " AND w.day >= ?1 AND w.day <= ?2"
			 " AND (?3 = 0 OR w.confirmed = 0) ORDER BY w.day, w.permit",
			 "ssi", from, to, (int64_t)open);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		const struct work w = {
			.permit = db_text(rows, 0),
			.device = db_text(rows, 1),
			.asset = db_text(rows, 2),
			.kind = db_text(rows, 3),
			.owner = db_text(rows, 4),
			.company = db_text(rows, 5),
			.ticket = db_text(rows, 6),
			.day = db_text(rows, 7),
			.first = db_int(rows, 8),
			.confirmed = db_int(rows, 9),
			.who = db_text(rows, 10),
			.work = db_text(rows, 11),
			.result = db_text(rows, 12),
			.records = db_text(rows, 13),
		};

		r = fn(&w, user);
	}
	return r;
}

int work_confirm(struct db *db, const struct work_note *n, const char *who, int64_t now)
{
	int64_t used, confirmed;
	int r = db_number(db, &used, "SELECT used FROM work WHERE permit = ? AND day = ?",
			  "ss", n->permit, n->day);

	if (r == 0)
		r = db_number(db, &confirmed,
			      "SELECT confirmed FROM work WHERE permit = ? AND day = ?",
			      "ss", n->permit, n->day);
	if (r < 0)
		return r;
	if (used == 0 || confirmed != 0)
		return used == 0 ? -ENOENT : -EALREADY;
	return db_run(db,
		      "UPDATE work SET confirmed = ?, who = ?, work = ?, result = ?,"
		      " records = ? WHERE permit = ? AND day = ?",
		      "issssss", now, who, n->work, n->result, n->records, n->permit,
		      n->day);
}
