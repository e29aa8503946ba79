/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/events/nflog.h"

#include <errno.h>
#include <netinet/in.h> /* before the kernel's, which then leave its types alone */

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <string.h>

#include "fw/gated/events/netlink.h"
#include "lib/rd.h"

#define EXTENSIONS_MAX 16 /* a real packet has one or two; more is an attack on us */
#define IPV4_OFFSET    0x1fff
#define IPV6_OFFSET    0xfff8
#define USEC_PER_SEC   1000000u

/* What the attributes say about the link layer; joined when all were read. */
struct link {
	bool has_type;
	uint16_t type; /* ARPHRD_ */
	bool has_addr;
	struct mac addr; /* from NFULA_HWADDR */
	bool has_header;
	struct mac header; /* from NFULA_HWHEADER */
};

static struct addr read_addr(struct rd *r, uint8_t family)
{
	struct addr a = { .family = family };

	rd_bytes(r, a.bytes, family == 4 ? 4 : 16);
	return a;
}

/* TCP's sequence number, or what UDP carries first. */
static void read_word(struct rd r, struct nflog_packet *p)
{
	uint32_t word;

	if (p->proto == IPPROTO_UDP)
		(void)rd_be32(&r);
	word = rd_be32(&r);
	p->has_word =
		!rd_failed(&r) && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP);
	p->word = p->has_word ? word : 0;
}

static void read_transport(struct rd r, struct nflog_packet *p)
{
	uint16_t first, second;
	uint8_t type, code;

	switch (p->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		first = rd_be16(&r);
		second = rd_be16(&r);
		if (rd_failed(&r))
			return;
		p->has_ports = true;
		p->src_port = first;
		p->dst_port = second;
		read_word(r, p);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		type = rd_u8(&r);
		code = rd_u8(&r);
		if (rd_failed(&r))
			return;
		p->has_icmp = true;
		p->icmp_type = type;
		p->icmp_code = code;
		(void)rd_be16(&r);
		first = rd_be16(&r);
		p->icmp_id = rd_failed(&r) ? 0 : first;
		second = rd_be16(&r);
		p->has_word = !rd_failed(&r);
		p->word = p->has_word ? (uint32_t)first << 16 | second : 0;
		return;
	default:
		return;
	}
}

static void read_ipv4(struct rd r, struct nflog_packet *p)
{
	uint8_t version = rd_u8(&r);
	size_t head = (size_t)(version & 0x0f) * 4;
	uint16_t offset;
	uint8_t proto;
	struct addr src, dst;

	if (rd_failed(&r) || version >> 4 != 4 || head < 20)
		return;
	(void)rd_take(&r, 5);
	offset = rd_be16(&r) & IPV4_OFFSET;
	(void)rd_u8(&r);
	proto = rd_u8(&r);
	(void)rd_take(&r, 2);
	src = read_addr(&r, 4);
	dst = read_addr(&r, 4);
	if (rd_failed(&r))
		return;
	p->src = src;
	p->dst = dst;
	p->has_proto = true;
	p->proto = proto;
	p->fragment = offset != 0;
	if (!p->fragment && rd_take(&r, head - 20) != NULL)
		read_transport(r, p);
}

static bool is_extension(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_DSTOPTS || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH;
}

/* Step over one extension header; *proto becomes what follows it. */
static void skip_extension(struct rd *r, uint8_t *proto, struct nflog_packet *p)
{
	uint8_t next = rd_u8(r);
	size_t len = rd_u8(r);

	if (*proto == IPPROTO_FRAGMENT) {
		p->fragment = (rd_be16(r) & IPV6_OFFSET) != 0;
		(void)rd_take(r, 4);
	} else if (*proto == IPPROTO_AH) {
		(void)rd_take(r, (len + 2) * 4 - 2);
	} else {
		(void)rd_take(r, (len + 1) * 8 - 2);
	}
	*proto = next;
}

static void read_ipv6(struct rd r, struct nflog_packet *p)
{
	uint8_t version = rd_u8(&r), proto;
	struct addr src, dst;

	if (rd_failed(&r) || version >> 4 != 6)
		return;
	(void)rd_take(&r, 5);
	proto = rd_u8(&r);
	(void)rd_u8(&r);
	src = read_addr(&r, 6);
	dst = read_addr(&r, 6);
	if (rd_failed(&r))
		return;
	p->src = src;
	p->dst = dst;
	for (unsigned i = 0; is_extension(proto) && !p->fragment; i++) {
		if (i == EXTENSIONS_MAX)
			return;
		skip_extension(&r, &proto, p);
		if (rd_failed(&r))
			return;
	}
	p->has_proto = true;
	p->proto = proto;
	if (!p->fragment)
		read_transport(r, p);
}

static void read_payload(struct rd r, struct nflog_packet *p)
{
	uint8_t version = r.left != 0 ? r.pos[0] >> 4 : 0;

	/* families without a protocol of their own (netdev, bridge) go by the type */
	if (p->ethertype != 0 && p->ethertype != ETH_P_IP && p->ethertype != ETH_P_IPV6)
		return;
	if (version == 4 && p->ethertype != ETH_P_IPV6 && p->nfproto != NFPROTO_IPV6)
		read_ipv4(r, p);
	else if (version == 6 && p->ethertype != ETH_P_IP && p->nfproto != NFPROTO_IPV4)
		read_ipv6(r, p);
}

static void read_prefix(struct rd r, char dst[NFLOG_PREFIX_MAX])
{
	size_t len = r.left < NFLOG_PREFIX_MAX - 1 ? r.left : NFLOG_PREFIX_MAX - 1;

	memset(dst, 0, NFLOG_PREFIX_MAX);
	rd_bytes(&r, dst, len);
}

static void read_timestamp(struct rd *r, struct nflog_packet *p)
{
	uint64_t sec = rd_be64(r);
	uint64_t usec = rd_be64(r);

	if (!rd_failed(r) && sec < INT64_MAX / USEC_PER_SEC && usec < USEC_PER_SEC)
		p->time_us = (int64_t)(sec * USEC_PER_SEC + usec);
}

static void read_hwaddr(struct rd *r, struct link *l)
{
	uint16_t len = rd_be16(r);

	(void)rd_be16(r);
	rd_bytes(r, l->addr.b, sizeof(l->addr.b));
	l->has_addr = !rd_failed(r) && len == sizeof(l->addr.b);
}

static void read_hwheader(struct rd r, struct link *l)
{
	(void)rd_take(&r, ETH_ALEN);
	rd_bytes(&r, l->header.b, sizeof(l->header.b));
	l->has_header = !rd_failed(&r);
}

/* One attribute; v is failed afterwards when it was shorter than its type is. */
static void read_attr(uint16_t type, struct rd *v, struct nflog_packet *p, struct link *l,
		      struct rd *payload)
{
	switch (type) {
	case NFULA_PACKET_HDR:
		p->ethertype = rd_be16(v);
		p->hook = rd_u8(v);
		break;
	case NFULA_MARK:
		p->mark = rd_be32(v);
		break;
	case NFULA_TIMESTAMP:
		read_timestamp(v, p);
		break;
	case NFULA_IFINDEX_INDEV:
		p->indev = rd_be32(v);
		break;
	case NFULA_IFINDEX_OUTDEV:
		p->outdev = rd_be32(v);
		break;
	case NFULA_IFINDEX_PHYSINDEV:
		p->physindev = rd_be32(v);
		break;
	case NFULA_IFINDEX_PHYSOUTDEV:
		p->physoutdev = rd_be32(v);
		break;
	case NFULA_HWADDR:
		read_hwaddr(v, l);
		break;
	case NFULA_HWHEADER:
		read_hwheader(*v, l);
		break;
	case NFULA_HWTYPE:
		l->type = rd_be16(v);
		l->has_type = true;
		break;
	case NFULA_PREFIX:
		read_prefix(*v, p->prefix);
		break;
	case NFULA_SEQ:
		p->seq = rd_be32(v);
		p->has_seq = true;
		break;
	case NFULA_PAYLOAD:
		*payload = *v;
		break;
	default: /* the kernel's list grows; what we do not know does not concern us */
		break;
	}
}

static struct mac link_source(const struct link *l)
{
	if (l->has_type && l->type != ARPHRD_ETHER)
		return (struct mac){ 0 };
	if (l->has_addr)
		return l->addr;
	return l->has_header ? l->header : (struct mac){ 0 };
}

int nflog_parse(const void *nlmsg, size_t len, struct nflog_packet *ret)
{
	struct nflog_packet p = { 0 };
	struct rd value, payload = { 0 };
	struct link link = { 0 };
	struct netlink_nf nf;
	uint16_t type;
	int r = netlink_nf_open(nlmsg, len, &nf);

	if (r < 0)
		return r;
	if (nf.type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return -ENOMSG;
	p.nfproto = nf.family;
	p.group = nf.res_id;
	while ((r = netlink_attr_next(&nf.attrs, &type, &value)) > 0) {
		read_attr(type, &value, &p, &link, &payload);
		if (rd_failed(&value))
			return -EBADMSG;
	}
	if (r < 0)
		return r;
	p.mac = link_source(&link);
	if (payload.left != 0)
		read_payload(payload, &p);
	*ret = p;
	return 0;
}
