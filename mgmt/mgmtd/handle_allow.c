/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/reason.h"
#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_entry.h"

static json_t *entry_json(const struct entry *e)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "id",
			 e->id, "host", e->host, "ports", json_loads(e->ports, 0, NULL),
			 "zones", json_loads(e->zones, 0, NULL), "reason", e->reason,
			 "state", e->state, "requested_by", e->requested_by, "requested",
			 call_time(e->requested), "approved_by",
			 call_maybe(e->approved_by), "approved", call_time(e->approved));
}

static int add_json(const struct entry *e, void *list)
{
	return json_array_append_new(list, entry_json(e)) == 0 ? 0 : -ENOMEM;
}

void handle_allow_list(struct call *c)
{
	json_t *list = json_array();
	int r = store_entry_each(c->app->db, false, add_json, list);

	if (r < 0) {
		json_decref(list);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "entries", list));
}

/* A JSON array as the text of a column. */
static int print_list(json_t *list, char *dst, size_t size)
{
	size_t len = list != NULL ? json_dumpb(list, dst, size, JSON_COMPACT) : 0;

	json_decref(list);
	if (len == 0 || len >= size)
		return -ENOMEM;
	dst[len] = '\0';
	return 0;
}

static int entry_of(const struct call *c, const struct input_allow *in, struct entry *e)
{
	json_t *ports = json_array(), *zones = json_array();
	int r;

	for (size_t i = 0; i < in->port_count; i++)
		(void)json_array_append_new(ports, json_integer(in->port[i]));
	for (size_t i = 0; i < in->zone_count; i++)
		(void)json_array_append_new(
			zones, json_string(c->app->policy->zone[in->zone[i]].name));
	r = print_list(ports, e->ports, sizeof(e->ports));
	if (print_list(zones, e->zones, sizeof(e->zones)) < 0)
		r = -ENOMEM;
	id_new('a', e->id);
	(void)str_copy(e->host, sizeof(e->host), in->host);
	(void)str_copy(e->reason, sizeof(e->reason), in->reason);
	(void)str_copy(e->requested_by, sizeof(e->requested_by), c->actor.login);
	(void)str_copy(e->requested_role, sizeof(e->requested_role),
		       role_name(c->actor.role));
	e->requested = c->req->now;
	return r;
}

/* Answer with an entry as it is now, and what a publication brought, if any. */
static void answer(struct call *c, const char *id, const struct publish_result *result)
{
	struct entry e;
	json_t *obj;
	int r = store_entry_get(c->app->db, id, &e);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	obj = entry_json(&e);
	if (obj != NULL && result != NULL)
		call_add_result(c, obj, result, false);
	call_json(c, 200, obj);
}

void handle_allow_request(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct entry entry = { 0 };
	struct input_allow in;
	struct input_error e;
	int r;

	if (!call_needs_policy(c))
		return;
	if (input_allow(c->body, c->app->policy, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = entry_of(c, &in, &entry);
	order = call_order(c, "allow-request", entry.id, in.reason);
	order.change.about = entry.host;
	if (r == 0)
		r = publish_begin(p);
	if (r == 0)
		r = store_entry_add(c->app->db, &entry);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_LISTED, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		answer(c, entry.id, NULL);
}

/* The entry that the path names. Returns false when it has answered. */
static bool find(struct call *c, struct entry *ret)
{
	int r = id_is('a', c->arg) ? store_entry_get(c->app->db, c->arg, ret) : -ENOENT;

	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

static bool may_approve(struct call *c, const struct entry *e)
{
	switch (workflow_approve(&c->actor, e->requested_by,
				 role_of_name(e->requested_role))) {
	case WORKFLOW_OK:
		return true;
	case WORKFLOW_NO_ROLE:
		call_fail(c, MSG_ROLE, "");
		break;
	case WORKFLOW_SAME_PERSON:
		call_fail(c, MSG_SAME_PERSON, "");
		break;
	case WORKFLOW_NEED_MANAGER:
		call_fail(c, MSG_NEED_MANAGER, "");
		break;
	}
	return false;
}

void handle_allow_approve(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { 0 };
	struct publish_order order;
	struct input_error error;
	struct entry e;
	int r;

	if (input_nothing(c->body, &error) < 0) {
		call_fail_input(c, &error);
		return;
	}
	if (!find(c, &e))
		return;
	if (strcmp(e.state, "requested") != 0) {
		call_fail(c, MSG_NOT_REQUESTED, "");
		return;
	}
	if (!may_approve(c, &e))
		return;
	order = call_order(c, "allow-approve", e.id, e.reason);
	order.change.about = e.host;
	r = publish_begin(p);
	if (r == 0)
		r = store_entry_approve(c->app->db, e.id, c->actor.login, c->req->now);
	if (r == 0)
		r = publish_commit(p, &order, &result);
	else
		publish_abort(p);
	if (r < 0)
		call_fail_publish(c, r, &result);
	else
		answer(c, e.id, &result);
}

void handle_allow_remove(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { .revision = p->current };
	struct publish_order order;
	struct input_reason in;
	struct input_error error;
	struct entry e;
	json_t *obj;
	int r;

	if (input_reason(c->body, &in, &error) < 0) {
		call_fail_input(c, &error);
		return;
	}
	if (!find(c, &e))
		return;
	order = call_order(c, "allow-remove", e.id, in.reason);
	order.change.about = e.host;
	order.withdrawal = true;
	r = publish_begin(p);
	if (r == 0)
		r = store_entry_remove(c->app->db, e.id, c->actor.login, c->req->now,
				       in.reason);
	if (r < 0)
		publish_abort(p);
	else if (strcmp(e.state, "active") == 0)
		r = publish_commit(p, &order, &result);
	else
		r = publish_note(p, &order);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, true);
	call_json(c, 200, obj);
}

/* --- test: what the allowlist says about a name --- */

struct question {
	char host[HOST_MAX + 1];
	json_int_t port;
	const char *zone; /* NULL: any */
	enum reason reason;
	char entry[ID_TEXT_MAX]; /* the one that decided, or that names the host */
};

static bool list_has_port(const char *text, json_int_t port)
{
	json_t *list = json_loads(text, 0, NULL);
	bool found = false;

	for (size_t i = 0; i < json_array_size(list); i++)
		found = found || json_integer_value(json_array_get(list, i)) == port;
	json_decref(list);
	return found;
}

static bool list_has_zone(const char *text, const char *zone)
{
	json_t *list = json_loads(text, 0, NULL);
	bool found = zone == NULL || json_array_size(list) == 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		found = found ||
			strcmp(json_string_value(json_array_get(list, i)), zone) == 0;
	json_decref(list);
	return found;
}

static int ask_entry(const struct entry *e, void *user)
{
	struct question *q = user;

	if (q->reason == REASON_ENTRY || !host_pattern_matches(e->host, q->host) ||
	    !list_has_zone(e->zones, q->zone))
		return 0;
	(void)str_copy(q->entry, sizeof(q->entry), e->id);
	q->reason = list_has_port(e->ports, q->port) ? REASON_ENTRY : REASON_PORT;
	return 0;
}

static bool is_served(const struct policy *policy, const char *name)
{
	size_t zone = policy_zone_by_name(policy, name);

	for (size_t i = 0; i < policy->proxy.zone_count; i++) {
		if (policy->proxy.zone[i] == zone)
			return true;
	}
	return false;
}

/* Returns false when it has answered. */
static bool read_question(struct call *c, struct question *q)
{
	static const char *const keys[] = { "host", "port", "zone", NULL };
	const char *host = call_query(c, "host"), *port = call_query(c, "port");
	uint64_t number = 443;

	if (!call_query_known(c, keys))
		return false;
	if (host == NULL || host_normalise(host, q->host) < 0) {
		call_fail(c, MSG_BAD_QUERY, "host");
		return false;
	}
	if (port != NULL && str_to_uint(port, 1, UINT16_MAX, &number) < 0) {
		call_fail(c, MSG_BAD_QUERY, "port");
		return false;
	}
	q->port = (json_int_t)number;
	q->zone = call_query(c, "zone");
	if (q->zone != NULL &&
	    policy_zone_by_name(c->app->policy, q->zone) == POLICY_NONE) {
		call_fail(c, MSG_BAD_QUERY, "zone");
		return false;
	}
	return true;
}

void handle_allow_test(struct call *c)
{
	struct question q = { .reason = REASON_NOT_LISTED };
	int r = 0;

	if (!call_needs_policy(c) || !read_question(c, &q))
		return;
	if (q.zone != NULL && !is_served(c->app->policy, q.zone))
		q.reason = REASON_ZONE;
	else
		r = store_entry_each(c->app->db, true, ask_entry, &q);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200,
		  json_pack("{s:b, s:o, s:s, s:s}", "allowed", q.reason == REASON_ENTRY,
			    "entry", call_maybe(q.entry), "reason", reason_name(q.reason),
			    "reason_text", reason_text(q.reason, c->ja ? "ja" : "en")));
}
