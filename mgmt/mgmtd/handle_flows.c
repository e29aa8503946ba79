/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flows of the policy in force, with who answers for each, and their reviews. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_flow.h"

#define SERVICE_TEXT_MAX 32

static void match_text(const struct policy_match *m, char dst[SERVICE_TEXT_MAX])
{
	const char *proto = m->proto == IPPROTO_TCP    ? "tcp"
			    : m->proto == IPPROTO_UDP  ? "udp"
			    : m->proto == IPPROTO_ICMP ? "icmp"
						       : "icmpv6";

	if (m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6)
		(void)snprintf(dst, SERVICE_TEXT_MAX, "%s/%u", proto, m->icmp_type);
	else if (m->port_min == m->port_max)
		(void)snprintf(dst, SERVICE_TEXT_MAX, "%s/%u", proto, m->port_min);
	else
		(void)snprintf(dst, SERVICE_TEXT_MAX, "%s/%u-%u", proto, m->port_min,
			       m->port_max);
}

static json_t *services_json(const struct policy *p, const struct policy_flow *flow)
{
	json_t *list = json_array();

	for (size_t i = 0; i < flow->service_count; i++) {
		const struct policy_service *s = &p->service[flow->service[i]];
		json_t *matches = json_array();

		for (size_t k = 0; k < s->match_count; k++) {
			char text[SERVICE_TEXT_MAX];

			match_text(&s->match[k], text);
			(void)json_array_append_new(matches, json_string(text));
		}
		(void)json_array_append_new(list, json_pack("{s:s, s:o}", "name", s->name,
							    "matches", matches));
	}
	return list;
}

static json_t *groups_json(const struct policy *p, const size_t *group, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(p->group[group[i]].name));
	return list;
}

/* The day of now in the site's time zone, as "YYYY-MM-DD", which sorts as text. */
static void day_of(int64_t now, char dst[16])
{
	time_t s = (time_t)now;
	struct tm tm;

	dst[0] = '\0';
	if (localtime_r(&s, &tm) != NULL)
		(void)strftime(dst, 16, "%Y-%m-%d", &tm);
}

static json_t *review_json(const struct flow_review *v)
{
	return json_pack("{s:o, s:s, s:s, s:o}", "at", call_time(v->at), "who", v->who,
			 "result", v->result, "next", call_maybe(v->next));
}

uint32_t flow_reviews_overdue(const struct call *c)
{
	const struct policy *p = c->app->policy;
	char today[16], stamp[FLOW_STAMP_MAX];
	struct flow_review v;
	uint32_t count = 0;

	day_of(c->req->now, today);
	for (size_t i = 0; p != NULL && i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->review[0] != '\0' && strcmp(f->review, today) < 0 &&
		    (flow_stamp(p, f, stamp) < 0 ||
		     store_flow_reviewed(c->app->db, f->id, stamp, &v) < 0 ||
		     strcmp(v.next, today) < 0))
			count++;
	}
	return count;
}

json_t *flow_json(const struct call *c, const struct policy_flow *flow)
{
	const struct policy *p = c->app->policy;
	const char *due = flow->review;
	struct flow_review v = { 0 };
	char today[16], stamp[FLOW_STAMP_MAX] = "";
	bool reviewed = flow_stamp(p, flow, stamp) == 0 &&
			store_flow_reviewed(c->app->db, flow->id, stamp, &v) == 0;

	if (strcmp(v.next, due) > 0)
		due = v.next;
	day_of(c->req->now, today);
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:s, "
		"s:I}",
		"id", flow->id, "from", p->zone[flow->from].name, "to",
		p->zone[flow->to].name, "services", services_json(p, flow), "source",
		groups_json(p, flow->source, flow->source_count), "destination",
		groups_json(p, flow->destination, flow->destination_count), "partner",
		call_maybe(flow->partner), "basis", call_maybe(flow->basis), "owner",
		call_maybe(flow->owner), "review", call_maybe(flow->review), "due",
		call_maybe(due), "overdue", due[0] != '\0' && strcmp(due, today) < 0,
		"reviewed", reviewed ? review_json(&v) : json_null(), "stamp", stamp,
		"line", (json_int_t)flow->at.line);
}

void handle_flow_list(struct call *c)
{
	const struct policy *p = c->app->policy;
	json_t *list;

	if (!call_needs_policy(c))
		return;
	list = json_array();
	for (size_t i = 0; i < p->flow_count; i++)
		(void)json_array_append_new(list, flow_json(c, &p->flow[i]));
	call_json(c, 200,
		  json_pack("{s:I, s:o}", "revision",
			    (json_int_t)c->app->publisher.current, "flows", list));
}

static const struct policy_flow *find_flow(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (strcmp(p->flow[i].id, id) == 0)
			return &p->flow[i];
	}
	return NULL;
}

static int store(struct call *c, const char *flow, const char *stamp,
		 const struct input_review *in)
{
	struct publish_order order = call_order(c, "flow-review", flow, in->result);
	struct publisher *p = &c->app->publisher;
	struct flow_review v = { .at = c->req->now };
	int r = publish_begin(p);

	(void)str_copy(v.who, sizeof(v.who), c->actor.login);
	(void)str_copy(v.result, sizeof(v.result), in->result);
	(void)str_copy(v.next, sizeof(v.next), in->next);
	(void)str_copy(v.stamp, sizeof(v.stamp), stamp);
	if (r == 0)
		r = store_flow_review(c->app->db, flow, &v);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return publish_note(p, &order);
}

void handle_flow_review(struct call *c)
{
	const struct policy_flow *flow;
	char stamp[FLOW_STAMP_MAX];
	struct input_review in;
	struct input_error e;
	int r;

	if (!call_needs_policy(c))
		return;
	flow = find_flow(c->app->policy, c->arg);
	if (flow == NULL) {
		call_fail(c, MSG_NOT_FOUND, "");
		return;
	}
	if (input_review(c->body, c->req->now, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = flow_stamp(c->app->policy, flow, stamp);
	if (r == 0 && in.stamp[0] != '\0' && strcmp(in.stamp, stamp) != 0) {
		call_fail(c, MSG_FLOW_CHANGED, "");
		return;
	}
	if (r == 0)
		r = store(c, flow->id, stamp, &in);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		call_json(c, 200, flow_json(c, flow));
}
