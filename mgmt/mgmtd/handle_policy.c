/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/lockdown.h"
#include "mgmt/mgmtd/probes.h"
#include "mgmt/mgmtd/store_alarm.h"
#include "mgmt/mgmtd/store_policy.h"

/* The word that is wrong with a part now; NULL: nothing that we can see from here. */
static const char *complaint(struct call *c, enum part part, char *dst, size_t size)
{
	const struct part_state *state = &c->app->parts.state[part];
	const struct publisher *p = &c->app->publisher;
	uint64_t current = p->trial.number != 0 ? p->trial.number : p->current;

	if (!state->there)
		return msg_text(MSG_STATUS_AWAY, c->ja, "", dst, size);
	if ((part == PART_GATED || part == PART_PROXYD) &&
	    state->status.revision != current)
		return msg_text(MSG_STATUS_BEHIND, c->ja, "", dst, size);
	return NULL;
}

static json_t *part_json(struct call *c, enum part part, bool *all_ok)
{
	const struct part_state *state = &c->app->parts.state[part];
	struct proto_status none = { 0 };
	const struct proto_status *st = state->there ? &state->status : &none;
	char text[MSG_TEXT_MAX];
	const char *wrong = complaint(c, part, text, sizeof(text));
	bool ok = wrong == NULL && st->ok != 0;

	*all_ok = *all_ok && ok;
	return json_pack(
		"{s:s, s:b, s:s, s:I, s:o, s:I, s:I, s:I}", "name", part_name(part), "ok",
		(int)ok, "text", wrong != NULL ? wrong : st->text, "revision",
		(json_int_t)st->revision, "started", call_time(st->started_us / 1000000),
		"connections", (json_int_t)st->connections, "records",
		(json_int_t)st->records, "lost", (json_int_t)st->lost);
}

/* Is it one that this site needs? */
static bool is_wanted(const struct call *c, enum part part)
{
	const struct policy *policy = c->app->policy;
	bool vlan = false;

	if (part != PART_SWITCHD || c->app->parts.state[part].there)
		return true;
	for (size_t i = 0; policy != NULL && i < policy->zone_count; i++)
		vlan = vlan || policy->zone[i].vlan != 0;
	return policy != NULL && (vlan || policy->gateway.radius.count != 0);
}

/* Where devices without a permit are kept from their neighbours; null: nowhere. */
static json_t *containment_json(const struct call *c)
{
	const struct part_state *sensord = &c->app->parts.state[PART_SENSORD];
	const struct policy *policy = c->app->policy;
	const struct proto_status none = { 0 };
	const struct proto_status *st = sensord->there ? &sensord->status : &none;
	json_t *zones = json_array(), *obj;
	size_t wanted = 0;

	for (size_t i = 0; policy != NULL && i < policy->zone_count; i++) {
		const struct policy_zone *z = &policy->zone[i];

		if (!z->containment)
			continue;
		wanted += z->interface_count;
		(void)json_array_append_new(zones, json_string(z->name));
	}
	obj = wanted == 0 ? json_null()
			  : json_pack("{s:b, s:O, s:I, s:I, s:I, s:I}", "ok",
				      (int)(st->containing >= wanted), "zones", zones,
				      "interfaces", (json_int_t)wanted, "containing",
				      (json_int_t)st->containing, "contained",
				      (json_int_t)st->contained, "answers",
				      (json_int_t)st->answers);
	json_decref(zones);
	return obj;
}

json_t *trial_json(const struct call *c)
{
	const struct trial *t = &c->app->publisher.trial;
	int64_t left = t->until - c->req->now;

	if (t->number == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:I, s:s}", "revision", (json_int_t)t->number,
			 "until", call_time(t->until), "seconds",
			 (json_int_t)(left > 0 ? left : 0), "who", t->who);
}

static json_t *own_json(struct call *c, bool *all_ok)
{
	bool recordable = journal_state(&c->app->journal) == 0;
	bool ok = recordable && c->app->policy != NULL;
	const char *refused = c->app->policy_refused;
	char text[MSG_TEXT_MAX] = "";

	if (!ok)
		(void)msg_text(!recordable        ? MSG_STATUS_NO_RECORD
			       : *refused != '\0' ? MSG_STATUS_POLICY_REFUSED
						  : MSG_STATUS_NO_POLICY,
			       c->ja, refused, text, sizeof(text));
	*all_ok = *all_ok && ok;
	return json_pack("{s:s, s:b, s:s, s:I, s:o, s:i, s:I, s:I}", "name", "mgmtd",
			 "ok", (int)ok, "text", text, "revision",
			 (json_int_t)c->app->publisher.current, "started",
			 call_time(c->app->started_us / 1000000), "connections", 0,
			 "records", (json_int_t)c->app->journal.written, "lost",
			 (json_int_t)(c->app->sight.lost + c->app->sight.refused +
				      c->app->alarms.lost));
}

void handle_status(struct call *c)
{
	json_t *parts = json_array(), *probes;
	int64_t open, alarms = 0;
	const char *result;
	bool ok = true;
	int r = store_alarm_totals(c->app->db, &open, &alarms);

	if (r < 0) {
		json_decref(parts);
		call_fail_internal(c, r);
		return;
	}
	parts_poll(&c->app->parts);
	for (int i = 0; i < PART_COUNT; i++) {
		if (is_wanted(c, (enum part)i))
			(void)json_array_append_new(parts,
						    part_json(c, (enum part)i, &ok));
	}
	(void)json_array_append_new(parts, own_json(c, &ok));
	probes = probes_last_json(c->app);
	result = json_string_value(json_object_get(probes, "result"));
	ok = ok && (result == NULL || strcmp(result, "bad") != 0);
	call_json(c, 200,
		  json_pack("{s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:s, s:o, s:o}",
			    "ok", (int)ok, "alarms", (json_int_t)alarms,
			    "reviews_overdue", (json_int_t)flow_reviews_overdue(c),
			    "containment", containment_json(c), "probes", probes, "trial",
			    trial_json(c), "lockdown", lockdown_json(c->app), "revision",
			    (json_int_t)c->app->publisher.current, "site",
			    c->app->policy != NULL ? c->app->policy->site : "", "time",
			    call_time(c->req->now), "parts", parts));
}

void handle_policy_show(struct call *c)
{
	CLEANUP(store_policy_free) struct policy_version v = { 0 };
	int r = store_policy_get(c->app->db, &v);

	if (r < 0) {
		call_fail_publish(c, r, NULL);
		return;
	}
	call_json(c, 200,
		  json_pack("{s:I, s:o, s:s, s:s, s:s, s:o}", "revision",
			    (json_int_t)c->app->publisher.current, "applied",
			    call_time(v.applied), "applied_by", v.by, "reason", v.reason,
			    "text", v.text, "trial", trial_json(c)));
}

void handle_policy_nft(struct call *c)
{
	char *text = NULL;
	int r = parts_show_nft(&c->app->parts, &text);

	if (r == -EHOSTDOWN)
		call_fail(c, MSG_PART_AWAY, part_name(PART_GATED));
	else if (r < 0)
		call_fail_internal(c, r);
	else
		call_text(c, text);
}

static int apply(struct call *c, const struct input_policy *in,
		 struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order =
		call_order(c, in->confirm_s != 0 ? "policy-trial" : "policy-apply",
			   "policy", in->reason);
	int r = publish_begin(p);

	order.policy = true;
	order.confirm_s = in->confirm_s;
	if (r == 0)
		r = store_policy_add(c->app->db, in->text, c->req->now, c->actor.login,
				     in->reason);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	r = publish_commit(p, &order, result);
	return r < 0 ? r : app_read_policy(c->app);
}

/* What the reader of policies finds odd, but accepts: overdue reviews and the like. */
static json_t *warnings_of(const char *text)
{
	struct diags diags = { 0 };
	struct policy *policy = NULL;
	json_t *list = json_array();

	if (policy_parse(text, strlen(text), &policy, &diags) == 0)
		policy_free(policy);
	for (size_t i = 0; i < diags.count && i < DIAG_MAX; i++)
		(void)json_array_append_new(
			list, json_sprintf("%u:%u: %s", diags.item[i].at.line,
					   diags.item[i].at.column, diags.item[i].text));
	return list;
}

void handle_policy_apply(struct call *c)
{
	struct publish_result result = { 0 };
	struct input_policy in;
	struct input_error e;
	json_t *obj;
	int r;

	if (input_policy(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = apply(c, &in, &result);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, true);
	(void)json_object_set_new(obj, "warnings", warnings_of(in.text));
	(void)json_object_set_new(obj, "trial", trial_json(c));
	call_json(c, 200, obj);
}
