/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/expect.h"

#include <errno.h>
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "fw/verify/expect_parts.h"
#include "fw/verify/num.h"
#include "lib/policy/when.h"

#define RADIUS_PORT 1812
#define MLD2_REPORT 143

struct cube cube_any(uint32_t hook)
{
	struct cube c = { .hook = hook, .from = EXPECT_GATEWAY, .to = EXPECT_GATEWAY };

	for (size_t f = 0; f < FIELD_COUNT; f++)
		c.r[f] = (struct range){ { 0 }, field_max((enum field)f) };
	c.flow = "";
	return c;
}

static void set(struct cube *c, enum field f, uint64_t min, uint64_t max)
{
	c->r[f] = range_of(min, max);
}

/* The first packet of a connection; when it comes again there may be a mark. */
static struct cube first_packet(uint32_t hook)
{
	struct cube c = cube_any(hook);

	set(&c, FIELD_CT_STATE, STATE_NEW, STATE_NEW);
	set(&c, FIELD_CT_DIR, 0, 0);
	if (hook == NF_INET_FORWARD || hook == NF_INET_PRE_ROUTING)
		set(&c, FIELD_LOCAL, 0, 0);
	return c;
}

static void add(struct work *w, struct expect *x, const struct cube *c)
{
	void *p;

	if (x->count == EXPECT_CUBES_MAX)
		w->error = -E2BIG;
	p = work_grow(w, x->cube, sizeof(*x->cube), x->count, &x->room);
	if (p == NULL)
		return;
	x->cube = p;
	x->cube[x->count++] = *c;
}

/* Once as what may be, once as what has to: the kernel itself drops some of it. */
static void add_both(struct work *w, struct expect *x, struct cube c)
{
	c.sure = false;
	add(w, x, &c);
	c.sure = true;
	set(&c, FIELD_RPF, 1, 1);
	set(&c, FIELD_CT_MARK, 0, 0);
	c.r[FIELD_SPORT].min = num_from(1);
	add(w, x, &c);
}

static enum cube_who who_of(const struct expect *x, uint32_t zone, enum cube_who admitted)
{
	return expect_admits(x, zone) ? admitted : WHO_ANY;
}

/* The cube with each address range of the list in a field, in that family. */
static void spread(struct work *w, struct expect *x, struct cube c, enum field f,
		   const struct ranges *list, bool sure)
{
	c.sure = sure;
	if (sure) {
		set(&c, FIELD_RPF, 1, 1);
		set(&c, FIELD_CT_MARK, 0, 0);
		c.r[FIELD_SPORT].min = num_from(1);
		if (c.r[FIELD_HOPLIMIT].min.lo == 0)
			c.r[FIELD_HOPLIMIT].min = num_from(2);
	}
	for (size_t i = 0; i < list->count; i++) {
		struct cube one = c;

		if (!range_has(c.r[FIELD_FAMILY], num_from(list->family[i])))
			continue;
		set(&one, FIELD_FAMILY, list->family[i], list->family[i]);
		one.r[f] = list->item[i];
		add(w, x, &one);
	}
}

/* From a zone: its own source addresses. */
static void add_from(struct work *w, struct expect *x, struct cube c, uint32_t zone,
		     uint32_t interface)
{
	c.from = zone;
	set(&c, FIELD_IIF, interface, interface);
	spread(w, x, c, FIELD_SADDR, &x->sources[zone].may, false);
	spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
}

static void set_match(struct cube *c, const struct policy_match *m)
{
	set(c, FIELD_PROTO, m->proto, m->proto);
	if (m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6) {
		uint64_t family = m->proto == IPPROTO_ICMP ? 4 : 6;

		set(c, FIELD_ICMP_TYPE, m->icmp_type, m->icmp_type);
		set(c, FIELD_FAMILY, family, family);
	} else
		set(c, FIELD_DPORT, m->port_min, m->port_max);
}

struct side { /* addresses of a flow's one end */
	struct ranges may, sure;
};

static void add_pairs(struct work *w, struct expect *x, const struct cube *c,
		      const struct ranges *src, const struct ranges *dst, bool sure)
{
	for (size_t i = 0; i < dst->count && w->error == 0; i++) {
		struct cube one = *c;

		if (!range_has(c->r[FIELD_FAMILY], num_from(dst->family[i])))
			continue;
		set(&one, FIELD_FAMILY, dst->family[i], dst->family[i]);
		one.r[FIELD_DADDR] = dst->item[i];
		spread(w, x, one, FIELD_SADDR, src, sure);
	}
}

/* Where addresses change because of a flow. */
static void add_translation(struct work *w, struct expect *x, const struct policy_flow *f,
			    const struct cube *flow, const struct side *src,
			    const struct side *dst)
{
	struct cube c = *flow;

	c.who = WHO_ANY;
	c.r[FIELD_LOCAL] = range_of(0, 1);
	c.sure = false;
	c.hook = EXPECT_PUBLISH;
	c.r[FIELD_OIF] = cube_any(0).r[FIELD_OIF];
	for (size_t i = 0; i < f->publish_count; i++) {
		struct cube one = c;

		set(&one, FIELD_FAMILY, f->publish[i].family, f->publish[i].family);
		one.r[FIELD_DADDR].min = one.r[FIELD_DADDR].max =
			num_of_addr(f->publish[i]);
		if (when_is_timed(f))
			add(w, x, &one);
		else
			add_both(w, x, one);
	}
	c.hook = NF_INET_POST_ROUTING;
	c.r[FIELD_OIF] = flow->r[FIELD_OIF];
	c.r[FIELD_IIF] = cube_any(0).r[FIELD_IIF];
	c.r[FIELD_SADDR] = cube_any(0).r[FIELD_SADDR];
	if (!f->masquerade)
		return;
	spread(w, x, c, FIELD_DADDR, &dst->may, false);
	/* of what passes by the flow */
	c.r[FIELD_IIF] = flow->r[FIELD_IIF];
	if (!when_is_timed(f))
		add_pairs(w, x, &c, &src->sure, &dst->sure, true);
}

static void add_flow(struct work *w, struct expect *x, const struct policy_flow *f,
		     enum cube_who who)
{
	const struct policy *p = x->rev->policy;
	struct cube c = first_packet(NF_INET_FORWARD);
	struct side src = { 0 }, dst = { 0 };

	expect_side(w, x, (uint32_t)f->from, f->source, f->source_count, true, &src.may,
		    &src.sure);
	expect_side(w, x, (uint32_t)f->to, f->destination, f->destination_count, false,
		    &dst.may, &dst.sure);
	c.from = (uint32_t)f->from;
	c.to = (uint32_t)f->to;
	c.flow = f->id;
	c.who = who_of(x, c.from, who);
	c.limited = who == WHO_LIMITED ? (uint32_t)(f - p->flow) : 0;
	for (size_t i = 0; i < p->zone[f->from].interface_count; i++) {
		for (size_t k = 0; k < p->zone[f->to].interface_count; k++) {
			uint32_t in = x->interface[f->from][i];
			uint32_t out = x->interface[f->to][k];

			set(&c, FIELD_IIF, in, in);
			set(&c, FIELD_OIF, out, out);
			for (size_t s = 0; s < f->service_count; s++) {
				const struct policy_service *sv =
					&p->service[f->service[s]];

				for (size_t m = 0; m < sv->match_count; m++) {
					struct cube one = c;

					set_match(&one, &sv->match[m]);
					if (who == WHO_FULL) /* it asks for nobody */
						add_translation(w, x, f, &one, &src,
								&dst);
					add_pairs(w, x, &one, &src.may, &dst.may, false);
					/* one that ends may end at any moment */
					if (!when_is_timed(f))
						add_pairs(w, x, &one, &src.sure,
							  &dst.sure, true);
				}
			}
		}
	}
}

static struct cube neighbour(uint32_t hook, uint8_t type, uint8_t hops)
{
	struct cube c = cube_any(hook);

	set(&c, FIELD_FAMILY, 6, 6);
	set(&c, FIELD_PROTO, IPPROTO_ICMPV6, IPPROTO_ICMPV6);
	set(&c, FIELD_ICMP_TYPE, type, type);
	set(&c, FIELD_HOPLIMIT, hops, hops);
	c.flow = "neighbours";
	return c;
}

static void add_neighbour_out(struct work *w, struct expect *x, uint32_t zone,
			      uint32_t interface, uint8_t type, uint8_t hops)
{
	struct cube c = neighbour(NF_INET_LOCAL_OUT, type, hops);

	c.to = zone;
	set(&c, FIELD_OIF, interface, interface);
	add(w, x, &c);
	set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	c.sure = true;
	add(w, x, &c);
}

/* With an address of the zone: behind a VPN there is no other. */
static void add_neighbours_known(struct work *w, struct expect *x, struct cube c,
				 uint32_t zone)
{
	set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
}

static void add_neighbour_in(struct work *w, struct expect *x, uint32_t zone,
			     uint32_t interface, uint8_t type)
{
	struct cube c = neighbour(NF_INET_LOCAL_IN, type, 255);
	struct ranges local = { 0 }, unset = { 0 };

	expect_link_local(w, &local, &unset);
	c.who = who_of(x, zone, WHO_ADMITTED);
	c.from = zone;
	set(&c, FIELD_IIF, interface, interface);
	spread(w, x, c, FIELD_SADDR, &x->sources[zone].may, false);
	if (x->rev->policy->zone[zone].kind == POLICY_ZONE_VPN &&
	    expect_admits(x, zone)) {
		add_neighbours_known(w, x, c, zone);
		return;
	}
	c.unbound = true;
	spread(w, x, c, FIELD_SADDR, &local, false);
	if (type == ND_NEIGHBOR_SOLICIT)
		spread(w, x, c, FIELD_SADDR, &unset, false);
	set(&c, FIELD_CT_STATE, STATE_UNTRACKED, STATE_UNTRACKED);
	spread(w, x, c, FIELD_SADDR, &local, true);
	c.unbound = false;
	spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
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
	struct cube c = first_packet(NF_INET_LOCAL_IN);

	set(&c, FIELD_PROTO, IPPROTO_TCP, IPPROTO_TCP);
	set(&c, FIELD_DPORT, port, port);
	c.who = who_of(x, zone, who);
	c.flow = what;
	add_from(w, x, c, zone, interface);
}

/* Switches and access points of the zone, which ask the RADIUS server here. */
static void add_radius(struct work *w, struct expect *x, uint32_t zone,
		       uint32_t interface)
{
	const struct policy_switches *s = &x->rev->policy->gateway.radius;

	for (size_t i = 0; i < s->count; i++) {
		struct addr a = s->item[i];
		struct cube c = first_packet(NF_INET_LOCAL_IN);

		if (expect_zone_of(x, a) != zone)
			continue;
		set(&c, FIELD_PROTO, IPPROTO_UDP, IPPROTO_UDP);
		set(&c, FIELD_DPORT, RADIUS_PORT, RADIUS_PORT);
		set(&c, FIELD_FAMILY, a.family, a.family);
		set(&c, FIELD_IIF, interface, interface);
		c.r[FIELD_SADDR].min = c.r[FIELD_SADDR].max = num_of_addr(a);
		c.who = who_of(x, zone, WHO_FULL);
		c.from = zone;
		c.flow = "radius";
		add_both(w, x, c);
	}
}

/* A transparent zone's web traffic, unless it is for the site itself. */
static void add_redirect(struct work *w, struct expect *x, uint32_t zone,
			 uint32_t interface)
{
	static const uint16_t ports[] = { 80, 443 };
	struct ranges may = { 0 }, sure = { 0 };

	expect_beyond(w, x, &may, &sure);
	for (size_t i = 0; i < 2; i++) {
		struct cube c = first_packet(NF_INET_PRE_ROUTING);

		set(&c, FIELD_PROTO, IPPROTO_TCP, IPPROTO_TCP);
		set(&c, FIELD_DPORT, ports[i], ports[i]);
		set(&c, FIELD_IIF, interface, interface);
		c.from = zone;
		c.who = who_of(x, zone, WHO_ADMITTED);
		c.flow = "transparent";
		spread(w, x, c, FIELD_DADDR, &may, false);
		add_pairs(w, x, &c, &x->sources[zone].sure, &sure, true);
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
	add_radius(w, x, zone, interface);
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

		set(&c, FIELD_FAMILY, 6, 6);
		set(&c, FIELD_PROTO, IPPROTO_ICMPV6, IPPROTO_ICMPV6);
		set(&c, FIELD_CT_STATE, STATE_NEW, STATE_RELATED);
		set(&c, FIELD_ICMP_TYPE, MLD_LISTENER_QUERY, ND_NEIGHBOR_ADVERT);
		add(w, x, &c);
		set(&c, FIELD_ICMP_TYPE, MLD2_REPORT, MLD2_REPORT);
		add(w, x, &c);
	}
}

/* What the loopback interface carries stays here: anything. */
static void add_loopback(struct work *w, struct expect *x)
{
	struct cube in = cube_any(NF_INET_LOCAL_IN);
	struct cube out = cube_any(NF_INET_LOCAL_OUT);
	uint32_t lo = ifnames_add(w, x->names, "lo");

	set(&in, FIELD_IIF, lo, lo);
	set(&out, FIELD_OIF, lo, lo);
	in.flow = out.flow = "loopback";
	for (int sure = 0; sure < 2; sure++) {
		in.sure = out.sure = sure == 1;
		add(w, x, &in);
		add(w, x, &out);
		set(&in, FIELD_CT_STATE, STATE_NEW, STATE_ESTABLISHED);
		set(&out, FIELD_CT_STATE, STATE_NEW, STATE_ESTABLISHED);
	}
}

/* A connection of an account of this machine, out by one zone. */
static void add_opening(struct work *w, struct expect *x, uint32_t zone, uint32_t uid,
			uint8_t proto, uint16_t port, const struct addr *server,
			const char *what)
{
	struct cube c = first_packet(NF_INET_LOCAL_OUT);

	set(&c, FIELD_PROTO, proto, proto);
	set(&c, FIELD_DPORT, port, port);
	set(&c, FIELD_SKUID, uid, uid);
	if (server != NULL) {
		set(&c, FIELD_FAMILY, server->family, server->family);
		c.r[FIELD_DADDR].min = c.r[FIELD_DADDR].max = num_of_addr(*server);
	}
	c.to = zone;
	c.flow = what;
	for (size_t i = 0; i < x->rev->policy->zone[zone].interface_count; i++) {
		uint32_t out = x->interface[zone][i];

		set(&c, FIELD_OIF, out, out);
		add_both(w, x, c);
	}
}

static void add_target(struct work *w, struct expect *x, const struct policy_target *t,
		       uint32_t uid, const char *what)
{
	for (size_t i = 0; t->present && uid != UID_NONE && i < t->server_count; i++)
		add_opening(w, x, expect_zone_of(x, t->server[i]), uid, t->proto, t->port,
			    &t->server[i], what);
}

static void add_gateway(struct work *w, struct expect *x)
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
		add_flow(w, &x, &p->flow[i], WHO_FULL);
		if (named[i] && expect_admits(&x, (uint32_t)p->flow[i].from))
			add_flow(w, &x, &p->flow[i], WHO_LIMITED);
	}
	add_gateway(w, &x);
	if (w->error == 0)
		*ret_expect = x;
	return w->error;
}
