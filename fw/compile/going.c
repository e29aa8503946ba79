/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The short way of packets whose connection goes on. Each of them is judged by its flow
 * again, as on the long way, so that a flow that is withdrawn or over ends at once; but
 * one rule has all of it. A packet that finds no such rule takes the long way: leaving
 * rules out is always right, and is done where there would be many.
 */
#include <stdio.h>

#include "fw/compile/parts.h"
#include "fw/compile/spread.h"
#include "lib/mem.h"

#define PAIR_MAX 32 /* rules from one zone to another */
#define FEW      2 /* rules that need no chain of their own */
#define ALL_MAX  4096

/* The long way refuses other sources; a group may have more than the zone. */
static bool is_own(const struct policy_zone *z, const struct prefix *src)
{
	for (size_t i = 0; src != NULL && i < z->networks.count; i++) {
		const struct prefix *own = &z->networks.item[i];

		if (own->addr.family == src->addr.family && own->len <= src->len &&
		    prefix_contains(*own, src->addr))
			return true;
	}
	return false;
}

/* A pair's rules, one for each service. */
static void put_services(struct spread *s, struct fw_rule r, const struct prefix *src,
			 const struct prefix *dst)
{
	const struct policy *p = s->p;

	for (size_t i = 0; i < s->f->service_count && is_own(&p->zone[s->f->from], src);
	     i++) {
		const struct policy_service *service = &p->service[s->f->service[i]];

		for (size_t k = 0; k < service->match_count; k++) {
			struct fw_rule m = compile_service(&service->match[k]);

			if (m.family != 0 && m.family != r.family)
				continue;
			r.l4proto = m.l4proto;
			r.match = s->rule.match | m.match;
			r.icmp_type = m.icmp_type;
			r.dport_min = m.dport_min;
			r.dport_max = m.dport_max;
			if (s->out != NULL)
				spread_rules(s, r, src, dst);
			else
				builder_rule(s->b, s->chain, r);
		}
	}
}

static size_t count_matches(const struct policy *p, const struct policy_flow *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->service_count; i++)
		count += p->service[f->service[i]].match_count;
	return count;
}

struct pair { /* of zones */
	struct builder *b;
	const struct policy *p;
	size_t from, to;
	int64_t now;
};

static bool is_of(const struct pair *pr, const struct policy_flow *f)
{
	return f->from == pr->from && f->to == pr->to && when_is_open(pr->p, f, pr->now);
}

/* At most so many rules would be needed. */
static size_t count_rules(const struct pair *pr)
{
	size_t count = 0;

	for (size_t i = 0; i < pr->p->flow_count; i++) {
		struct spread s = { .p = pr->p, .f = &pr->p->flow[i] };

		if (!is_of(pr, s.f))
			continue;
		spread_flow(&s, true);
		count += s.count * count_matches(s.p, s.f);
	}
	return count;
}

static struct fw_rule accept_rule(uint8_t direction)
{
	return (struct fw_rule){ .ct_state = FW_CT_ESTABLISHED,
				 .ct_direction = direction,
				 .lookup = FW_LOOKUP_LIVE,
				 .verdict = FW_VERDICT_ACCEPT };
}

/* In a chain of their own, where state and way out have been looked at, or without. */
static void put_flow(const struct pair *pr, const struct policy_flow *f, uint32_t chain,
		     bool own_chain)
{
	const struct policy_zone *z = &pr->p->zone[pr->from];
	struct spread s = {
		.b = pr->b,
		.p = pr->p,
		.f = f,
		.out = own_chain ? NULL : &pr->p->zone[pr->to],
		.chain = chain,
		.rule = accept_rule(FW_DIR_ORIGINAL),
		.put = put_services,
	};

	s.rule.until = compile_flow_end(pr->p, f, pr->now);
	s.rule.counter = FW_COUNTER_FLOW;
	if (own_chain)
		s.rule.ct_state = s.rule.ct_direction = 0;
	if (z->admission == POLICY_ADMISSION_ENFORCE) {
		s.rule.match = FW_MATCH_MARK;
		s.rule.mark_value = zone_class(z);
		s.rule.mark_mask = FW_MARK_CLASS;
	}
	builder_about(pr->b, FW_COMMENT_FLOW, f->id);
	spread_flow(&s, true);
}

/* Both zones' names can be too long for one; a number behind the last '-' is unique. */
static uint32_t going_chain(const struct pair *pr)
{
	char name[POLICY_NAME_MAX + 24];

	(void)snprintf(name, sizeof(name), "%s-%zu", pr->p->zone[pr->from].name, pr->to);
	return builder_chain(pr->b, "going", name);
}

/* Leads from forward to a new chain, which is returned. */
static uint32_t lead(const struct pair *pr, uint32_t forward)
{
	const struct policy_zone *to = &pr->p->zone[pr->to];
	struct fw_rule r = { .ct_state = FW_CT_ESTABLISHED,
			     .ct_direction = FW_DIR_ORIGINAL,
			     .target = going_chain(pr),
			     .verdict = FW_VERDICT_JUMP };

	for (size_t i = 0; i < to->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), to->interface[i].name);
		builder_rule(pr->b, forward, r);
	}
	return r.target;
}

static void compile_pair(const struct pair *pr, uint32_t forward)
{
	const struct policy *p = pr->p;
	size_t count = count_rules(pr);
	bool few = count * p->zone[pr->to].interface_count <= FEW;
	uint32_t chain;

	if (count == 0 || count > PAIR_MAX || count > ALL_MAX - pr->b->going)
		return;
	pr->b->going += count;
	chain = few ? forward : lead(pr, forward);
	for (size_t i = 0; i < p->flow_count; i++) {
		if (is_of(pr, &p->flow[i]))
			put_flow(pr, &p->flow[i], chain, !few);
	}
	builder_about(pr->b, FW_COMMENT_SYSTEM "forward-", p->zone[pr->from].name);
}

static void compile_replies(struct builder *b, const struct policy_prefixes *own,
			    uint32_t forward)
{
	for (size_t i = 0; i < own->count; i++) {
		struct fw_rule r = accept_rule(FW_DIR_REPLY);

		builder_saddr(&r, own->item[i]);
		builder_rule(b, forward, r);
	}
}

bool compile_has_short_replies(const struct policy *p, size_t zone)
{
	size_t count = p->zone[zone].networks.count;

	return count != 0 && count <= PAIR_MAX && !compile_has_timed_flow(p, zone);
}

void compile_going(struct builder *b, const struct policy *p, size_t zone,
		   uint32_t forward, int64_t now)
{
	const struct policy_prefixes *own = &p->zone[zone].networks;
	struct pair pr = { .b = b, .p = p, .from = zone, .now = now };

	for (pr.to = 0; pr.to < p->zone_count && own->count != 0; pr.to++)
		compile_pair(&pr, forward);
	if (compile_has_short_replies(p, zone))
		compile_replies(b, own, forward);
}
