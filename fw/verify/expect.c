/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/expect.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "fw/verify/expect_cubes.h"
#include "fw/verify/expect_parts.h"
#include "fw/verify/num.h"
#include "lib/policy/when.h"

#define RADIUS_PORT 1812
#define MLD2_REPORT 143

static struct cube neighbour(uint32_t hook, uint8_t type, uint8_t hops)
{
	struct cube c = cube_any(hook);

	cube_set(&c, FIELD_FAMILY, 6, 6);
	cube_set(&c, FIELD_PROTO, IPPROTO_ICMPV6, IPPROTO_ICMPV6);
	cube_set(&c, FIELD_ICMP_TYPE, type, type);
	cube_set(&c, FIELD_HOPLIMIT, hops, hops);
	c.flow = "neighbours";
	return c;
}

static void add_neighbour_out(struct work *w, struct expect *x, uint32_t zone,
			      uint32_t interface, uint8_t type, uint8_t hops)
{
	struct cube c = neighbour(NF_INET_LOCAL_OUT, type, hops);

	c.to = zone;
	cube_set(&c, FIELD_OIF, interface, interface);
	expect_add(w, x, &c);
	cube_set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	c.sure = true;
	expect_add(w, x, &c);
}

/* With an address of the zone: behind a VPN there is no other. */
static void add_neighbours_known(struct work *w, struct expect *x, struct cube c,
				 uint32_t zone)
{
	cube_set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	expect_spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
}

static void add_neighbour_in(struct work *w, struct expect *x, uint32_t zone,
			     uint32_t interface, uint8_t type)
{
	struct cube c = neighbour(NF_INET_LOCAL_IN, type, 255);
	struct ranges local = { 0 }, unset = { 0 };

	expect_link_local(w, &local, &unset);
	c.who = expect_who(x, zone, WHO_ADMITTED);
	c.from = zone;
	cube_set(&c, FIELD_IIF, interface, interface);
	expect_spread(w, x, c, FIELD_SADDR, &x->sources[zone].may, false);
	if (x->rev->policy->zone[zone].kind == POLICY_ZONE_VPN &&
	    expect_admits(x, zone)) {
		add_neighbours_known(w, x, c, zone);
		return;
	}
	c.unbound = true;
	expect_spread(w, x, c, FIELD_SADDR, &local, false);
	if (type == ND_NEIGHBOR_SOLICIT)
		expect_spread(w, x, c, FIELD_SADDR, &unset, false);
	cube_set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	expect_spread(w, x, c, FIELD_SADDR, &local, true);
	c.unbound = false;
	expect_spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
}

/* Neighbour discovery, which the kernel does not track. */
static void add_neighbours(struct work *w, struct expect *x, uint32_t zone,
			   uint32_t interface)
{
	add_neighbour_out(w, x, zone, interface, ND_NEIGHBOR_SOLICIT, 255);
	add_neighbour_out(w, x, zone, interface, ND_NEIGHBOR_ADVERT, 255);
	add_neighbour_out(w, x, zone, interface, MLD2_REPORT, 1);
	add_neighbour_in(w, x, zone, interface, ND_NEIGHBOR_SOLICIT);
	add_neighbour_in(w, x, zone, interface, ND_NEIGHBOR_ADVERT);
}

static bool has(const size_t *list, size_t count, uint32_t zone)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == zone)
			return true;
	}
	return false;
}

static void add_local_port(struct work *w, struct expect *x, uint32_t zone,
			   uint32_t interface, uint16_t port, enum cube_who who,
			   const char *what)
{
	struct cube c = expect_first_packet(NF_INET_LOCAL_IN);

	cube_set(&c, FIELD_PROTO, IPPROTO_TCP, IPPROTO_TCP);
	cube_set(&c, FIELD_DPORT, port, port);
	c.who = expect_who(x, zone, who);
	c.flow = what;
	expect_add_from(w, x, c, zone, interface);
}

static void add_one_source(struct work *w, struct expect *x, struct cube c,
			   struct addr source, uint32_t zone, uint32_t interface)
{
	cube_set(&c, FIELD_FAMILY, source.family, source.family);
	cube_set(&c, FIELD_IIF, interface, interface);
	c.r[FIELD_SADDR].min = c.r[FIELD_SADDR].max = num_of_addr(source);
	c.from = zone;
	expect_add_both(w, x, c);
}

/* Switches and access points of the zone, which ask the RADIUS server here. */
static void add_radius(struct work *w, struct expect *x, uint32_t zone,
		       uint32_t interface)
{
	const struct policy_switches *s = &x->rev->policy->gateway.radius;

	for (size_t i = 0; i < s->count; i++) {
		struct addr a = s->item[i];
		struct cube c = expect_first_packet(NF_INET_LOCAL_IN);

		if (expect_zone_of(x, a) != zone)
			continue;
		cube_set(&c, FIELD_PROTO, IPPROTO_UDP, IPPROTO_UDP);
		cube_set(&c, FIELD_DPORT, RADIUS_PORT, RADIUS_PORT);
		c.who = expect_who(x, zone, WHO_FULL);
		c.flow = "radius";
		add_one_source(w, x, c, a, zone, interface);
	}
}

/* The far ends of this machine's VPN. */
static void add_vpn(struct work *w, struct expect *x, uint32_t zone, uint32_t interface)
{
	const struct policy_vpn *v = &x->rev->policy->gateway.vpn;
	struct cube c = expect_first_packet(NF_INET_LOCAL_IN);

	if (!v->present || v->from != zone)
		return;
	cube_set(&c, FIELD_PROTO, IPPROTO_UDP, IPPROTO_UDP);
	cube_set(&c, FIELD_DPORT, v->port, v->port);
	c.who = expect_who(x, zone, WHO_FULL);
	c.flow = "vpn";
	if (v->peer_count == 0)
		expect_add_from(w, x, c, zone, interface);
	for (size_t i = 0; i < v->peer_count; i++)
		add_one_source(w, x, c, v->peer[i], zone, interface);
}

/* A transparent zone's web traffic, unless it is for the site itself. */
static void add_redirect(struct work *w, struct expect *x, uint32_t zone,
			 uint32_t interface)
{
	static const uint16_t ports[] = { 80, 443 };
	struct ranges may = { 0 }, sure = { 0 };

	expect_beyond(w, x, &may, &sure);
	for (size_t i = 0; i < 2; i++) {
		struct cube c = expect_first_packet(NF_INET_PRE_ROUTING);

		cube_set(&c, FIELD_PROTO, IPPROTO_TCP, IPPROTO_TCP);
		cube_set(&c, FIELD_DPORT, ports[i], ports[i]);
		cube_set(&c, FIELD_IIF, interface, interface);
		c.from = zone;
		c.who = expect_who(x, zone, WHO_ADMITTED);
		c.flow = "transparent";
		expect_spread(w, x, c, FIELD_DADDR, &may, false);
		expect_add_pairs(w, x, &c, &x->sources[zone].sure, &sure, true);
	}
}

static void add_interface(struct work *w, struct expect *x, uint32_t zone,
			  uint32_t interface)
{
	const struct policy_proxy *px = &x->rev->policy->proxy;
	const struct policy_management *m = &x->rev->policy->management;

	add_neighbours(w, x, zone, interface);
	if (px->present && has(px->zone, px->zone_count, zone))
		add_local_port(w, x, zone, interface, px->port, WHO_ADMITTED, "proxy");
	if (m->present && has(m->zone, m->zone_count, zone))
		add_local_port(w, x, zone, interface, m->port, WHO_FULL, "management");
	if (m->present && m->ssh != 0 && has(m->zone, m->zone_count, zone))
		add_local_port(w, x, zone, interface, m->ssh, WHO_FULL, "ssh");
	add_radius(w, x, zone, interface);
	add_vpn(w, x, zone, interface);
	if (px->present && has(px->transparent, px->transparent_count, zone))
		add_redirect(w, x, zone, interface);
}

/*
 * The kernel never tracks these messages, so none of them is in a connection: what
 * rules say about such a packet does not matter.
 */
static void add_impossible(struct work *w, struct expect *x)
{
	static const uint32_t hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD,
					  NF_INET_LOCAL_OUT };

	for (size_t i = 0; i < 3; i++) {
		struct cube c = cube_any(hooks[i]);

		cube_set(&c, FIELD_FAMILY, 6, 6);
		cube_set(&c, FIELD_PROTO, IPPROTO_ICMPV6, IPPROTO_ICMPV6);
		cube_set(&c, FIELD_CT_STATE, STATE_NEW, STATE_RELATED);
		cube_set(&c, FIELD_ICMP_TYPE, MLD_LISTENER_QUERY, ND_NEIGHBOR_ADVERT);
		expect_add(w, x, &c);
		cube_set(&c, FIELD_ICMP_TYPE, MLD2_REPORT, MLD2_REPORT);
		expect_add(w, x, &c);
	}
}

/* What the loopback interface carries stays here: anything. */
static void add_loopback(struct work *w, struct expect *x)
{
	struct cube in = cube_any(NF_INET_LOCAL_IN);
	struct cube out = cube_any(NF_INET_LOCAL_OUT);
	uint32_t lo = ifnames_add(w, x->names, "lo");

	cube_set(&in, FIELD_IIF, lo, lo);
	cube_set(&out, FIELD_OIF, lo, lo);
	in.flow = out.flow = "loopback";
	for (int sure = 0; sure < 2; sure++) {
		in.sure = out.sure = sure == 1;
		expect_add(w, x, &in);
		expect_add(w, x, &out);
		cube_set(&in, FIELD_CT_STATE, STATE_NEW, STATE_ESTABLISHED);
		cube_set(&out, FIELD_CT_STATE, STATE_NEW, STATE_ESTABLISHED);
	}
}

int expect_new(struct work *w, const struct revision *rev, const struct facts *facts,
	       struct ifnames *names, struct expect *ret_expect)
{
	struct expect x = { .rev = rev, .facts = *facts, .names = names };
	const struct policy *p = rev->policy;
	bool named[POLICY_FLOWS_MAX];

	expect_machine(w, &x);
	if (w->error < 0)
		return w->error;
	devices_flows(&x.devices, named);
	add_loopback(w, &x);
	add_impossible(w, &x);
	for (uint32_t z = 0; z < p->zone_count; z++) {
		for (size_t i = 0; i < p->zone[z].interface_count; i++)
			add_interface(w, &x, z, x.interface[z][i]);
	}
	for (size_t i = 0; i < p->flow_count && w->error == 0; i++) {
		if (!when_is_open(p, &p->flow[i], facts->now))
			continue;
		expect_add_flow(w, &x, &p->flow[i], WHO_FULL);
		if (named[i] && expect_admits(&x, (uint32_t)p->flow[i].from))
			expect_add_flow(w, &x, &p->flow[i], WHO_LIMITED);
	}
	expect_add_gateway(w, &x);
	if (w->error == 0)
		*ret_expect = x;
	return w->error;
}
