/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this machine's own accounts may open. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/in.h>

#include "fw/verify/expect_cubes.h"
#include "fw/verify/expect_parts.h"
#include "fw/verify/num.h"

/* A connection of an account of this machine, out by one zone. */
static void add_opening(struct work *w, struct expect *x, uint32_t zone, uint32_t uid,
			uint8_t proto, uint16_t port, const struct addr *server,
			const char *what)
{
	struct cube c = expect_first_packet(NF_INET_LOCAL_OUT);

	cube_set(&c, FIELD_PROTO, proto, proto);
	cube_set(&c, FIELD_DPORT, port, port);
	cube_set(&c, FIELD_SKUID, uid, uid);
	if (server != NULL) {
		cube_set(&c, FIELD_FAMILY, server->family, server->family);
		c.r[FIELD_DADDR].min = c.r[FIELD_DADDR].max = num_of_addr(*server);
	}
	c.to = zone;
	c.flow = what;
	for (size_t i = 0; i < x->rev->policy->zone[zone].interface_count; i++) {
		uint32_t out = x->interface[zone][i];

		cube_set(&c, FIELD_OIF, out, out);
		expect_add_both(w, x, c);
	}
}

static void add_target(struct work *w, struct expect *x, const struct policy_target *t,
		       uint32_t uid, const char *what)
{
	for (size_t i = 0; t->present && uid != UID_NONE && i < t->server_count; i++)
		add_opening(w, x, expect_zone_of(x, t->server[i]), uid, t->proto, t->port,
			    &t->server[i], what);
}

void expect_add_gateway(struct work *w, struct expect *x)
{
	const struct policy *p = x->rev->policy;
	const struct policy_proxy *px = &p->proxy;
	const struct revision_allow *a = &x->rev->allow;
	uint32_t uid = x->facts.uid_proxy;

	add_target(w, x, &p->gateway.ntp, x->facts.uid_clock, "ntp");
	add_target(w, x, &p->gateway.syslog, x->facts.uid_management, "syslog");
	add_target(w, x, &p->gateway.mail, x->facts.uid_management, "mail");
	if (!px->present)
		return;
	add_opening(w, x, (uint32_t)px->via, uid, IPPROTO_TCP, 80, NULL, "proxy");
	add_opening(w, x, (uint32_t)px->via, uid, IPPROTO_TCP, 443, NULL, "proxy");
	for (size_t i = 0; i < a->port_count; i++) {
		if (a->port[i] != 80 && a->port[i] != 443)
			add_opening(w, x, (uint32_t)px->via, uid, IPPROTO_TCP, a->port[i],
				    NULL, "proxy");
	}
	for (size_t i = 0; i < px->resolver_count; i++) {
		const struct addr *r = &px->resolver[i];
		uint32_t zone = expect_zone_of(x, *r);

		add_opening(w, x, zone, uid, IPPROTO_UDP, 53, r, "resolver");
		add_opening(w, x, zone, uid, IPPROTO_TCP, 53, r, "resolver");
	}
}
