/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/policy/when.h"
#include "lib/reason.h"

/* Where the first packet of a flow is recorded and let through. */
static uint32_t compile_open(struct builder *b, const struct policy_flow *f)
{
	uint32_t chain = builder_chain(b, "open", f->id);
	struct fw_rule open = {
		.ct_state = FW_CT_NEW,
		.lookup = FW_LOOKUP_RECORDING,
		.log_group = FW_LOG_OPEN,
		.log_prefix = FW_LOG_OPEN_PREFIX,
		.set_mark = FW_SET_CT_META,
		.verdict = FW_VERDICT_ACCEPT,
	};
	struct fw_rule full = {
		.ct_state = FW_CT_NEW,
		.log_group = FW_LOG_DENY,
		.log_prefix = FW_LOG_DENY_PREFIX,
	};
	size_t at = sizeof(FW_LOG_OPEN_PREFIX) - 1;

	builder_name(open.log_prefix + at, sizeof(open.log_prefix) - at, f->id);
	at = sizeof(FW_LOG_DENY_PREFIX) - 1;
	builder_name(full.log_prefix + at, sizeof(full.log_prefix) - at,
		     reason_name(REASON_NO_RECORD));
	/* new: until there is an answer; its first packet has set the mark */
	builder_rule(b, chain,
		     (struct fw_rule){ .ct_state = FW_CT_ESTABLISHED | FW_CT_NEW,
				       .ct_direction = FW_DIR_ORIGINAL,
				       .lookup = FW_LOOKUP_LIVE,
				       .verdict = FW_VERDICT_ACCEPT });
	builder_rule(b, chain, open);
	builder_rule(b, chain, full);
	builder_rule(
		b, chain,
		(struct fw_rule){ .ct_state = FW_CT_NEW, .verdict = FW_VERDICT_DROP });
	builder_rule(b, chain,
		     (struct fw_rule){ .target = b->deny, .verdict = FW_VERDICT_GOTO });
	return chain;
}

static struct fw_rule service_rule(const struct policy_match *m)
{
	struct fw_rule r = { .l4proto = m->proto };

	if (m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6) {
		r.match = FW_MATCH_ICMP_TYPE;
		r.icmp_type = m->icmp_type;
		r.family = m->proto == IPPROTO_ICMP ? 4 : 6;
	} else {
		r.dport_min = m->port_min;
		r.dport_max = m->port_max;
	}
	return r;
}

/* The services of a flow: reached by those whose addresses fit. */
static uint32_t compile_services(struct builder *b, const struct policy *p,
				 const struct policy_flow *f)
{
	uint32_t chain = builder_chain(b, "flow", f->id);
	uint32_t open = compile_open(b, f);

	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			struct fw_rule r = service_rule(&s->match[k]);

			r.target = open;
			r.counter = FW_COUNTER_FLOW;
			r.verdict = FW_VERDICT_GOTO;
			builder_rule(b, chain, r);
		}
	}
	return chain;
}

/* The side's networks, group by group; without groups the zone's own. */
static const struct policy_prefixes *side(const struct policy *p, size_t zone,
					  const size_t *group, size_t count, size_t i)
{
	if (count == 0)
		return i == 0 ? &p->zone[zone].networks : NULL;
	return i < count ? &p->group[group[i]].networks : NULL;
}

struct pairs { /* one flow being spread over its interfaces and prefixes */
	struct builder *b; /* NULL: only counted */
	const struct policy_zone *out; /* the zone that packets leave to */
	uint32_t chain;
	struct fw_rule rule; /* what all of them have */
	size_t count;
};

static void add_pair(struct pairs *ps, const struct prefix *src, const struct prefix *dst)
{
	struct fw_rule r = ps->rule;

	if (src != NULL && dst != NULL && src->addr.family != dst->addr.family)
		return;
	if (src != NULL)
		builder_saddr(&r, *src);
	if (dst != NULL)
		builder_daddr(&r, *dst);
	ps->count++;
	for (size_t i = 0; ps->b != NULL && i < ps->out->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), ps->out->interface[i].name);
		builder_rule(ps->b, ps->chain, r);
	}
}

/* An empty list is a zone without networks of its own (internet): no match on it. */
static void add_pairs(struct pairs *ps, const struct policy_prefixes *src,
		      const struct policy_prefixes *dst)
{
	size_t src_count = src->count != 0 ? src->count : 1;
	size_t dst_count = dst->count != 0 ? dst->count : 1;

	for (size_t i = 0; i < src_count; i++) {
		for (size_t k = 0; k < dst_count; k++)
			add_pair(ps, src->count != 0 ? &src->item[i] : NULL,
				 dst->count != 0 ? &dst->item[k] : NULL);
	}
}

/* Forward: from the flow's source to its destination; else the way of the answers. */
static void spread(struct pairs *ps, const struct policy *p, const struct policy_flow *f,
		   bool forward)
{
	const struct policy_prefixes *src, *dst;

	for (size_t i = 0;
	     (src = side(p, f->from, f->source, f->source_count, i)) != NULL; i++) {
		for (size_t k = 0; (dst = side(p, f->to, f->destination,
					       f->destination_count, k)) != NULL;
		     k++)
			add_pairs(ps, forward ? src : dst, forward ? dst : src);
	}
}

static int64_t end_of(const struct policy *p, const struct policy_flow *f, int64_t now)
{
	int64_t end = when_end(p, f, now);

	return end < FW_TIME_MAX ? end : 0;
}

static void compile_flow(struct builder *b, const struct policy *p,
			 const struct policy_flow *f, uint32_t chain, int64_t now,
			 struct diags *diags)
{
	bool open = when_is_open(p, f, now);
	struct pairs ps = {
		.b = open ? b : NULL,
		.out = &p->zone[f->to],
		.chain = chain,
		.rule = { .match = FW_MATCH_MARK,
			  .mark_value = zone_class(&p->zone[f->from]),
			  .mark_mask = FW_MARK_CLASS,
			  .until = open ? end_of(p, f, now) : 0,
			  .verdict = FW_VERDICT_JUMP },
	};

	builder_about(b, FW_COMMENT_FLOW, f->id);
	if (open)
		ps.rule.target = compile_services(b, p, f);
	spread(&ps, p, f, true);
	if (ps.count == 0)
		diag_add(diags, f->at,
			 "flow '%s' can match nothing: its source and destination have "
			 "no address family (IPv4 or IPv6) in common",
			 f->id);
}

void compile_flows(struct builder *b, const struct policy *p, size_t zone, uint32_t chain,
		   int64_t now, struct diags *diags)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (p->flow[i].from == zone)
			compile_flow(b, p, &p->flow[i], chain, now, diags);
	}
}

void compile_masquerade(struct builder *b, const struct policy *p,
			const struct policy_flow *f)
{
	uint32_t chain = builder_chain(b, "nat", f->id);
	struct pairs ps = {
		.b = b,
		.out = &p->zone[f->to],
		.chain = FW_CHAIN_POSTROUTING,
		.rule = { .match = FW_MATCH_MARK,
			  .mark_value = zone_class(&p->zone[f->from]),
			  .mark_mask = FW_MARK_CLASS,
			  .target = chain,
			  .verdict = FW_VERDICT_JUMP },
	};

	builder_about(b, FW_COMMENT_FLOW, f->id);
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			struct fw_rule r = service_rule(&s->match[k]);

			r.verdict = FW_VERDICT_MASQUERADE;
			builder_rule(b, chain, r);
		}
	}
	spread(&ps, p, f, true);
}

/* What answers this type of ICMP message; the kernel takes no others for questions. */
static bool icmp_answer(uint8_t proto, uint8_t question, uint8_t *ret_answer)
{
	static const struct {
		uint8_t proto, question, answer;
	} types[] = {
		{ IPPROTO_ICMP, 8, 0 },       { IPPROTO_ICMP, 13, 14 },
		{ IPPROTO_ICMP, 15, 16 },     { IPPROTO_ICMP, 17, 18 },
		{ IPPROTO_ICMPV6, 128, 129 }, { IPPROTO_ICMPV6, 139, 140 },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (types[i].proto == proto && types[i].question == question) {
			*ret_answer = types[i].answer;
			return true;
		}
	}
	return false;
}

static void add_answer(struct builder *b, uint32_t chain, const struct policy_match *m)
{
	struct fw_rule r = service_rule(m);

	r.sport_min = r.dport_min;
	r.sport_max = r.dport_max;
	r.dport_min = r.dport_max = 0;
	r.ct_state = FW_CT_ESTABLISHED;
	r.ct_direction = FW_DIR_REPLY;
	r.lookup = FW_LOOKUP_LIVE;
	r.verdict = FW_VERDICT_ACCEPT;
	if ((r.match & FW_MATCH_ICMP_TYPE) == 0 ||
	    icmp_answer(m->proto, m->icmp_type, &r.icmp_type))
		builder_rule(b, chain, r);
}

static void compile_answer(struct builder *b, const struct policy *p,
			   const struct policy_flow *f, uint32_t chain, int64_t now)
{
	struct pairs ps = {
		.b = b,
		.out = &p->zone[f->from],
		.chain = chain,
		.rule = { .ct_state = FW_CT_ESTABLISHED,
			  .ct_direction = FW_DIR_REPLY,
			  .until = end_of(p, f, now),
			  .verdict = FW_VERDICT_JUMP },
	};

	builder_about(b, FW_COMMENT_FLOW, f->id);
	ps.rule.target = builder_chain(b, "answer", f->id);
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++)
			add_answer(b, ps.rule.target, &s->match[k]);
	}
	spread(&ps, p, f, false);
}

static bool has_timed_flow(const struct policy *p, size_t zone)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (p->flow[i].to == zone && when_is_timed(&p->flow[i]))
			return true;
	}
	return false;
}

void compile_flow_answers(struct builder *b, const struct policy *p, size_t zone,
			  uint32_t chain, int64_t now)
{
	if (!has_timed_flow(p, zone)) {
		compile_answers(b, chain);
		return;
	}
	compile_related(b, chain);
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->to == zone && when_is_open(p, f, now))
			compile_answer(b, p, f, chain, now);
	}
}
