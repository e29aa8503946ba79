/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/plan.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "fw/probe/frame.h"
#include "fw/probe/plan_parts.h"
#include "lib/policy/when.h"
#include "lib/str.h"

#define ROOM_FIRST 64
#define SRC_PORT   40000
#define FLOWS_MAX  (PROBE_MAX / 2) /* the others have the rest */

static const char no_service[] = "no-service";
static const char ceiling[] = "ceiling";

static const char *const kinds[PLAN_KINDS] = {
	[PLAN_FLOW] = "flow",       [PLAN_DOOR] = "door",
	[PLAN_NO_FLOW] = "no-flow", [PLAN_NO_DOOR] = "no-door",
	[PLAN_SPOOFED] = "spoofed", [PLAN_STRANGER] = "stranger",
};

const char *plan_kind_name(enum plan_kind kind)
{
	return kinds[kind];
}

void plan_add(struct making *m, const struct plan_item *item)
{
	struct plan *p = &m->plan;

	if (m->error < 0)
		return;
	if (p->count == PROBE_MAX) {
		p->left_out++;
		return;
	}
	if (p->count == m->room) {
		size_t room = m->room == 0 ? ROOM_FIRST : m->room * 2;
		struct plan_item *grown = reallocarray(p->item, room, sizeof(*grown));

		if (grown == NULL) {
			m->error = -ENOMEM;
			return;
		}
		p->item = grown;
		m->room = room;
	}
	p->item[p->count++] = *item;
}

/* --- packets --- */

void plan_put_source(struct probe *p, const struct pick_source *s)
{
	(void)str_copy(p->iifname, sizeof(p->iifname), s->in->name);
	memcpy(p->source_mac, s->mac.b, sizeof(p->source_mac));
	memcpy(p->target_mac, s->at->mac.b, sizeof(p->target_mac));
	p->family = s->addr.family;
	memcpy(p->src, s->addr.bytes, sizeof(p->src));
}

void plan_put_tcp(struct probe *p, struct addr to, uint16_t port)
{
	memcpy(p->dst, to.bytes, sizeof(p->dst));
	p->proto = IPPROTO_TCP;
	p->src_port = SRC_PORT;
	p->dst_port = port;
}

/* A packet of that service, if there is one that may be sent. */
static bool put_match(struct probe *p, const struct policy_match *match)
{
	p->proto = match->proto;
	p->icmp_type = match->icmp_type;
	p->src_port = match->port_min != 0 ? SRC_PORT : 0;
	p->dst_port = match->port_min;
	return frame_is_allowed(p);
}

static bool put_service(const struct making *m, struct probe *p,
			const struct policy_flow *f)
{
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &m->policy->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			if (put_match(p, &s->match[k]))
				return true;
		}
	}
	return false;
}

/*
 * A zone's ceilings are each source's, and its devices need them: of one source no more
 * than half of what it may open in a second is sent.
 */
static bool has_room(const struct making *m, size_t zone, uint8_t family)
{
	const struct policy_source_limits *l = &m->policy->zone[zone].limits;
	uint32_t used = m->used[zone][family == 6];

	return (l->new_per_second == 0 || used < l->new_per_second / 2) &&
	       (l->connections == 0 || used < l->connections / 2);
}

void plan_add_tried(struct making *m, struct plan_item *item)
{
	if (item->why_not == NULL && plan_is_pass(item) &&
	    !has_room(m, item->from, item->probe.family))
		item->why_not = ceiling;
	if (item->why_not == NULL)
		m->used[item->from][item->probe.family == 6]++;
	plan_add(m, item);
}

/* --- flows --- */

static struct pick_side from_side(const struct policy_flow *f)
{
	return (struct pick_side){ f->from, f->source, f->source_count, f };
}

static struct pick_side to_side(const struct policy_flow *f)
{
	return (struct pick_side){ f->to, f->destination, f->destination_count, f };
}

/* What is published is asked for under the gateway's address. */
static void put_published(struct probe *p, const struct policy_flow *f)
{
	for (size_t i = 0; i < f->publish_count; i++) {
		if (f->publish[i].family == p->family)
			memcpy(p->dst, f->publish[i].bytes, sizeof(p->dst));
	}
}

static void add_flow(struct making *m, const struct policy_flow *f, uint8_t family)
{
	struct plan_item item = {
		.kind = PLAN_FLOW, .from = f->from, .to = f->to, .flow = f->id
	};
	struct pick_side from = from_side(f), to = to_side(f);
	struct pick_source s;
	struct addr target;

	if (!pick_has_family(&m->pick, &from, family) ||
	    !pick_has_family(&m->pick, &to, family))
		return;
	item.probe.family = family;
	item.why_not = pick_source(&m->pick, &from, family, false, &s);
	if (item.why_not == NULL)
		item.why_not = pick_target(&m->pick, &to, family, &target);
	if (item.why_not == NULL) {
		plan_put_source(&item.probe, &s);
		memcpy(item.probe.dst, target.bytes, sizeof(item.probe.dst));
		put_published(&item.probe, f);
		if (!put_service(m, &item.probe, f))
			item.why_not = no_service;
	}
	plan_add_tried(m, &item);
}

static void add_flows(struct making *m)
{
	for (size_t i = 0; i < m->policy->flow_count; i++) {
		const struct policy_flow *f = &m->policy->flow[i];

		if (!when_is_open(m->policy, f, m->pick.site->now))
			continue;
		if (m->plan.count >= FLOWS_MAX) {
			m->plan.left_out++;
			continue;
		}
		add_flow(m, f, 4);
		add_flow(m, f, 6);
	}
}

static bool flow_has_port(const struct policy *p, const struct policy_flow *f,
			  uint16_t port)
{
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			if (s->match[k].proto == IPPROTO_TCP &&
			    port >= s->match[k].port_min && port <= s->match[k].port_max)
				return true;
		}
	}
	return false;
}

/* A TCP port that no flow between the two has; 0: they have them all. */
static uint16_t free_port(const struct policy *p, size_t from, size_t to)
{
	for (uint16_t port = 1; port < UINT16_MAX; port++) {
		bool taken = port == 80 || port == 443; /* may be led to the proxy */

		for (size_t i = 0; i < p->flow_count && !taken; i++) {
			const struct policy_flow *f = &p->flow[i];

			taken = f->from == from && f->to == to &&
				flow_has_port(p, f, port);
		}
		if (!taken)
			return port;
	}
	return 0;
}

static void add_no_flow(struct making *m, size_t from, size_t to, uint8_t family)
{
	struct plan_item item = {
		.kind = PLAN_NO_FLOW, .from = from, .to = to, .flow = ""
	};
	struct pick_side side = { .zone = from }, other = { .zone = to };
	uint16_t port = free_port(m->policy, from, to);
	struct pick_source s;
	struct addr target;

	if (!pick_has_family(&m->pick, &side, family) ||
	    !pick_has_family(&m->pick, &other, family) || port == 0)
		return;
	item.probe.family = family;
	item.why_not = pick_source(&m->pick, &side, family, false, &s);
	if (item.why_not == NULL)
		item.why_not = pick_target(&m->pick, &other, family, &target);
	if (item.why_not == NULL) {
		plan_put_source(&item.probe, &s);
		plan_put_tcp(&item.probe, target, port);
	}
	plan_add_tried(m, &item);
}

static void make(struct making *m)
{
	static const uint8_t families[] = { 4, 6 };
	const struct policy *p = m->policy;

	add_flows(m);
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		for (size_t z = 0; z < p->zone_count; z++)
			plan_doors(m, z, families[i]);
		for (size_t z = 0; z < p->zone_count; z++)
			plan_spoofed(m, z, families[i]);
		for (size_t z = 0; z < p->zone_count; z++) {
			if (p->zone[z].admission == POLICY_ADMISSION_ENFORCE)
				plan_strangers(m, z, families[i]);
		}
		for (size_t z = 0; z < p->zone_count; z++) {
			for (size_t to = 0; to < p->zone_count; to++) {
				if (to != z)
					add_no_flow(m, z, to, families[i]);
			}
		}
	}
}

int plan_make(const struct revision *rev, const struct plan_site *site,
	      struct plan *ret_plan)
{
	struct making *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return -ENOMEM;
	m->pick = (struct pick){ .rev = rev, .site = site };
	m->policy = rev->policy;
	make(m);
	r = m->error;
	if (r < 0)
		plan_clear(&m->plan);
	else
		*ret_plan = m->plan;
	free(m);
	return r;
}

void plan_clear(struct plan *p)
{
	free(p->item);
	*p = (struct plan){ 0 };
}
