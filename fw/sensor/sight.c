/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/sight.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fw/sensor/arp.h"
#include "fw/sensor/ether.h"
#include "fw/sensor/lldp.h"
#include "fw/sensor/nd.h"
#include "fw/sensor/sight_parts.h"
#include "lib/record.h"

static bool is_unspecified(struct addr a)
{
	return addr_equal(a, (struct addr){ .family = a.family });
}

bool sight_is_usable(struct addr a)
{
	if (a.family == 0 || is_unspecified(a))
		return false;
	if (a.family == 4)
		return a.bytes[0] < 224 && a.bytes[0] != 127;
	return a.bytes[0] != 0xff;
}

void sight_own(struct sight *s, struct mac owner, struct addr a)
{
	if (mac_equal(owner, s->mac) && sight_is_usable(a))
		s->addr = a;
}

static void claim(struct sight *s, struct mac owner, struct addr a)
{
	sight_own(s, owner, a);
	if (!sight_is_usable(a))
		return;
	s->claim = a;
	s->claim_mac = owner;
}

static int from_arp(struct rd r, struct sight *s)
{
	struct arp a;
	int e = arp_parse(r, &a);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_ARP;
	if (is_unspecified(a.sender))
		sight_own(s, a.sender_mac,
			  a.target); /* about to take it, if nobody minds */
	else
		claim(s, a.sender_mac, a.sender);
	if (a.operation == ARP_REQUEST && !addr_equal(a.sender, a.target) &&
	    sight_is_usable(a.target))
		s->asked = a.target;
	return 0;
}

static void note_router(struct sight *s, const struct nd_router *router)
{
	size_t len;

	(void)snprintf(s->note, sizeof(s->note), "lifetime %u s",
		       (unsigned)router->lifetime);
	for (size_t i = 0; i < router->prefix_count; i++) {
		char text[ADDR_TEXT_MAX];

		prefix_format(router->prefix[i], text);
		len = strlen(s->note);
		(void)snprintf(s->note + len, sizeof(s->note) - len, ", prefix %s", text);
	}
	for (size_t i = 0; i < router->dns_count; i++) {
		char text[ADDR_TEXT_MAX];

		addr_format(router->dns[i], text);
		len = strlen(s->note);
		(void)snprintf(s->note + len, sizeof(s->note) - len, ", DNS %s", text);
	}
}

static int from_nd(struct rd r, struct sight *s)
{
	struct mac owner;
	struct nd n;
	int e = nd_parse(r, &n);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_ND;
	owner = n.has_mac ? n.mac : s->mac;
	if (n.type == ND_ADVERTISEMENT)
		claim(s, owner, n.target);
	else if (n.is_dad)
		sight_own(s, owner, n.target);
	else
		claim(s, owner, n.source);
	if (n.type == ND_SOLICITATION && sight_is_usable(n.target))
		s->asked = n.target;
	if (n.type == ND_ROUTER_ADVERTISEMENT) {
		s->role = SIGHT_ROLE_ROUTER;
		s->role_addr = n.source;
		note_router(s, &n.router);
	}
	return 0;
}

static int from_ipv4(struct rd r, struct sight *s)
{
	struct ip ip;
	int e = ip_open4(r, &ip);

	return e < 0 ? e : sight_from_udp(&ip, s);
}

static int from_ipv6(struct rd r, struct sight *s)
{
	struct ip ip;
	int e = ip_open6(r, &ip);

	if (e < 0)
		return e;
	return ip.proto == IPPROTO_ICMPV6 ? from_nd(r, s) : sight_from_udp(&ip, s);
}

static int from_lldp(struct rd r, struct sight *s)
{
	struct lldp l;
	int e = lldp_parse(r, &l);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_LLDP;
	record_set_str(s->name, sizeof(s->name), l.name[0] != '\0' ? l.name : l.port);
	return 0;
}

int sight_parse(struct rd r, struct sight *ret_sight)
{
	struct sight s = { 0 };
	struct ether e;
	int result = -ENOMSG;

	if (ether_parse(r, &e) < 0 || !mac_is_unicast(e.src))
		return -EBADMSG;
	s.mac = e.src;
	s.vlan = e.vlan;
	s.vlan_type = e.vlan_type;
	switch (e.type) {
	case ETH_P_ARP:
		result = from_arp(e.payload, &s);
		break;
	case ETH_P_IP:
		result = from_ipv4(e.payload, &s);
		break;
	case ETH_P_IPV6:
		result = from_ipv6(e.payload, &s);
		break;
	case ETH_P_LLDP:
		result = from_lldp(e.payload, &s);
		break;
	default:
		break;
	}
	if (result < 0)
		return result;
	*ret_sight = s;
	return 0;
}

const char *sight_source_name(enum proto_source source)
{
	switch (source) {
	case PROTO_SOURCE_ARP:
		return "arp";
	case PROTO_SOURCE_DHCP4:
		return "dhcp4";
	case PROTO_SOURCE_ND:
		return "nd";
	case PROTO_SOURCE_DHCP6:
		return "dhcp6";
	case PROTO_SOURCE_LLDP:
		return "lldp";
	case PROTO_SOURCE_MDNS:
		return "mdns";
	}
	return "?";
}
