/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transparent zones. The redirection decides nothing: what it leads to the proxy's
 * port goes through the input chain like what came there by itself, and what it
 * leaves alone goes on as before. It asks for the permit all the same, so that a
 * device without one stays refused for the address that it named. The chain sees
 * the first packet of a connection only; input and forward clear the mark again.
 */
#include "fw/compile/parts.h"

#include <netinet/in.h>

static const uint16_t web_ports[] = { 80, 443 };

/* What stays as it is: for this machine itself, and for the site's networks. */
static void compile_exceptions(struct builder *b, const struct policy *p, uint32_t chain)
{
	builder_rule(b, chain,
		     (struct fw_rule){ .match = FW_MATCH_LOCAL,
				       .verdict = FW_VERDICT_RETURN });
	for (size_t z = 0; z < p->zone_count; z++) {
		const struct policy_prefixes *nets = &p->zone[z].networks;

		for (size_t i = 0; z != p->proxy.via && i < nets->count; i++) {
			struct fw_rule r = { .verdict = FW_VERDICT_RETURN };

			builder_daddr(&r, nets->item[i]);
			builder_rule(b, chain, r);
		}
	}
}

static void compile_class(struct builder *b, uint32_t chain, uint16_t to, uint32_t class,
			  uint32_t mask)
{
	for (size_t i = 0; i < ARRAY_LEN(web_ports); i++)
		builder_rule(b, chain,
			     (struct fw_rule){ .l4proto = IPPROTO_TCP,
					       .dport_min = web_ports[i],
					       .dport_max = web_ports[i],
					       .match = FW_MATCH_MARK,
					       .mark_value = class,
					       .mark_mask = mask,
					       .target = to,
					       .verdict = FW_VERDICT_REDIRECT });
}

static void compile_redirect(struct builder *b, const struct policy *p, size_t zone)
{
	const struct policy_zone *z = &p->zone[zone];
	uint32_t chain = builder_chain(b, "redirect", z->name);

	builder_about(b, FW_COMMENT_SYSTEM "redirect-", z->name);
	compile_mark(b, z, chain);
	compile_exceptions(b, p, chain);
	compile_class(b, chain, p->proxy.port, zone_class(z), FW_MARK_CLASS);
	if (z->admission == POLICY_ADMISSION_ENFORCE)
		compile_class(b, chain, p->proxy.port, REVISION_MARK_RESTRICTED,
			      FW_MARK_LESSER);
	for (size_t i = 0; i < z->interface_count; i++)
		builder_iif(b, FW_CHAIN_PREROUTING, z->interface[i].name, chain,
			    FW_VERDICT_GOTO);
}

void compile_redirects(struct builder *b, const struct policy *p)
{
	const struct policy_proxy *x = &p->proxy;

	if (x->transparent_count == 0)
		return;
	builder_about(b, FW_COMMENT_SYSTEM, "base");
	builder_rule(b, FW_CHAIN_PREROUTING,
		     (struct fw_rule){ .set_mark = FW_SET_META_CONST });
	for (size_t i = 0; i < x->transparent_count; i++)
		compile_redirect(b, p, x->transparent[i]);
}
