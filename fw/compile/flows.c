/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <netinet/in.h>

#include "lib/reason.h"
#include <string.h>

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
		.limit = FW_LOG_LIMIT,
		.log_group = FW_LOG_DENY,
		.log_prefix = FW_LOG_DENY_PREFIX,
	};
	size_t at = sizeof(FW_LOG_OPEN_PREFIX) - 1;

	builder_name(open.log_prefix + at, sizeof(open.log_prefix) - at, f->id);
	at = sizeof(FW_LOG_DENY_PREFIX) - 1;
	builder_name(full.log_prefix + at, sizeof(full.log_prefix) - at,
		     reason_name(REASON_NO_RECORD));
	builder_rule(b, chain,
		     (struct fw_rule){ .ct_state = FW_CT_ESTABLISHED,
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
	struct builder *b;
	const struct policy_zone *from;
	const struct policy_zone *to;
	uint32_t chain;
	uint32_t target;
	size_t count;
};

static void add_pair(struct pairs *ps, const struct prefix *src, const struct prefix *dst)
{
	struct fw_rule r = {
		.match = FW_MATCH_MARK,
		.mark_value = zone_class(ps->from),
		.mark_mask = FW_MARK_CLASS,
		.target = ps->target,
		.verdict = FW_VERDICT_JUMP,
	};

	if (src != NULL && dst != NULL && src->addr.family != dst->addr.family)
		return;
	if (src != NULL)
		builder_saddr(&r, *src);
	if (dst != NULL)
		builder_daddr(&r, *dst);
	for (size_t i = 0; i < ps->to->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), ps->to->interface[i].name);
		builder_rule(ps->b, ps->chain, r);
		ps->count++;
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

static void compile_flow(struct builder *b, const struct policy *p,
			 const struct policy_flow *f, uint32_t chain, struct diags *diags)
{
	struct pairs ps = {
		.b = b,
		.from = &p->zone[f->from],
		.to = &p->zone[f->to],
		.chain = chain,
		.target = compile_services(b, p, f),
	};
	const struct policy_prefixes *src, *dst;

	for (size_t i = 0;
	     (src = side(p, f->from, f->source, f->source_count, i)) != NULL; i++) {
		for (size_t k = 0; (dst = side(p, f->to, f->destination,
					       f->destination_count, k)) != NULL;
		     k++)
			add_pairs(&ps, src, dst);
	}
	if (ps.count == 0)
		diag_add(diags, f->at,
			 "flow '%s' can match nothing: its source and destination have "
			 "no address family (IPv4 or IPv6) in common",
			 f->id);
}

void compile_flows(struct builder *b, const struct policy *p, size_t zone, uint32_t chain,
		   struct diags *diags)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (p->flow[i].from == zone)
			compile_flow(b, p, &p->flow[i], chain, diags);
	}
}
