/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/nd.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "fw/sensor/ip.h"

#define HOP_LIMIT     255 /* proves that no router forwarded it */
#define OPTION_SOURCE 1
#define OPTION_TARGET 2
#define OPTION_PREFIX 3
#define OPTION_DNS    25
#define OPTION_UNIT   8 /* option lengths count these */
#define PREFIX_UNITS  4

static struct addr read_addr(struct rd *r)
{
	struct addr a = { .family = 6 };

	rd_bytes(r, a.bytes, sizeof(a.bytes));
	return a;
}

static bool is_unspecified(struct addr a)
{
	static const uint8_t none[16];

	return memcmp(a.bytes, none, sizeof(none)) == 0;
}

static bool is_link_local(struct addr a)
{
	return a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80;
}

static void read_prefix(struct rd value, struct nd_router *n)
{
	struct prefix p = { .len = rd_u8(&value) };

	(void)rd_take(&value, 1 + 4 + 4 + 4); /* flags, lifetimes, reserved */
	p.addr = read_addr(&value);
	if (!rd_failed(&value) && p.len <= 128 && n->prefix_count < ND_PREFIXES_MAX)
		n->prefix[n->prefix_count++] = p;
}

static void read_dns(struct rd value, struct nd_router *n)
{
	(void)rd_take(&value, 2 + 4); /* reserved, lifetime */
	while (value.left >= 16 && n->dns_count < ND_DNS_MAX)
		n->dns[n->dns_count++] = read_addr(&value);
}

static void read_option(uint8_t type, size_t units, struct rd value, struct nd *n)
{
	uint8_t mac = n->type == ND_ADVERTISEMENT ? OPTION_TARGET : OPTION_SOURCE;

	if (type == mac && units == 1) {
		rd_bytes(&value, n->mac.b, sizeof(n->mac.b));
		n->has_mac = true;
	}
	if (n->type != ND_ROUTER_ADVERTISEMENT)
		return;
	if (type == OPTION_PREFIX && units == PREFIX_UNITS)
		read_prefix(value, &n->router);
	else if (type == OPTION_DNS)
		read_dns(value, &n->router);
}

static int read_options(struct rd r, bool cut, struct nd *n)
{
	while (r.left != 0) {
		uint8_t type = rd_u8(&r);
		size_t units = rd_u8(&r);
		struct rd value;

		if (!rd_failed(&r) && units == 0)
			return -EBADMSG;
		value = rd_sub(&r, units * OPTION_UNIT - 2);
		if (rd_failed(&r))
			return cut ? 0 : -EBADMSG;
		read_option(type, units, value, n);
	}
	return 0;
}

/* Between the head of the message and its options. */
static int read_body(struct rd *r, struct nd *n)
{
	if (n->type == ND_ROUTER_SOLICITATION) {
		(void)rd_be32(r);
	} else if (n->type == ND_ROUTER_ADVERTISEMENT) {
		(void)rd_be16(r); /* hop limit, flags */
		n->router.lifetime = rd_be16(r);
		(void)rd_be64(r); /* reachable time, retransmission */
		if (!is_link_local(n->source))
			return -EBADMSG;
	} else {
		(void)rd_be32(r); /* flags or reserved */
		n->target = read_addr(r);
		if (n->target.bytes[0] == 0xff)
			return -EBADMSG;
	}
	return rd_failed(r) ? -EBADMSG : 0;
}

int nd_parse(struct rd r, struct nd *ret_nd)
{
	struct nd n = { 0 };
	uint8_t type, code;
	struct ip ip;

	if (ip_open6(r, &ip) < 0 || ip.proto != IPPROTO_ICMPV6 || ip.hops != HOP_LIMIT)
		return -EBADMSG;
	n.source = ip.source;
	type = rd_u8(&ip.payload);
	code = rd_u8(&ip.payload);
	(void)rd_be16(&ip.payload); /* checksum */
	if (rd_failed(&ip.payload) || code != 0 || type < ND_ROUTER_SOLICITATION ||
	    type > ND_ADVERTISEMENT)
		return -EBADMSG;
	n.type = (enum nd_type)type;
	if (read_body(&ip.payload, &n) < 0 || read_options(ip.payload, ip.cut, &n) < 0)
		return -EBADMSG;
	n.is_dad = n.type == ND_SOLICITATION && is_unspecified(n.source);
	if (n.is_dad && n.has_mac)
		return -EBADMSG;
	*ret_nd = n;
	return 0;
}
