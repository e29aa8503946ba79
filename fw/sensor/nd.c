/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/nd.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define HOP_LIMIT     255 /* proves that no router forwarded it */
#define OPTION_SOURCE 1
#define OPTION_TARGET 2
#define OPTION_UNIT   8 /* option lengths count these */

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

/* The packet behind its IPv6 header: exactly as long as that says. */
static int open_ipv6(struct rd *r, struct nd *n)
{
	uint8_t version = rd_u8(r) >> 4, next, hops;
	uint16_t len;

	(void)rd_take(r, 3);
	len = rd_be16(r);
	next = rd_u8(r);
	hops = rd_u8(r);
	n->source = read_addr(r);
	(void)rd_take(r, 16); /* destination */
	*r = rd_sub(r, len);
	if (rd_failed(r) || version != 6 || next != IPPROTO_ICMPV6 || hops != HOP_LIMIT)
		return -EBADMSG;
	return 0;
}

static int read_options(struct rd r, struct nd *n)
{
	uint8_t wanted = n->type == ND_SOLICITATION ? OPTION_SOURCE : OPTION_TARGET;

	while (r.left != 0) {
		uint8_t type = rd_u8(&r);
		size_t units = rd_u8(&r);
		struct rd value;

		if (rd_failed(&r) || units == 0)
			return -EBADMSG;
		value = rd_sub(&r, units * OPTION_UNIT - 2);
		if (rd_failed(&r))
			return -EBADMSG;
		if (type != wanted || units != 1)
			continue;
		rd_bytes(&value, n->mac.b, sizeof(n->mac.b));
		n->has_mac = true;
	}
	return 0;
}

int nd_parse(struct rd r, struct nd *ret_nd)
{
	struct nd n = { 0 };
	uint8_t type, code;

	if (open_ipv6(&r, &n) < 0)
		return -EBADMSG;
	type = rd_u8(&r);
	code = rd_u8(&r);
	(void)rd_take(&r, 2 + 4); /* checksum; flags or reserved */
	n.target = read_addr(&r);
	if (rd_failed(&r) || code != 0 || n.target.bytes[0] == 0xff)
		return -EBADMSG;
	if (type != ND_SOLICITATION && type != ND_ADVERTISEMENT)
		return -EBADMSG;
	n.type = (enum nd_type)type;
	if (read_options(r, &n) < 0)
		return -EBADMSG;
	n.is_dad = n.type == ND_SOLICITATION && is_unspecified(n.source);
	if (n.is_dad && n.has_mac)
		return -EBADMSG;
	*ret_nd = n;
	return 0;
}
