/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/ip.h"

#include <errno.h>
#include <netinet/in.h>

#define IPV4_HEAD_MIN 20
#define IPV4_OFFSET   0x1fff
#define IPV4_MORE     0x2000
#define UNIT          8 /* extension headers are multiples of it */

static struct addr read_addr(struct rd *r, uint8_t family)
{
	struct addr a = { .family = family };

	rd_bytes(r, a.bytes, family == 4 ? 4 : 16);
	return a;
}

/* The next len bytes, or those that the capture left of them. */
static void set_payload(struct ip *ip, struct rd r, size_t len)
{
	if (len > r.left) {
		ip->cut = true;
		len = r.left;
	}
	ip->payload = rd_sub(&r, len);
}

int ip_open4(struct rd r, struct ip *ret_ip)
{
	uint8_t version = rd_u8(&r);
	size_t head = (size_t)(version & 0x0f) * 4, total;
	struct ip ip = { 0 };
	uint16_t fragment;

	(void)rd_u8(&r);
	total = rd_be16(&r);
	(void)rd_be16(&r);
	fragment = rd_be16(&r);
	ip.hops = rd_u8(&r);
	ip.proto = rd_u8(&r);
	(void)rd_be16(&r);
	ip.source = read_addr(&r, 4);
	ip.dest = read_addr(&r, 4);
	if (rd_failed(&r) || version >> 4 != 4 || head < IPV4_HEAD_MIN || total < head)
		return -EBADMSG;
	(void)rd_take(&r, head - IPV4_HEAD_MIN);
	if (rd_failed(&r))
		return -EBADMSG;
	if ((fragment & IPV4_OFFSET) != 0)
		return -ENOMSG;
	ip.cut = (fragment & IPV4_MORE) != 0;
	set_payload(&ip, r, total - head);
	*ret_ip = ip;
	return 0;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_DSTOPTS;
}

/*
 * Rogue advertisements hide behind these from filters that look at fixed offsets. Hosts
 * step over any number of them, so we do: each is eight bytes at least.
 */
static int skip_extensions(struct ip *ip)
{
	while (is_extension(ip->proto)) {
		size_t units;

		ip->proto = rd_u8(&ip->payload);
		units = rd_u8(&ip->payload);
		(void)rd_take(&ip->payload, (units + 1) * UNIT - 2);
		if (rd_failed(&ip->payload))
			return -EBADMSG;
	}
	return 0;
}

int ip_open6(struct rd r, struct ip *ret_ip)
{
	uint8_t version = rd_u8(&r) >> 4;
	struct ip ip = { 0 };
	uint16_t len;

	(void)rd_take(&r, 3);
	len = rd_be16(&r);
	ip.proto = rd_u8(&r);
	ip.hops = rd_u8(&r);
	ip.source = read_addr(&r, 6);
	ip.dest = read_addr(&r, 6);
	if (rd_failed(&r) || version != 6)
		return -EBADMSG;
	set_payload(&ip, r, len);
	if (skip_extensions(&ip) < 0)
		return -EBADMSG;
	*ret_ip = ip;
	return 0;
}

int ip_open_udp(const struct ip *ip, struct udp *ret_udp)
{
	struct rd r = ip->payload;
	struct udp u;

	if (ip->proto != IPPROTO_UDP)
		return -ENOMSG;
	u.source = rd_be16(&r);
	u.dest = rd_be16(&r);
	(void)rd_be32(&r); /* length and checksum: what follows knows its own end */
	if (rd_failed(&r))
		return -EBADMSG;
	u.payload = r;
	*ret_udp = u;
	return 0;
}
