/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/arpframe.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/wr.h"

#define FRAME_MIN    60 /* what Ethernet carries, without its checksum */
#define ARP_REPLY_OP 2
#define ND_ADVERT    136
#define ND_OVERRIDE  0x20000000u
#define ND_OPT_MAC   2 /* of the target */
#define ND_LEN       32 /* advertisement and option */
#define ND_HOPS      255

static void write_head(struct wr *w, const struct arpframe *f, uint16_t type)
{
	wr_bytes(w, f->to.b, sizeof(f->to.b));
	wr_bytes(w, f->own.b, sizeof(f->own.b));
	wr_be16(w, type);
}

static void write_arp(struct wr *w, const struct arpframe *f)
{
	static const uint8_t zero[FRAME_MIN];

	write_head(w, f, ETHERTYPE_ARP);
	wr_be16(w, 1); /* Ethernet */
	wr_be16(w, ETHERTYPE_IP);
	wr_u8(w, sizeof(f->at.b));
	wr_u8(w, 4);
	wr_be16(w, ARP_REPLY_OP);
	wr_bytes(w, f->at.b, sizeof(f->at.b));
	wr_bytes(w, f->about.bytes, 4);
	wr_bytes(w, f->to.b, sizeof(f->to.b));
	wr_bytes(w, f->to_addr.bytes, 4);
	wr_bytes(w, zero, FRAME_MIN - w->len);
}

static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		so_far += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return so_far;
}

/* RFC 4443 2.3: over the pseudo-header and the message, which is of even length. */
static uint16_t checksum(const struct arpframe *f, const uint8_t *message)
{
	uint32_t s = ND_LEN + IPPROTO_ICMPV6;

	s = sum(s, f->about.bytes, sizeof(f->about.bytes));
	s = sum(s, f->to_addr.bytes, sizeof(f->to_addr.bytes));
	s = sum(s, message, ND_LEN);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static void write_advert(struct wr *w, const struct arpframe *f)
{
	size_t message;
	uint16_t check;

	write_head(w, f, ETHERTYPE_IPV6);
	wr_be32(w, 6u << 28);
	wr_be16(w, ND_LEN);
	wr_u8(w, IPPROTO_ICMPV6);
	wr_u8(w, ND_HOPS);
	wr_bytes(w, f->about.bytes, sizeof(f->about.bytes));
	wr_bytes(w, f->to_addr.bytes, sizeof(f->to_addr.bytes));
	message = w->len;
	wr_u8(w, ND_ADVERT);
	wr_u8(w, 0);
	wr_be16(w, 0);
	wr_be32(w, ND_OVERRIDE);
	wr_bytes(w, f->about.bytes, sizeof(f->about.bytes));
	wr_u8(w, ND_OPT_MAC);
	wr_u8(w, 1); /* times eight bytes */
	wr_bytes(w, f->at.b, sizeof(f->at.b));
	check = htobe16(checksum(f, w->base + message));
	memcpy(w->base + message + 2, &check, sizeof(check));
}

size_t arpframe_write(const struct arpframe *f, uint8_t dst[ARPFRAME_MAX])
{
	struct wr w = wr_of(dst, ARPFRAME_MAX);

	if (f->about.family != f->to_addr.family || !mac_is_unicast(f->to))
		return 0;
	if (f->about.family == 4)
		write_arp(&w, f);
	else if (f->about.family == 6)
		write_advert(&w, f);
	return wr_failed(&w) ? 0 : w.len;
}
