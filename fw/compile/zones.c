/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <netinet/icmp6.h>
#include <string.h>

static const struct prefix unset4 = { .addr.family = 4, .len = 32 };
static const struct prefix unset6 = { .addr.family = 6, .len = 128 };
static const struct prefix link_local = {
	.addr = { .family = 6, .bytes = { 0xfe, 0x80 } },
	.len = 10,
};

static void add_from(struct builder *b, uint32_t chain, struct fw_rule r, struct prefix p)
{
	builder_saddr(&r, p);
	builder_rule(b, chain, r);
}

/* Addresses that a device may hold besides those of its network, for ND only. */
static void compile_link_local(struct builder *b, uint32_t chain)
{
	struct fw_rule deny = { .target = b->deny, .verdict = FW_VERDICT_GOTO };
	struct fw_rule solicit =
		builder_icmp6(ND_NEIGHBOR_SOLICIT, 255, FW_VERDICT_RETURN);
	struct fw_rule advert = builder_icmp6(ND_NEIGHBOR_ADVERT, 255, FW_VERDICT_RETURN);

	add_from(b, chain, solicit, link_local);
	add_from(b, chain, advert, link_local);
	add_from(b, chain, solicit, unset6);
	add_from(b, chain, deny, link_local);
	add_from(b, chain, deny, unset6);
	add_from(b, chain, deny, unset4);
}

/* The source address: of the zone's networks, or (internet) of nobody else's. */
static void compile_sources(struct builder *b, const struct policy *p, size_t zone,
			    uint32_t chain)
{
	const struct policy_prefixes *own = &p->zone[zone].networks;
	struct fw_rule good = { .verdict = FW_VERDICT_RETURN };
	struct fw_rule bad = { .target = b->spoofed, .verdict = FW_VERDICT_GOTO };

	for (size_t i = 0; i < own->count; i++)
		add_from(b, chain, good, own->item[i]);
	if (own->count != 0) {
		compile_link_local(b, chain);
		builder_goto(b, chain, b->spoofed);
		return;
	}
	for (size_t z = 0; z < p->zone_count; z++) {
		const struct policy_prefixes *other = &p->zone[z].networks;

		for (size_t i = 0; i < other->count; i++)
			add_from(b, chain, bad, other->item[i]);
	}
}

static struct fw_rule without_mark(uint32_t target, enum fw_verdict verdict)
{
	return (struct fw_rule){ .match = FW_MATCH_MARK,
				 .mark_mask = UINT32_MAX,
				 .target = target,
				 .verdict = (uint8_t)verdict };
}

/* Mark what has a permit: behind a VPN an address alone tells whose a packet is. */
static void look_up(struct builder *b, const struct policy_zone *z, uint32_t chain)
{
	struct fw_rule peer = { .set_mark = FW_SET_META_PEER };

	if (z->kind != POLICY_ZONE_VPN) {
		builder_rule(b, chain,
			     (struct fw_rule){ .set_mark = FW_SET_META_PERMIT });
		return;
	}
	for (peer.family = 4; peer.family <= 6; peer.family += 2)
		builder_rule(b, chain, peer);
}

/* The same, and what is bound to an address. */
static void look_up_all(struct builder *b, const struct policy_zone *z, uint32_t chain)
{
	look_up(b, z, chain);
	if (z->kind != POLICY_ZONE_VPN)
		builder_rule(b, chain, without_mark(b->bound, FW_VERDICT_JUMP));
}

void compile_mark(struct builder *b, const struct policy_zone *z, uint32_t chain)
{
	if (z->admission == POLICY_ADMISSION_ENFORCE) {
		look_up_all(b, z, chain);
	} else {
		builder_rule(b, chain,
			     (struct fw_rule){ .set_mark = FW_SET_META_CONST,
					       .new_mark = FW_MARK_ZONE });
	}
}

static void add_bound_neighbour(struct builder *b, uint32_t chain, uint8_t type,
				struct prefix from)
{
	struct fw_rule r = builder_icmp6(type, 255, FW_VERDICT_NONE);

	r.set_mark = FW_SET_META_BOUND;
	add_from(b, chain, r, from);
}

/*
 * An IPv6 device needs its link-local address to be found by its neighbours, whatever
 * address it is bound to; nothing else of it passes with that.
 */
uint32_t compile_bound(struct builder *b)
{
	uint32_t chain = builder_chain(b, "bound", "");

	builder_about(b, FW_COMMENT_SYSTEM, "bound");
	for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2))
		builder_rule(b, chain,
			     (struct fw_rule){ .family = family,
					       .set_mark = FW_SET_META_ADDRESS });
	add_bound_neighbour(b, chain, ND_NEIGHBOR_SOLICIT, link_local);
	add_bound_neighbour(b, chain, ND_NEIGHBOR_ADVERT, link_local);
	add_bound_neighbour(b, chain, ND_NEIGHBOR_SOLICIT, unset6);
	return chain;
}

/*
 * Where everybody may speak: not those in quarantine, and where devices are to be
 * detected, connections without a permit are recorded. The mark is the zone's after all.
 */
static void compile_open(struct builder *b, const struct policy_zone *z, uint32_t chain)
{
	struct fw_rule isolated = { .lookup = FW_LOOKUP_QUARANTINE,
				    .target = b->quarantined,
				    .verdict = FW_VERDICT_GOTO };
	struct fw_rule seen = without_mark(b->detected, FW_VERDICT_JUMP);

	builder_rule(b, chain, isolated);
	if (z->admission == POLICY_ADMISSION_DETECT) {
		look_up_all(b, z, chain);
		seen.ct_state = FW_CT_NEW;
		builder_rule(b, chain, seen);
	}
	compile_mark(b, z, chain);
}

/*
 * Those without a permit for the card alone. A card in quarantine has no element in any
 * map, so that only these are asked. Returns when the address has one.
 */
uint32_t compile_unknown(struct builder *b)
{
	uint32_t chain = builder_chain(b, "unknown", "");
	struct fw_rule isolated = without_mark(b->quarantined, FW_VERDICT_GOTO);

	builder_about(b, FW_COMMENT_SYSTEM, "unknown");
	builder_rule(b, chain,
		     (struct fw_rule){ .target = b->bound, .verdict = FW_VERDICT_JUMP });
	isolated.lookup = FW_LOOKUP_QUARANTINE;
	builder_rule(b, chain, isolated);
	builder_rule(b, chain, without_mark(b->stranger, FW_VERDICT_GOTO));
	return chain;
}

/* Mark the packet, whatever it was marked with; who may not speak ends here. */
static void add_marks(struct builder *b, const struct policy_zone *z, uint32_t chain)
{
	if (z->admission != POLICY_ADMISSION_OFF)
		builder_rule(b, chain, (struct fw_rule){ .set_mark = FW_SET_META_CONST });
	if (z->admission != POLICY_ADMISSION_ENFORCE) {
		compile_open(b, z, chain);
		return;
	}
	look_up(b, z, chain);
	if (z->kind == POLICY_ZONE_VPN)
		builder_rule(b, chain, without_mark(b->stranger, FW_VERDICT_GOTO));
	else
		builder_rule(b, chain, without_mark(b->unknown, FW_VERDICT_JUMP));
}

/* Returns to where it was called from, unless the packet lies about its address. */
static uint32_t compile_from(struct builder *b, const struct policy *p, size_t zone)
{
	const struct policy_zone *z = &p->zone[zone];
	uint32_t chain = builder_chain(b, "from", z->name);

	builder_about(b, FW_COMMENT_SYSTEM "from-", z->name);
	compile_sources(b, p, zone, chain);
	return chain;
}

struct checks { /* chains that a zone's packets go through; limits 0: none */
	uint32_t from, limits;
};

static void add_checks(struct builder *b, uint32_t chain, struct checks checks)
{
	struct fw_rule r = { .target = checks.from, .verdict = FW_VERDICT_JUMP };

	builder_rule(b, chain, r);
	r.ct_state = FW_CT_NEW;
	r.target = b->way_back;
	builder_rule(b, chain, r);
	r.target = checks.limits;
	if (checks.limits != 0)
		builder_rule(b, chain, r);
}

static uint32_t compile_input(struct builder *b, const struct policy *p, size_t zone,
			      uint32_t local, struct checks checks)
{
	const struct policy_zone *z = &p->zone[zone];
	uint32_t chain = builder_chain(b, "input", z->name);

	builder_about(b, FW_COMMENT_SYSTEM "input-", z->name);
	add_marks(b, z, chain);
	add_checks(b, chain, checks);
	compile_answers(b, chain);
	builder_rule(b, chain,
		     builder_icmp6(ND_NEIGHBOR_SOLICIT, 255, FW_VERDICT_ACCEPT));
	builder_rule(b, chain, builder_icmp6(ND_NEIGHBOR_ADVERT, 255, FW_VERDICT_ACCEPT));
	compile_listeners(b, p, zone, chain, local);
	builder_goto(b, chain, b->deny);
	return chain;
}

void compile_zone(struct builder *b, const struct policy *p, size_t zone, uint32_t local,
		  int64_t now, struct diags *diags)
{
	const struct policy_zone *z = &p->zone[zone];
	struct checks checks = { .from = compile_from(b, p, zone),
				 .limits = compile_limits(b, p, zone) };
	uint32_t input = compile_input(b, p, zone, local, checks);
	uint32_t forward = builder_chain(b, "forward", z->name);

	builder_about(b, FW_COMMENT_SYSTEM "forward-", z->name);
	add_marks(b, z, forward);
	compile_going(b, p, zone, forward, now);
	add_checks(b, forward, checks);
	compile_flow_answers(b, p, zone, forward, now);
	compile_flows(b, p, zone, forward, now, diags);
	builder_about(b, FW_COMMENT_SYSTEM "forward-", z->name);
	builder_goto(b, forward, b->deny);
	builder_about(b, FW_COMMENT_SYSTEM "zone-", z->name);
	for (size_t i = 0; i < z->interface_count; i++) {
		const char *name = z->interface[i].name;

		builder_iif(b, FW_CHAIN_INPUT, name, input, FW_VERDICT_GOTO);
		builder_iif(b, FW_CHAIN_FORWARD, name, forward, FW_VERDICT_GOTO);
	}
}
