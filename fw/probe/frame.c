/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/frame.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "lib/str.h"
#include "lib/wr.h"

#define ETHERNET_MIN 60
#define ETHERTYPE4   0x0800
#define ETHERTYPE6   0x86dd
#define HOP_LIMIT    64
#define TCP_HEAD     20
#define TCP_SYN      0x02
#define TCP_WINDOW   64240
#define UDP_HEAD     8
#define ICMP_HEAD    8
#define DATA         8 /* behind UDP and ICMP heads */

static size_t head_size(const struct probe *p)
{
	return p->family == 4 ? 20 : 40;
}

static size_t address_size(const struct probe *p)
{
	return p->family == 4 ? 4 : 16;
}

static size_t transport_size(const struct probe *p)
{
	return p->proto == IPPROTO_TCP   ? TCP_HEAD
	       : p->proto == IPPROTO_UDP ? UDP_HEAD + DATA
					 : ICMP_HEAD + DATA;
}

static bool is_host(const struct probe *p, const uint8_t *a)
{
	static const uint8_t zero[16];

	if (memcmp(a, zero, 16) == 0 || (p->family == 4 && memcmp(a + 4, zero, 12) != 0))
		return false;
	if (p->family == 4)
		return a[0] != 0 && a[0] != 127 && a[0] < 224;
	/* multicast, link-local, and the loopback's :: and ::1 */
	return a[0] != 0xff && (a[0] != 0xfe || (a[1] & 0xc0) != 0x80) &&
	       memcmp(a, zero, 15) != 0;
}

static bool is_question(const struct probe *p)
{
	if (p->src_port != 0 || p->dst_port != 0)
		return false;
	if (p->proto == IPPROTO_ICMPV6)
		return p->family == 6 && p->icmp_type == ICMP6_ECHO_REQUEST;
	return p->family == 4 && p->icmp_type == ICMP_ECHO;
}

/* sensord reads these, and so may others on this machine. */
static bool is_discovery(uint16_t port)
{
	static const uint16_t ports[] = { 67, 68, 546, 547, 5353, 5355 };

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

bool frame_is_allowed(const struct probe *p)
{
	if ((p->family != 4 && p->family != 6) || !is_host(p, p->src) ||
	    !is_host(p, p->dst) || ((p->source_mac[0] | p->target_mac[0]) & 1) != 0 ||
	    p->iifname[0] == '\0' ||
	    memchr(p->iifname, '\0', sizeof(p->iifname)) == NULL || p->pad != 0)
		return false;
	switch (p->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return is_question(p);
	case IPPROTO_UDP:
		if (is_discovery(p->src_port) || is_discovery(p->dst_port))
			return false;
		break;
	case IPPROTO_TCP:
		break;
	default:
		return false;
	}
	return p->icmp_type == 0 && p->src_port != 0 && p->dst_port != 0;
}

static uint32_t sum_of(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

/* Of the two zeros the one that does not mean "none" in UDP. */
static void put_sum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	if (sum == 0xffff)
		sum = 0;
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static void put_ethernet(struct wr *w, const struct probe *p)
{
	wr_bytes(w, p->target_mac, sizeof(p->target_mac));
	wr_bytes(w, p->source_mac, sizeof(p->source_mac));
	wr_be16(w, p->family == 4 ? ETHERTYPE4 : ETHERTYPE6);
}

/* RFC 791 and RFC 8200 */
static void put_head(struct wr *w, const struct probe *p)
{
	size_t size = transport_size(p);

	if (p->family == 4) {
		wr_be16(w, 0x4500);
		wr_be16(w, (uint16_t)(head_size(p) + size));
		wr_be32(w, 0x00004000); /* not to be fragmented */
		wr_u8(w, HOP_LIMIT);
		wr_u8(w, p->proto);
		wr_be16(w, 0);
	} else {
		wr_be32(w, 0x60000000);
		wr_be16(w, (uint16_t)size);
		wr_u8(w, p->proto);
		wr_u8(w, HOP_LIMIT);
	}
	wr_bytes(w, p->src, address_size(p));
	wr_bytes(w, p->dst, address_size(p));
}

/* Returns where the checksum lies. */
static size_t put_transport(struct wr *w, const struct probe *p, uint32_t word)
{
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		wr_u8(w, p->icmp_type);
		wr_u8(w, 0);
		wr_be16(w, 0);
		wr_be32(w, word);
		return 2;
	}
	wr_be16(w, p->src_port);
	wr_be16(w, p->dst_port);
	if (p->proto == IPPROTO_UDP) {
		wr_be16(w, UDP_HEAD + DATA);
		wr_be16(w, 0);
		wr_be32(w, word);
		return 6;
	}
	wr_be32(w, word);
	wr_be32(w, 0);
	wr_be16(w, (TCP_HEAD / 4) << 12 | TCP_SYN);
	wr_be16(w, TCP_WINDOW);
	return 16;
}

size_t frame_make(const struct probe *p, uint32_t word, uint8_t ret_frame[FRAME_MAX])
{
	struct wr w = wr_of(ret_frame, FRAME_MAX);
	uint8_t *head = ret_frame + 14, *transport = head + head_size(p);
	size_t size = transport_size(p), at, whole = 14 + head_size(p) + size;
	uint32_t sum;

	memset(ret_frame, 0, FRAME_MAX);
	put_ethernet(&w, p);
	put_head(&w, p);
	at = put_transport(&w, p, word);
	if (p->family == 4)
		put_sum(head + 10, sum_of(0, head, 20));
	sum = sum_of(0, transport, size);
	if (p->proto != IPPROTO_ICMP) /* the pseudo header */
		sum = sum_of(sum_of(sum, p->src, 16), p->dst, 16) + p->proto +
		      (uint32_t)size;
	put_sum(transport + at, sum);
	return whole < ETHERNET_MIN ? ETHERNET_MIN : whole;
}
