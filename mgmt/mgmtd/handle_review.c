/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/mono.h"
#include "lib/reason.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/lint.h"
#include "mgmt/mgmtd/suggest.h"

#define DAY_S        86400
#define DAYS_MAX     400
#define UNUSED_DAYS  90 /* looked at when nothing else is asked for */
#define SUGGEST_DAYS 35 /* a month of work, with its ends */
#define CYCLE_DAYS   35
#define PAGE_ROWS    5000
#define PAGES_MAX    100 /* of one reason: half a million records */
#define BUDGET_MS    5000 /* everybody else waits meanwhile */

/* days=N of the query. Returns false when it has answered. */
static bool read_days(struct call *c, uint64_t otherwise, uint64_t *ret)
{
	static const char *const keys[] = { "days", NULL };
	const char *text = call_query(c, "days");

	*ret = otherwise;
	if (!call_query_known(c, keys))
		return false;
	if (text != NULL && str_to_uint(text, 1, DAYS_MAX, ret) < 0) {
		call_fail(c, MSG_BAD_QUERY, "days");
		return false;
	}
	return true;
}

static bool time_is_up(struct mono start)
{
	return mono_diff_ms(mono_now(), start) > BUDGET_MS;
}

static int stop_at_first(const struct proto_row *row, void *user)
{
	(void)row;
	*(bool *)user = true;
	return 0;
}

/* Is there a record that fits? */
static int is_there(struct call *c, const struct proto_query *q, bool *ret)
{
	struct proto_query_end end;

	*ret = false;
	return parts_query(&c->app->parts, q, stop_at_first, ret, &end);
}

/* --- lint --- */

struct linting {
	struct call *c;
	struct lint *lint;
	json_t *to_all; /* ids of lists that count for every client at all times */
	uint64_t days;
	struct mono start;
	uint64_t unchecked; /* entries whose use could not be looked up */
	bool away; /* recordd does not answer */
};

static int add_list(const struct list *l, void *user)
{
	json_t *to_all = user;
	bool all = strcmp(l->zones, "[]") == 0 && strcmp(l->groups, "[]") == 0 &&
		   strcmp(l->users, "[]") == 0 && l->schedule[0] == '\0';

	return !all || json_object_set_new(to_all, l->id, json_true()) == 0 ? 0 : -ENOMEM;
}

/* One that was approved lately had no time to be used. */
static int check_use(struct linting *x, const struct entry *e)
{
	int64_t from = x->c->req->now - (int64_t)x->days * DAY_S;
	struct proto_query q = { .from_us = from * 1000000, .limit = 1 };
	struct proto_query_end end = { 0 };
	bool used = false;

	if (e->approved > from)
		return 0;
	if (x->away || time_is_up(x->start)) {
		x->unchecked++;
		return 0;
	}
	q.kinds = 1u << RECORD_PROXY_OPEN;
	(void)str_copy(q.rule, sizeof(q.rule), e->id);
	if (parts_query(&x->c->app->parts, &q, stop_at_first, &used, &end) < 0) {
		x->away = true;
		x->unchecked++;
		return 0;
	}
	if (!used && end.behind != 0) { /* its use may not be stored yet */
		x->unchecked++;
		return 0;
	}
	return used ? 0 : lint_note(x->lint, LINT_UNUSED, e, NULL);
}

static int lint_entry(const struct entry *e, void *user)
{
	struct linting *x = user;
	int r = lint_add(x->lint, e, json_object_get(x->to_all, e->list) != NULL);

	return r < 0 ? r : check_use(x, e);
}

static void today(int64_t now, char dst[INPUT_DAY_MAX])
{
	time_t t = (time_t)now;
	struct tm tm;

	(void)localtime_r(&t, &tm);
	(void)strftime(dst, INPUT_DAY_MAX, "%Y-%m-%d", &tm);
}

static void answer_lint(struct linting *x)
{
	bool cut;
	json_t *list = lint_findings(x->lint, &cut);

	call_json(x->c, 200,
		  json_pack("{s:O, s:b, s:I, s:I}", "findings", list, "more", (int)cut,
			    "days", (json_int_t)x->days, "unchecked",
			    (json_int_t)x->unchecked));
}

void handle_allow_lint(struct call *c)
{
	struct linting x = { .c = c, .start = mono_now() };
	char day[INPUT_DAY_MAX];
	int r;

	if (!read_days(c, UNUSED_DAYS, &x.days))
		return;
	today(c->req->now, day);
	x.to_all = json_object();
	r = lint_new(c->req->now, day, &x.lint);
	if (r == 0)
		r = store_list_each(c->app->db, "active", add_list, x.to_all);
	if (r == 0)
		r = store_entry_each_by_domain(c->app->db, lint_entry, &x);
	if (r < 0)
		call_fail_internal(c, r);
	else
		answer_lint(&x);
	lint_free(x.lint);
	json_decref(x.to_all);
}

/* --- suggest --- */

struct suggesting {
	struct call *c;
	struct suggest *suggest;
	uint64_t last; /* row of the page */
	uint64_t records;
	bool cut;
	struct mono start;
};

static int take_row(const struct proto_row *row, void *user)
{
	struct suggesting *x = user;
	struct record rec;

	if (record_decode(row->record, row->len, &rec) < 0)
		return -EBADMSG;
	x->last = row->id;
	x->records++;
	return suggest_add(x->suggest, &rec);
}

/* Page by page, the newest first: when it is too much, the oldest are left out. */
static int take_all(struct suggesting *x, enum reason reason, int64_t from)
{
	struct proto_query q = { .from_us = from * 1000000,
				 .limit = PAGE_ROWS,
				 .newest_first = 1,
				 .reason = (uint32_t)reason };
	struct proto_query_end end = { .more = 1 };
	int r = 0;

	for (int page = 0; r == 0 && end.more != 0; page++) {
		if (page == PAGES_MAX || time_is_up(x->start)) {
			x->cut = true;
			break;
		}
		r = parts_query(&x->c->app->parts, &q, take_row, x, &end);
		x->cut = x->cut || end.behind != 0;
		q.after_id = x->last;
	}
	return r;
}

/* Of the last 35 days of the site, those with a record of the proxy's. */
static int count_days(struct call *c, int *ret_days)
{
	time_t now = (time_t)c->req->now;
	struct tm tm;
	int days = 0;

	(void)localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	for (int i = 0; i < CYCLE_DAYS; i++) {
		struct tm begin = tm, end = tm;
		struct proto_query q = { .limit = 1 };
		bool there;
		int r;

		begin.tm_mday -= i;
		end.tm_mday -= i - 1;
		begin.tm_isdst = end.tm_isdst = -1;
		q.from_us = (int64_t)mktime(&begin) * 1000000;
		q.to_us = (int64_t)mktime(&end) * 1000000;
		q.kinds = 1u << RECORD_PROXY_OPEN | 1u << RECORD_PROXY_DENY;
		r = is_there(c, &q, &there);
		if (r < 0)
			return r;
		days += there ? 1 : 0;
	}
	*ret_days = days;
	return 0;
}

/* Warnings of the names, for the person who makes entries of them. */
static void add_warnings(json_t *domains, bool ja)
{
	json_t *domain, *host;
	size_t i, k;

	json_array_foreach(domains, i, domain)
	{
		json_array_foreach(json_object_get(domain, "hosts"), k, host)
		{
			const char *name =
				json_string_value(json_object_get(host, "host"));

			(void)json_object_set_new(host, "warnings",
						  host_check_warnings(name, ja));
		}
	}
}

static void answer_suggest(struct suggesting *x, uint64_t days, int seen)
{
	uint64_t left_out;
	json_t *domains = suggest_json(x->suggest, &left_out);

	add_warnings(domains, x->c->ja);
	call_json(x->c, 200,
		  json_pack("{s:I, s:o, s:I, s:b, s:I, s:{s:i, s:i}}", "days",
			    (json_int_t)days, "domains", domains, "records",
			    (json_int_t)x->records, "cut", (int)x->cut, "left_out",
			    (json_int_t)left_out, "cycle", "days", CYCLE_DAYS, "seen",
			    seen));
}

static int collect(struct suggesting *x, uint64_t days, int *ret_seen)
{
	int64_t from = x->c->req->now - (int64_t)days * DAY_S;
	int r = take_all(x, REASON_WOULD_DENY, from);

	x->last = 0;
	if (r == 0)
		r = take_all(x, REASON_NOT_LISTED, from);
	return r == 0 ? count_days(x->c, ret_seen) : r;
}

void handle_allow_suggest(struct call *c)
{
	struct suggesting x = { .c = c, .start = mono_now() };
	char question[64];
	uint64_t days;
	int seen = 0, r;

	if (!read_days(c, SUGGEST_DAYS, &days))
		return;
	(void)snprintf(question, sizeof(question), "allow suggest, %u days",
		       (unsigned)days);
	if (journal_read(&c->app->journal, c->actor.login, question, c->req->client) <
	    0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	r = suggest_new(&x.suggest);
	if (r == 0)
		r = collect(&x, days, &seen);
	if (r == 0)
		answer_suggest(&x, days, seen);
	else if (r == -EHOSTDOWN || r == -ETIMEDOUT)
		call_fail(c, MSG_PART_AWAY, part_name(PART_RECORDD));
	else
		call_fail_internal(c, r);
	suggest_free(x.suggest);
}
