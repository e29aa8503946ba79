/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "lib/mem.h"

#define MLD2_REPORT 143

/* A new connection of the proxy. */
static struct fw_rule proxy_rule(const struct inventory *inv, uint8_t proto,
				 uint16_t port)
{
	return (struct fw_rule){ .match = FW_MATCH_SKUID,
				 .l4proto = proto,
				 .dport_min = port,
				 .dport_max = port,
				 .ct_state = FW_CT_NEW,
				 .skuid = inv->uid_proxy,
				 .set_mark = FW_SET_CT_CONST,
				 .new_mark = FW_MARK_PROXY,
				 .verdict = FW_VERDICT_ACCEPT };
}

static void compile_proxy_port(struct builder *b, const struct policy_zone *via,
			       const struct inventory *inv, uint16_t port)
{
	struct fw_rule r = proxy_rule(inv, IPPROTO_TCP, port);

	for (size_t i = 0; i < via->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), via->interface[i].name);
		builder_rule(b, FW_CHAIN_OUTPUT, r);
	}
}

static void compile_proxy(struct builder *b, const struct revision *rev,
			  const struct inventory *inv, bool *ports)
{
	const struct policy_proxy *x = &rev->policy->proxy;
	const struct policy_zone *via = &rev->policy->zone[x->via];

	ports[80] = ports[443] = true;
	for (size_t i = 0; i < rev->allow.port_count; i++)
		ports[rev->allow.port[i]] = true;
	for (uint32_t port = 1; port <= UINT16_MAX; port++) {
		if (ports[port])
			compile_proxy_port(b, via, inv, (uint16_t)port);
	}
	for (size_t i = 0; i < x->resolver_count; i++) {
		compile_to_server(b, rev->policy, proxy_rule(inv, IPPROTO_UDP, 53),
				  x->resolver[i]);
		compile_to_server(b, rev->policy, proxy_rule(inv, IPPROTO_TCP, 53),
				  x->resolver[i]);
	}
}

/* What this machine itself must say on a network for IPv6 to work there. */
static void compile_neighbours(struct builder *b, const char *interface)
{
	struct fw_rule rules[] = {
		builder_icmp6(ND_NEIGHBOR_SOLICIT, 255, FW_VERDICT_ACCEPT),
		builder_icmp6(ND_NEIGHBOR_ADVERT, 255, FW_VERDICT_ACCEPT),
		builder_icmp6(MLD2_REPORT, 1, FW_VERDICT_ACCEPT),
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		builder_name(rules[i].oifname, sizeof(rules[i].oifname), interface);
		builder_rule(b, FW_CHAIN_OUTPUT, rules[i]);
	}
}

int compile_output(struct builder *b, const struct revision *rev,
		   const struct inventory *inv, struct diags *diags)
{
	CLEANUP(free_p) bool *ports = calloc(UINT16_MAX + 1, sizeof(*ports));
	const struct policy *p = rev->policy;

	if (ports == NULL)
		return -ENOMEM;
	builder_about(b, FW_COMMENT_SYSTEM, "output");
	builder_rule(b, FW_CHAIN_OUTPUT,
		     (struct fw_rule){ .oifname = "lo", .verdict = FW_VERDICT_ACCEPT });
	compile_answers(b, FW_CHAIN_OUTPUT);
	builder_rule(b, FW_CHAIN_OUTPUT,
		     (struct fw_rule){ .match = FW_MATCH_CT_MARK,
				       .ct_mark = FW_MARK_PROXY,
				       .ct_state = FW_CT_ESTABLISHED,
				       .ct_direction = FW_DIR_ORIGINAL,
				       .verdict = FW_VERDICT_ACCEPT });
	builder_about(b, FW_COMMENT_SYSTEM, "neighbours");
	for (size_t z = 0; z < p->zone_count; z++) {
		for (size_t i = 0; i < p->zone[z].interface_count; i++)
			compile_neighbours(b, p->zone[z].interface[i].name);
	}
	builder_about(b, FW_COMMENT_SYSTEM, "proxy");
	if (p->proxy.present)
		compile_proxy(b, rev, inv, ports);
	compile_gateway(b, p, inv, diags);
	builder_about(b, FW_COMMENT_SYSTEM, "output");
	builder_goto(b, FW_CHAIN_OUTPUT, b->deny);
	return 0;
}
