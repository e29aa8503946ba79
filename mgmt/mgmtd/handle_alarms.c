/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/maker.h"
#include "mgmt/mgmtd/page.h"
#include "mgmt/mgmtd/store_alarm.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_device.h"

#define LIST_MAX     1000
#define LIST_DEFAULT 100

const char *severity_name(enum event_severity s)
{
	switch (s) {
	case EVENT_NOTICE:
		return "notice";
	case EVENT_WARNING:
		return "warning";
	case EVENT_CRITICAL:
		break;
	}
	return "critical";
}

enum event_kind event_kind_of(const char *name)
{
	for (int k = EVENT_NONE + 1; k < EVENT_COUNT; k++) {
		if (strcmp(event_name((enum event_kind)k), name) == 0)
			return (enum event_kind)k;
	}
	return EVENT_NONE;
}

/* Why the automatic quarantine did not happen, for people. */
static json_t *held_back_json(const struct call *c, const struct alarm *a)
{
	static const enum msg reasons[] = { MSG_HELD_BACK_LIMIT, MSG_HELD_BACK_KIND,
					    MSG_HELD_BACK_LAST, MSG_HELD_BACK_UNKNOWN,
					    MSG_HELD_BACK_FAILED };
	char text[MSG_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (strcmp(msg_code(reasons[i]), a->held_back) == 0)
			return json_string(
				msg_text(reasons[i], c->ja, "", text, sizeof(text)));
	}
	return json_string(a->held_back);
}

/* The card and its device in words: who is called about it. */
static json_t *device_json_of(struct db *db, const struct alarm *a)
{
	struct device d = { 0 };
	struct asset asset = { 0 };
	const char *id;

	if (a->mac[0] == '\0' || store_device_find(db, a->mac, a->interface, &d) < 0)
		d = (struct device){ 0 };
	id = a->asset[0] != '\0' ? a->asset : d.asset;
	if (id[0] == '\0' || store_asset_get(db, id, &asset) < 0)
		asset = (struct asset){ 0 };
	return json_pack("{s:o, s:s, s:s, s:s, s:s}", "device", call_maybe(d.id),
			 "number", asset.number, "name",
			 asset.name[0] != '\0' ? asset.name : d.name, "owner",
			 asset.owner, "manufacturer", maker_of(a->mac));
}

static json_t *alarm_json(struct call *c, const struct alarm *a)
{
	const char *lang = c->ja ? "ja" : "en";
	json_t *obj = json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s}",
		"id", (json_int_t)a->id, "kind", event_name(a->kind), "severity",
		severity_name(event_severity(a->kind)), "text", event_text(a->kind, lang),
		"advice", event_advice(a->kind, lang), "action",
		event_action_name(a->action), "raised", call_time(a->raised), "closed",
		call_time(a->closed), "interface", a->interface, "other_interface",
		a->other_interface, "mac", a->mac, "other_mac", a->other_mac, "address",
		a->address, "detail", a->detail);
	json_t *more = json_pack(
		"{s:I, s:o, s:b, s:o, s:o, s:o, s:s}", "count", (json_int_t)a->frames,
		"asset", call_maybe(a->asset), "quarantined", (int)a->quarantined,
		"held_back", held_back_json(c, a), "acknowledged", call_time(a->acked),
		"acknowledged_by", call_maybe(a->acked_by), "done", a->done);

	json_t *who = device_json_of(c->app->db, a);

	if (obj != NULL &&
	    (json_object_update(obj, more) < 0 || json_object_update(obj, who) < 0)) {
		json_decref(obj);
		obj = NULL;
	}
	json_decref(more);
	json_decref(who);
	return obj;
}

static int add_json(const struct alarm *a, void *user)
{
	struct page *page = user;

	return page_has_room(page) ? page_add(page, alarm_json(page->c, a)) : 0;
}

struct question {
	enum alarm_view view;
	enum event_kind kind;
	uint64_t after;
};

/* Returns the parameter that is not valid, or NULL. */
static const char *read_question(const struct call *c, struct question *ret)
{
	static const char *const views[] = { "open", "unacknowledged", "all" };
	const char *state = call_query(c, "state"), *kind = call_query(c, "kind");
	const char *after = call_query(c, "after");
	struct question q = { .view = ALARM_VIEW_UNACKED };
	size_t i = 0;

	if (state != NULL) {
		while (i < ARRAY_LEN(views) && strcmp(views[i], state) != 0)
			i++;
		if (i == ARRAY_LEN(views))
			return "state";
		q.view = (enum alarm_view)i;
	}
	if (kind != NULL && (q.kind = event_kind_of(kind)) == EVENT_NONE)
		return "kind";
	if (after != NULL && str_to_uint(after, 1, INT64_MAX, &q.after) < 0)
		return "after";
	*ret = q;
	return NULL;
}

void handle_alarm_list(struct call *c)
{
	static const char *const keys[] = { "state", "kind", "after", "limit", NULL };
	struct question q;
	struct page page;
	int64_t open = 0, unacked = 0;
	const char *bad;
	int r;

	if (!call_query_known(c, keys))
		return;
	bad = read_question(c, &q);
	if (bad != NULL) {
		call_fail(c, MSG_BAD_QUERY, bad);
		return;
	}
	if (!page_begin(c, LIST_DEFAULT, LIST_MAX, &page))
		return;
	r = alarm_store(c->app, c->req->now);
	if (r == 0)
		r = store_alarm_totals(c->app->db, &open, &unacked);
	if (r == 0)
		r = store_alarm_each(c->app->db, q.view, q.kind, (int64_t)q.after,
				     page.ask, add_json, &page);
	page_answer(&page, r, "alarms",
		    json_pack("{s:I, s:I}", "open", (json_int_t)open, "unacknowledged",
			      (json_int_t)unacked));
}

static int read_done(const json_t *body, char done[INPUT_REASON_MAX + 1],
		     struct input_error *e)
{
	static const char *const keys[] = { "done", NULL };

	return input_keys(body, keys, e) < 0
		       ? -EINVAL
		       : input_line(body, "done", done, INPUT_REASON_MAX + 1, e);
}

static int acknowledge(struct call *c, const struct alarm *a, const char *done)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "alarm-ack", c->arg, done);
	int r = publish_begin(p);

	order.change.about = event_name(a->kind);
	if (r == 0)
		r = store_alarm_ack(c->app->db, a->id, c->actor.login, c->req->now, done);
	if (r == 0)
		return publish_note(p, &order);
	publish_abort(p);
	return r;
}

void handle_alarm_ack(struct call *c)
{
	char done[INPUT_REASON_MAX + 1];
	struct input_error e;
	struct alarm a;
	uint64_t id;
	int r;

	if (read_done(c->body, done, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = str_to_uint(c->arg, 1, INT64_MAX, &id) < 0
		    ? -ENOENT
		    : store_alarm_get(c->app->db, (int64_t)id, &a);
	if (r == 0 && a.acked != 0) {
		call_fail(c, MSG_ACKED, "");
		return;
	}
	if (r == 0)
		r = acknowledge(c, &a, done);
	if (r == 0)
		r = store_alarm_get(c->app->db, (int64_t)id, &a);
	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		call_json(c, 200, alarm_json(c, &a));
}
