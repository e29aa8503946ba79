/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy on trial, what became of earlier ones, and how two of them differ. */
#include <errno.h>
#include <string.h>

#include "mgmt/mgmtd/diff.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_policy.h"
#include "mgmt/mgmtd/trial.h"

#define HISTORY_MAX 500

void handle_policy_confirm(struct call *c)
{
	struct publish_order order = call_order(c, "policy-confirm", "policy", "");
	uint64_t number = c->app->publisher.trial.number, meant;
	struct publish_result result;
	struct input_error e;
	json_t *obj;
	int r;

	if (input_confirm(c->body, &meant, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (meant != 0 && number != 0 && meant != number) {
		call_fail_publish(c, -EBUSY, NULL); /* somebody else's, begun since */
		return;
	}
	r = trial_confirm(&c->app->publisher, &order, &result);
	if (r == 0)
		r = app_read_policy(c->app);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, false);
	call_json(c, 200, obj);
}

void handle_policy_rollback(struct call *c)
{
	struct publish_order order;
	struct publish_result result;
	struct input_reason in;
	struct input_error e;
	json_t *obj;
	int r;

	if (input_reason(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	order = call_order(c, "policy-rollback", "policy", in.reason);
	r = trial_rollback(&c->app->publisher, &order, &result);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_pack("{s:I}", "rolled_back", (json_int_t)result.rolled_back);
	result.rolled_back = 0; /* it is what was asked for, no surprise */
	call_add_result(c, obj, &result, false);
	call_json(c, 200, obj);
}

struct history {
	json_t *list;
	bool in_force; /* the version that is in force was met */
};

static const char *state_of(struct history *h, const char *state)
{
	if (strcmp(state, POLICY_CONFIRMED) != 0)
		return state;
	if (h->in_force)
		return "replaced";
	h->in_force = true;
	return "in-force";
}

static int add_version(const struct policy_version *v, void *user)
{
	struct history *h = user;
	json_t *obj = json_pack(
		"{s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "revision",
		v->revision != 0 ? json_integer((json_int_t)v->revision) : json_null(),
		"applied", call_time(v->applied), "applied_by", v->by, "reason",
		v->reason, "state", state_of(h, v->state), "until", call_time(v->until),
		"ended", call_time(v->ended), "ended_by", call_maybe(v->ended_by));

	return json_array_append_new(h->list, obj) < 0 ? -ENOMEM : 0;
}

void handle_policy_history(struct call *c)
{
	struct history h = { .list = json_array() };
	int r = store_policy_each(c->app->db, false, HISTORY_MAX, add_version, &h);

	if (r < 0) {
		json_decref(h.list);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "versions", h.list));
}

/* A version's text: of that revision, or for 0 the one in force. */
static int get(struct call *c, uint64_t revision, struct policy_version *ret)
{
	return revision != 0 ? store_policy_of(c->app->db, revision, ret)
			     : store_policy_get(c->app->db, ret);
}

void handle_policy_diff(struct call *c)
{
	CLEANUP(store_policy_free) struct policy_version from = { 0 }, to = { 0 };
	struct input_diff in;
	struct input_error e;
	char *text = NULL;
	int r;

	if (input_diff(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = get(c, in.from, &from);
	if (r == 0 && in.text == NULL)
		r = get(c, in.to, &to);
	if (r == 0)
		r = diff_unified(from.text, in.text != NULL ? in.text : to.text, &text);
	if (r == -ENOENT)
		call_fail(c, in.from == 0 && in.to == 0 ? MSG_NO_POLICY : MSG_NOT_FOUND,
			  "");
	else if (r < 0)
		call_fail_internal(c, r);
	else
		call_text(c, text);
}
