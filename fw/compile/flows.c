/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <netinet/in.h>
#include <string.h>

#include "fw/compile/spread.h"
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

struct fw_rule compile_service(const struct policy_match *m)
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
			struct fw_rule r = compile_service(&s->match[k]);

			r.target = open;
			r.counter = FW_COUNTER_FLOW;
			r.verdict = FW_VERDICT_GOTO;
			builder_rule(b, chain, r);
		}
	}
	return chain;
}

int64_t compile_flow_end(const struct policy *p, const struct policy_flow *f, int64_t now)
{
	int64_t end = when_end(p, f, now);

	return end < FW_TIME_MAX ? end : 0;
}

/* The flow's rules again, for permits that name it. */
static void compile_limited(const struct spread *of, uint32_t chain)
{
	struct spread s = *of;

	s.chain = chain;
	s.rule.match = s.rule.mark_value = s.rule.mark_mask = 0;
	s.rule.lookup = FW_LOOKUP_LIMITED;
	s.rule.flow = (uint16_t)(s.f - s.p->flow);
	spread_flow(&s, true);
}

/* limited: the chain of devices that are limited to flows, 0: there is none. */
static void compile_flow(struct builder *b, const struct policy *p,
			 const struct policy_flow *f, uint32_t chain, uint32_t limited,
			 int64_t now, struct diags *diags)
{
	bool open = when_is_open(p, f, now);
	struct spread s = {
		.b = b,
		.p = p,
		.f = f,
		.put = open ? spread_rules : NULL,
		.out = &p->zone[f->to],
		.chain = chain,
		.rule = { .match = FW_MATCH_MARK,
			  .mark_value = zone_class(&p->zone[f->from]),
			  .mark_mask = FW_MARK_CLASS,
			  .until = open ? compile_flow_end(p, f, now) : 0,
			  .verdict = FW_VERDICT_JUMP },
	};

	builder_about(b, FW_COMMENT_FLOW, f->id);
	if (open)
		s.rule.target = compile_services(b, p, f);
	spread_flow(&s, true);
	if (open && b->limited[f - p->flow])
		compile_limited(&s, limited);
	if (s.count == 0)
		diag_add(diags, f->at,
			 "flow '%s' can match nothing: its source and destination have "
			 "no address family (IPv4 or IPv6) in common",
			 f->id);
}

static struct fw_rule of_limited(void)
{
	return (struct fw_rule){ .match = FW_MATCH_MARK,
				 .mark_value = REVISION_MARK_LIMITED,
				 .mark_mask = FW_MARK_CLASS };
}

/* Leads from the zone's forward chain to a new one, which is returned; or 0. */
static uint32_t lead_limited(struct builder *b, const struct policy *p, size_t zone,
			     uint32_t forward)
{
	struct fw_rule r = of_limited();
	size_t i = 0;

	while (i < p->flow_count && !(b->limited[i] && p->flow[i].from == zone))
		i++;
	if (i == p->flow_count)
		return 0;
	builder_about(b, FW_COMMENT_SYSTEM "limited-", p->zone[zone].name);
	r.target = builder_chain(b, "limited", p->zone[zone].name);
	r.verdict = FW_VERDICT_GOTO;
	builder_rule(b, forward, r);
	return r.target;
}

void compile_flows(struct builder *b, const struct policy *p, size_t zone, uint32_t chain,
		   int64_t now, struct diags *diags)
{
	uint32_t limited = lead_limited(b, p, zone, chain);

	for (size_t i = 0; i < p->flow_count; i++) {
		if (p->flow[i].from == zone)
			compile_flow(b, p, &p->flow[i], chain, limited, now, diags);
	}
	builder_about(b, FW_COMMENT_SYSTEM "limited-", p->zone[zone].name);
	if (limited != 0)
		builder_goto(b, limited, b->deny);
}

/*
 * Which packets are the flow's. Without networks of its own its zone (internet) is known
 * by the interfaces alone: the mark is that of other zones too.
 */
static void spread_from(struct spread *s)
{
	const struct policy_zone *from = &s->p->zone[s->f->from];
	size_t count = from->networks.count != 0 ? 1 : from->interface_count;

	for (size_t i = 0; i < count; i++) {
		if (from->networks.count == 0)
			builder_name(s->rule.iifname, sizeof(s->rule.iifname),
				     from->interface[i].name);
		spread_flow(s, true);
	}
}

void compile_masquerade(struct builder *b, const struct policy *p,
			const struct policy_flow *f)
{
	uint32_t chain = builder_chain(b, "nat", f->id);
	struct spread s = {
		.b = b,
		.p = p,
		.f = f,
		.put = spread_rules,
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
		const struct policy_service *of = &p->service[f->service[i]];

		for (size_t k = 0; k < of->match_count; k++) {
			struct fw_rule r = compile_service(&of->match[k]);

			r.verdict = FW_VERDICT_MASQUERADE;
			builder_rule(b, chain, r);
		}
	}
	spread_from(&s);
	s.rule.mark_value = REVISION_MARK_LIMITED;
	if (b->limited[f - p->flow])
		spread_from(&s);
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
	struct fw_rule r = compile_service(m);

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
	struct spread s = {
		.b = b,
		.p = p,
		.f = f,
		.put = spread_rules,
		.out = &p->zone[f->from],
		.chain = chain,
		.rule = { .ct_state = FW_CT_ESTABLISHED,
			  .ct_direction = FW_DIR_REPLY,
			  .until = compile_flow_end(p, f, now),
			  .verdict = FW_VERDICT_JUMP },
	};

	builder_about(b, FW_COMMENT_FLOW, f->id);
	s.rule.target = builder_chain(b, "answer", f->id);
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *of = &p->service[f->service[i]];

		for (size_t k = 0; k < of->match_count; k++)
			add_answer(b, s.rule.target, &of->match[k]);
	}
	spread_flow(&s, false);
}

bool compile_has_timed_flow(const struct policy *p, size_t zone)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (p->flow[i].to == zone && when_is_timed(&p->flow[i]))
			return true;
	}
	return false;
}

/* Does a flow join the two zones, in whichever direction? */
static bool are_joined(const struct policy *p, size_t a, size_t b)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if ((f->from == a && f->to == b) || (f->from == b && f->to == a))
			return true;
	}
	return false;
}

/*
 * Errors about connections, to zones that the zone can have any with: the kernel asks
 * whose connection an error is about, and not whether its sender has to do with it.
 */
static void compile_errors(struct builder *b, const struct policy *p, size_t zone,
			   uint32_t chain)
{
	for (size_t to = 0; to < p->zone_count; to++) {
		if (!are_joined(p, zone, to))
			continue;
		for (size_t i = 0; i < p->zone[to].interface_count; i++)
			compile_related(b, chain, p->zone[to].interface[i].name);
	}
}

void compile_flow_answers(struct builder *b, const struct policy *p, size_t zone,
			  uint32_t chain, int64_t now)
{
	compile_errors(b, p, zone, chain);
	if (compile_has_short_replies(p, zone))
		return;
	if (!compile_has_timed_flow(p, zone)) {
		compile_established(b, chain);
		return;
	}
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->to == zone && when_is_open(p, f, now))
			compile_answer(b, p, f, chain, now);
	}
}
