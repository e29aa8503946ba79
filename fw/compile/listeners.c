/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a zone's devices may ask of this machine itself. */
#include <netinet/in.h>

#include "fw/compile/parts.h"

static struct fw_rule listener(uint32_t local, uint8_t proto, uint16_t port,
			       uint32_t class, uint32_t mask)
{
	return (struct fw_rule){ .l4proto = proto,
				 .dport_min = port,
				 .dport_max = port,
				 .match = FW_MATCH_MARK,
				 .mark_value = class,
				 .mark_mask = mask,
				 .target = local,
				 .verdict = FW_VERDICT_GOTO };
}

static void add_from(struct builder *b, uint32_t chain, struct fw_rule r, struct addr a)
{
	uint8_t len = a.family == 4 ? 32 : 128;

	builder_saddr(&r, (struct prefix){ .addr = a, .len = len });
	builder_rule(b, chain, r);
}

/* Switches and access points that ask about a device; they need a permit themselves. */
static void add_radius(struct builder *b, const struct policy *p, size_t zone,
		       uint32_t chain, uint32_t local)
{
	const struct policy_switches *s = &p->gateway.radius;
	struct fw_rule r = listener(local, IPPROTO_UDP, POLICY_RADIUS_PORT,
				    zone_class(&p->zone[zone]), FW_MARK_CLASS);

	for (size_t i = 0; i < s->count; i++) {
		if (policy_prefixes_hold(&p->zone[zone].networks, s->item[i]))
			add_from(b, chain, r, s->item[i]);
	}
}

/*
 * The VPN's far ends, which have to begin: what this machine itself sends there comes from
 * a socket of the kernel's, so that no account could be let out for it.
 */
static void add_vpn(struct builder *b, const struct policy *p, size_t zone,
		    uint32_t chain, uint32_t local)
{
	const struct policy_vpn *v = &p->gateway.vpn;
	struct fw_rule r = listener(local, IPPROTO_UDP, v->port,
				    zone_class(&p->zone[zone]), FW_MARK_CLASS);

	if (!v->present || v->from != zone)
		return;
	for (size_t i = 0; i < v->peer_count; i++)
		add_from(b, chain, r, v->peer[i]);
	if (v->peer_count == 0)
		builder_rule(b, chain, r);
}

void compile_listeners(struct builder *b, const struct policy *p, size_t zone,
		       uint32_t chain, uint32_t local)
{
	const struct policy_zone *z = &p->zone[zone];
	const struct policy_proxy *x = &p->proxy;
	const struct policy_management *m = &p->management;

	if (policy_serves(p, zone)) {
		builder_rule(b, chain,
			     listener(local, IPPROTO_TCP, x->port, zone_class(z),
				      FW_MARK_CLASS));
		if (z->admission == POLICY_ADMISSION_ENFORCE)
			builder_rule(b, chain,
				     listener(local, IPPROTO_TCP, x->port,
					      REVISION_MARK_RESTRICTED, FW_MARK_LESSER));
	}
	if (policy_manages(p, zone)) {
		builder_rule(b, chain,
			     listener(local, IPPROTO_TCP, m->port, zone_class(z),
				      FW_MARK_CLASS));
		if (m->ssh != 0)
			builder_rule(b, chain,
				     listener(local, IPPROTO_TCP, m->ssh, zone_class(z),
					      FW_MARK_CLASS));
	}
	add_radius(b, p, zone, chain, local);
	add_vpn(b, p, zone, chain, local);
}
