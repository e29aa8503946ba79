/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/when.h"
#include "mgmt/mgmtd/work.h"

#define DAY_S        86400
#define DEFAULT_DAYS 62 /* this month and the one before */

static json_t *work_json(const struct work *w)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s,"
			 " s:s, s:s}",
			 "permit", w->permit, "device", w->device, "asset",
			 call_maybe(w->asset), "kind", w->kind, "owner", w->owner,
			 "company", w->company, "ticket", w->ticket, "day", w->day,
			 "first", call_time(w->first), "confirmed",
			 call_time(w->confirmed), "confirmed_by", call_maybe(w->who),
			 "work", w->work, "result", w->result, "records", w->records);
}

static int add_json(const struct work *w, void *user)
{
	return json_array_append_new(user, work_json(w)) == 0 ? 0 : -ENOMEM;
}

struct range {
	int64_t from, to; /* seconds; to is behind the last day */
	bool open;
};

static int64_t day_of(const char *text, bool end, int64_t fallback)
{
	int64_t s;

	if (text == NULL)
		return fallback;
	return strlen(text) == 10 && when_parse(text, end, &s) == 0 ? s : -1;
}

/* Returns the parameter that is not valid, or NULL. */
static const char *read_range(const struct call *c, struct range *ret)
{
	const char *state = call_query(c, "state");
	int64_t now = c->req->now;

	ret->open = state == NULL || strcmp(state, "open") == 0;
	if (!ret->open && strcmp(state, "all") != 0)
		return "state";
	ret->to = day_of(call_query(c, "to"), true, now + 1);
	ret->from = day_of(call_query(c, "from"), false, now - DEFAULT_DAYS * DAY_S);
	if (ret->to < 0 || ret->to <= ret->from)
		return "to";
	if (ret->from < 0 || ret->to - ret->from > WORK_DAYS_MAX * (int64_t)DAY_S)
		return "from";
	return NULL;
}

void handle_work_list(struct call *c)
{
	static const char *const keys[] = { "state", "from", "to", NULL };
	char first[WORK_DAY_MAX], last[WORK_DAY_MAX];
	int64_t unchecked = 0, next;
	struct range range;
	const char *bad;
	json_t *list;
	int r;

	if (!call_query_known(c, keys))
		return;
	bad = read_range(c, &range);
	if (bad != NULL) {
		call_fail(c, MSG_BAD_QUERY, bad);
		return;
	}
	work_day(range.from, first, &next);
	work_day(range.to - 1, last, &next);
	list = json_array();
	r = work_look_up(c->app, range.from, range.to, c->req->now, &unchecked);
	if (r == 0)
		r = work_each(c->app->db, range.open, first, last, add_json, list);
	if (r < 0) {
		json_decref(list);
		if (r == -EHOSTDOWN || r == -EBADMSG)
			call_fail(c, MSG_PART_AWAY, part_name(PART_RECORDD));
		else
			call_fail_internal(c, r);
		return;
	}
	call_json(c, 200,
		  json_pack("{s:o, s:I}", "work", list, "unchecked",
			    (json_int_t)unchecked));
}

static int read_note(const json_t *body, struct work_note *n, struct input_error *e)
{
	static const char *const keys[] = { "permit", "day",     "work",
					    "result", "records", NULL };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "permit", n->permit, sizeof(n->permit), e) < 0 ||
	    input_line(body, "day", n->day, sizeof(n->day), e) < 0 ||
	    input_line(body, "work", n->work, sizeof(n->work), e) < 0 ||
	    input_line(body, "result", n->result, sizeof(n->result), e) < 0)
		return -EINVAL;
	return input_line(body, "records", n->records, sizeof(n->records), e);
}

struct wanted {
	const struct work_note *note;
	json_t *found;
};

static int keep_wanted(const struct work *w, void *user)
{
	struct wanted *wanted = user;

	if (strcmp(w->permit, wanted->note->permit) == 0 && wanted->found == NULL)
		wanted->found = work_json(w);
	return 0;
}

void handle_work_confirm(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct work_note note;
	struct wanted wanted = { .note = &note };
	struct input_error e;
	int r;

	if (read_note(c->body, &note, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	order = call_order(c, "work-confirm", note.permit, note.work);
	order.change.about = note.day;
	r = publish_begin(p);
	if (r == 0)
		r = work_confirm(c->app->db, &note, c->actor.login, c->req->now);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r == 0)
		r = work_each(c->app->db, false, note.day, note.day, keep_wanted,
			      &wanted);
	if (r == -ENOENT)
		call_fail(c, MSG_NO_WORK_DAY, "");
	else if (r == -EALREADY)
		call_fail(c, MSG_CONFIRMED, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		call_json(c, 200, wanted.found);
}
