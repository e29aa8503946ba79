/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/sight.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "fw/sensor/arp.h"
#include "fw/sensor/dhcp4.h"
#include "fw/sensor/ether.h"
#include "fw/sensor/nd.h"
#include "lib/record.h"

#define PORT_SERVER   67
#define PORT_CLIENT   68
#define IPV4_HEAD_MIN 20
#define IPV4_OFFSET   0x1fff

static bool is_unspecified(struct addr a)
{
	return addr_equal(a, (struct addr){ .family = a.family });
}

/* No device's own address: nothing, broadcast, multicast, loopback. */
static bool is_usable(struct addr a)
{
	if (is_unspecified(a))
		return false;
	if (a.family == 4)
		return a.bytes[0] < 224 && a.bytes[0] != 127;
	return a.bytes[0] != 0xff;
}

static void claim(struct sight *s, struct mac owner, struct addr a)
{
	if (mac_equal(owner, s->mac) && a.family != 0 && is_usable(a))
		s->addr = a;
}

static int from_arp(struct rd r, struct sight *s)
{
	struct arp a;
	int e = arp_parse(r, &a);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_ARP;
	claim(s, a.sender_mac, is_unspecified(a.sender) ? a.target : a.sender);
	return 0;
}

static int from_nd(struct rd r, struct sight *s)
{
	struct nd n;
	int e = nd_parse(r, &n);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_ND;
	if (n.is_dad || n.type == ND_ADVERTISEMENT)
		claim(s, n.has_mac ? n.mac : s->mac, n.target);
	else
		claim(s, n.has_mac ? n.mac : s->mac, n.source);
	return 0;
}

/* Step over IPv4 and UDP headers; -ENOMSG when it is not DHCP. */
static int open_udp(struct rd *r, struct addr *ret_source)
{
	uint8_t version = rd_u8(r), proto;
	size_t head = (size_t)(version & 0x0f) * 4;
	struct addr source = { .family = 4 };
	uint16_t offset, src_port, dst_port;

	(void)rd_take(r, 5);
	offset = rd_be16(r) & IPV4_OFFSET;
	(void)rd_u8(r);
	proto = rd_u8(r);
	(void)rd_take(r, 2);
	rd_bytes(r, source.bytes, 4);
	(void)rd_take(r, 4);
	if (rd_failed(r) || version >> 4 != 4 || head < IPV4_HEAD_MIN)
		return -EBADMSG;
	(void)rd_take(r, head - IPV4_HEAD_MIN);
	if (proto != IPPROTO_UDP || offset != 0)
		return -ENOMSG;
	src_port = rd_be16(r);
	dst_port = rd_be16(r);
	(void)rd_take(r, 4); /* length, checksum: padding does not harm DHCP options */
	if (rd_failed(r))
		return -EBADMSG;
	if ((src_port != PORT_CLIENT && src_port != PORT_SERVER) ||
	    (dst_port != PORT_CLIENT && dst_port != PORT_SERVER))
		return -ENOMSG;
	*ret_source = source;
	return 0;
}

static int from_dhcp4(struct rd r, struct sight *s)
{
	struct addr source;
	struct dhcp4 d;
	int e = open_udp(&r, &source);

	if (e == 0)
		e = dhcp4_parse(r, &d);
	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_DHCP4;
	if (d.direction == DHCP4_FROM_SERVER) {
		claim(s, s->mac, source); /* a server speaks of others, as itself */
		return 0;
	}
	claim(s, d.client_mac, d.client.family != 0 ? d.client : d.requested);
	if (mac_equal(d.client_mac, s->mac))
		record_set_str(s->name, sizeof(s->name), d.name);
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
	switch (e.type) {
	case ETH_P_ARP:
		result = from_arp(e.payload, &s);
		break;
	case ETH_P_IP:
		result = from_dhcp4(e.payload, &s);
		break;
	case ETH_P_IPV6:
		result = from_nd(e.payload, &s);
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
	}
	return "?";
}
