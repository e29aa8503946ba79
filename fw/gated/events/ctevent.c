/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/events/ctevent.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "fw/gated/events/netlink.h"
#include "lib/rd.h"

/* Decodes one attribute of a nest into what user points at; -EBADMSG when it cannot be. */
typedef int attr_fn(uint16_t type, struct rd *value, void *user);

static int each_attr(struct rd attrs, attr_fn *fn, void *user)
{
	struct rd value;
	uint16_t type;
	int r;

	while ((r = netlink_attr_next(&attrs, &type, &value)) > 0) {
		r = fn(type, &value, user);
		if (r < 0)
			return r;
		if (rd_failed(&value))
			return -EBADMSG;
	}
	return r;
}

static void read_addr(struct rd *r, uint8_t family, struct addr *ret_addr)
{
	*ret_addr = (struct addr){ .family = family };
	rd_bytes(r, ret_addr->bytes, family == 4 ? 4 : 16);
}

static int on_ip(uint16_t type, struct rd *value, void *user)
{
	struct ctevent_tuple *t = user;

	switch (type) {
	case CTA_IP_V4_SRC:
		read_addr(value, 4, &t->src);
		break;
	case CTA_IP_V4_DST:
		read_addr(value, 4, &t->dst);
		break;
	case CTA_IP_V6_SRC:
		read_addr(value, 6, &t->src);
		break;
	case CTA_IP_V6_DST:
		read_addr(value, 6, &t->dst);
		break;
	default:
		break;
	}
	return 0;
}

static int on_proto(uint16_t type, struct rd *value, void *user)
{
	struct ctevent_tuple *t = user;

	switch (type) {
	case CTA_PROTO_NUM:
		t->proto = rd_u8(value);
		break;
	case CTA_PROTO_SRC_PORT:
		t->src_port = rd_be16(value);
		break;
	case CTA_PROTO_DST_PORT:
		t->dst_port = rd_be16(value);
		break;
	case CTA_PROTO_ICMP_ID:
	case CTA_PROTO_ICMPV6_ID:
		t->icmp_id = rd_be16(value);
		break;
	case CTA_PROTO_ICMP_TYPE:
	case CTA_PROTO_ICMPV6_TYPE:
		t->icmp_type = rd_u8(value);
		break;
	case CTA_PROTO_ICMP_CODE:
	case CTA_PROTO_ICMPV6_CODE:
		t->icmp_code = rd_u8(value);
		break;
	default:
		break;
	}
	return 0;
}

static int on_tuple(uint16_t type, struct rd *value, void *user)
{
	switch (type) {
	case CTA_TUPLE_IP:
		return each_attr(*value, on_ip, user);
	case CTA_TUPLE_PROTO:
		return each_attr(*value, on_proto, user);
	default:
		return 0;
	}
}

static int on_counter(uint16_t type, struct rd *value, void *user)
{
	struct ctevent_count *c = user;

	switch (type) {
	case CTA_COUNTERS_PACKETS:
		c->packets = rd_be64(value);
		break;
	case CTA_COUNTERS_BYTES:
		c->bytes = rd_be64(value);
		break;
	default:
		break;
	}
	return 0;
}

static int on_time(uint16_t type, struct rd *value, void *user)
{
	struct ctevent *e = user;

	switch (type) {
	case CTA_TIMESTAMP_START:
		e->start_ns = rd_be64(value);
		break;
	case CTA_TIMESTAMP_STOP:
		e->stop_ns = rd_be64(value);
		break;
	default:
		break;
	}
	return 0;
}

static int on_top(uint16_t type, struct rd *value, void *user)
{
	struct ctevent *e = user;

	switch (type) {
	case CTA_TUPLE_ORIG:
		return each_attr(*value, on_tuple, &e->orig);
	case CTA_TUPLE_REPLY:
		return each_attr(*value, on_tuple, &e->reply);
	case CTA_COUNTERS_ORIG:
		return each_attr(*value, on_counter, &e->up);
	case CTA_COUNTERS_REPLY:
		return each_attr(*value, on_counter, &e->down);
	case CTA_TIMESTAMP:
		return each_attr(*value, on_time, e);
	case CTA_STATUS:
		e->status = rd_be32(value);
		break;
	case CTA_MARK:
		e->mark = rd_be32(value);
		break;
	case CTA_ID:
		e->id = rd_be32(value);
		break;
	case CTA_ZONE:
		e->zone = rd_be16(value);
		break;
	default: /* the kernel's list grows; what we do not know does not concern us */
		break;
	}
	return 0;
}

static int event_type(const struct netlink_nf *nf, enum ctevent_type *ret_type)
{
	/* the kernel sets both flags on a new connection and on nothing else */
	const uint16_t fresh = NLM_F_CREATE | NLM_F_EXCL;

	switch (nf->type) {
	case NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW:
		*ret_type = (nf->flags & fresh) == fresh ? CTEVENT_NEW : CTEVENT_UPDATE;
		return 0;
	case NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE:
		*ret_type = CTEVENT_DESTROY;
		return 0;
	default:
		return -ENOMSG;
	}
}

int ctevent_parse(const void *nlmsg, size_t len, struct ctevent *ret)
{
	struct ctevent e = { 0 };
	struct netlink_nf nf;
	int r = netlink_nf_open(nlmsg, len, &nf);

	if (r == 0)
		r = event_type(&nf, &e.type);
	if (r == 0)
		r = each_attr(nf.attrs, on_top, &e);
	if (r < 0)
		return r;
	if (e.orig.src.family == 0 || e.orig.src.family != e.orig.dst.family)
		return -EBADMSG;
	*ret = e;
	return 0;
}
