/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms of permits, and what each kind of event leads to. */
#include <errno.h>

#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/store_setting.h"

struct setting {
	struct terms terms;
	enum event_action action[EVENT_COUNT];
	char reason[INPUT_REASON_MAX + 1];
};

static int load(struct db *db, struct setting *s)
{
	int r = store_terms_get(db, &s->terms);

	for (int k = EVENT_NONE + 1; r == 0 && k < EVENT_COUNT; k++)
		r = store_action_get(db, (enum event_kind)k, &s->action[k]);
	return r;
}

static int store(struct db *db, const struct setting *s)
{
	int r = store_terms_set(db, &s->terms);

	for (int k = EVENT_NONE + 1; r == 0 && k < EVENT_COUNT; k++)
		r = store_action_set(db, (enum event_kind)k, s->action[k]);
	return r;
}

static void answer(struct call *c, struct setting *s)
{
	const char *lang = c->ja ? "ja" : "en";
	json_t *obj, *events, *zones = NULL;
	int r = admission_zones(c, &zones);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	obj = json_object();
	events = json_array();

	for (size_t i = 0; i < terms_row_count; i++)
		(void)json_object_set_new(
			obj, terms_rows[i].key,
			json_integer(*terms_value(&s->terms, &terms_rows[i])));
	for (int k = EVENT_NONE + 1; k < EVENT_COUNT; k++) {
		enum event_kind kind = (enum event_kind)k;

		(void)json_array_append_new(
			events,
			json_pack("{s:s, s:s, s:s, s:s}", "kind", event_name(kind),
				  "severity", severity_name(event_severity(kind)),
				  "action", event_action_name(s->action[k]), "text",
				  event_text(kind, lang)));
	}
	(void)json_object_set_new(obj, "events", events);
	(void)json_object_set_new(obj, "zones", zones);
	call_json(c, 200, obj);
}

void handle_admission_show(struct call *c)
{
	struct setting s;
	int r = load(c->app->db, &s);

	if (r < 0)
		call_fail_internal(c, r);
	else
		answer(c, &s);
}

static int read_terms(const json_t *body, struct terms *t, struct input_error *e)
{
	for (size_t i = 0; i < terms_row_count; i++) {
		const struct terms_row *row = &terms_rows[i];
		const json_t *v = json_object_get(body, row->key);

		if (v == NULL)
			continue;
		if (!json_is_integer(v) || json_integer_value(v) < row->min ||
		    json_integer_value(v) > row->max)
			return input_refuse(e, MSG_BAD_TERM, row->key);
		*terms_value(t, row) = json_integer_value(v);
	}
	return 0;
}

static int read_events(const json_t *body, struct setting *s, struct input_error *e)
{
	json_t *events = json_object_get(body, "events"), *v;
	const char *key;

	if (events == NULL)
		return 0;
	if (!json_is_object(events))
		return input_refuse(e, MSG_WRONG_TYPE, "events");
	json_object_foreach(events, key, v)
	{
		enum event_kind kind = event_kind_of(key);

		if (kind == EVENT_NONE || !json_is_string(v) ||
		    event_action_parse(json_string_value(v), &s->action[kind]) < 0)
			return input_refuse(e, MSG_BAD_EVENT, key);
	}
	return 0;
}

static int read_body(const json_t *body, struct setting *s, struct input_error *e)
{
	static const char *const keys[] = { "reason",
					    "events",
					    "contractor_days",
					    "private_days",
					    "maintenance_days",
					    "dormant_days",
					    "certify_days",
					    "quarantine_per_hour",
					    NULL };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "reason", s->reason, sizeof(s->reason), e) < 0 ||
	    read_terms(body, &s->terms, e) < 0)
		return -EINVAL;
	return read_events(body, s, e);
}

void handle_admission_set(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct input_error e;
	struct setting s;
	int r = load(c->app->db, &s);

	if (r == 0 && read_body(c->body, &s, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	order = call_order(c, "admission-set", "admission", s.reason);
	if (r == 0)
		r = publish_begin(p);
	if (r == 0)
		r = store(c->app->db, &s);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		answer(c, &s);
}
