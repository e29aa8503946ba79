/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses are changed where a flow says so. Neither way decides anything: what is
 * led to a published server, and what leaves under the gateway's address, has to pass
 * the flow's rules in the forward chain like everything else.
 */
#include <string.h>

#include "fw/compile/parts.h"

static void publish_port(struct builder *b, uint32_t chain, struct addr at,
			 struct addr server, const struct policy_match *m)
{
	struct fw_rule r = { .l4proto = m->proto,
			     .dport_min = m->port_min,
			     .dport_max = m->port_max,
			     .verdict = FW_VERDICT_DNAT };
	uint8_t len = at.family == 4 ? 32 : 128;

	builder_daddr(&r, (struct prefix){ .addr = at, .len = len });
	memcpy(r.nat, server.bytes, sizeof(r.nat));
	builder_rule(b, chain, r);
}

/* The flow's one destination of that family, which the policy's reader has made sure of. */
static bool find_server(const struct policy *p, const struct policy_flow *f,
			uint8_t family, struct addr *ret_server)
{
	for (size_t i = 0; i < f->destination_count; i++) {
		const struct policy_prefixes *nets =
			&p->group[f->destination[i]].networks;

		for (size_t k = 0; k < nets->count; k++) {
			if (nets->item[k].addr.family != family)
				continue;
			*ret_server = nets->item[k].addr;
			return true;
		}
	}
	return false;
}

static void publish_address(struct builder *b, const struct policy *p,
			    const struct policy_flow *f, uint32_t chain, struct addr at)
{
	struct addr server;

	if (!find_server(p, f, at.family, &server))
		return;
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++)
			publish_port(b, chain, at, server, &s->match[k]);
	}
}

static void compile_publish(struct builder *b, const struct policy *p,
			    const struct policy_flow *f)
{
	const struct policy_zone *from = &p->zone[f->from];
	uint32_t chain = builder_chain(b, "publish", f->id);

	builder_about(b, FW_COMMENT_FLOW, f->id);
	for (size_t i = 0; i < f->publish_count; i++)
		publish_address(b, p, f, chain, f->publish[i]);
	for (size_t i = 0; i < from->interface_count; i++)
		builder_iif(b, FW_CHAIN_PREROUTING, from->interface[i].name, chain,
			    FW_VERDICT_JUMP);
}

void compile_nat(struct builder *b, const struct policy *p, int64_t now)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (!when_is_open(p, f, now))
			continue;
		if (f->publish_count != 0)
			compile_publish(b, p, f);
		if (f->masquerade)
			compile_masquerade(b, p, f);
	}
}
