/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/sweep.h"

#define SINGLES_MAX \
	16 /* looks by the kernel; more marks: one by us, at every connection */
#define CT_TYPE(t) ((uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | (t)))

static int on_attr(const struct nlattr *a, void *user)
{
	uint32_t *mark = user;

	if (mnl_attr_get_type(a) == CTA_MARK && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*mark = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static uint32_t mark_of(const struct nlmsghdr *nlh)
{
	uint32_t mark = 0;

	(void)mnl_attr_parse(nlh, sizeof(struct nfgenmsg), on_attr, &mark);
	return mark;
}

static int dump(struct nfnl *n, mnl_cb_t cb, void *user)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, CT_TYPE(IPCTNL_MSG_CT_GET),
					    NLM_F_DUMP, AF_UNSPEC, 0);

	return nfnl_ask(n, nlh, cb, user);
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static bool has_mark(const struct sweep_connection *c, void *user)
{
	const struct txn_marks *marks = user;

	return bsearch(&c->mark, marks->mark, marks->count, sizeof(c->mark),
		       compare_u32) != NULL;
}

int conntrack_cut_marks(struct nfnl *n, const struct txn_marks *marks, uint32_t *ret_cut)
{
	struct txn_marks sorted = *marks;
	uint32_t cut = 0;
	int r = 0;

	if (marks->count > SINGLES_MAX)
		return sweep_connections(n, 0, has_mark, &sorted, ret_cut);
	for (size_t i = 0; i < marks->count && r == 0; i++) {
		uint32_t one = 0;

		r = marks->mark[i] == 0
			    ? -EINVAL
			    : sweep_connections(n, marks->mark[i], NULL, NULL, &one);
		cut += one;
	}
	if (r == 0)
		*ret_cut = cut;
	return r;
}

static void put_addresses(struct nlmsghdr *nlh, const struct fw_cut_flow *f)
{
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (f->src.family == 4) {
		mnl_attr_put(nlh, CTA_IP_V4_SRC, 4, f->src.bytes);
		mnl_attr_put(nlh, CTA_IP_V4_DST, 4, f->dst.bytes);
	} else {
		mnl_attr_put(nlh, CTA_IP_V6_SRC, 16, f->src.bytes);
		mnl_attr_put(nlh, CTA_IP_V6_DST, 16, f->dst.bytes);
	}
	mnl_attr_nest_end(nlh, ip);
}

static void put_protocol(struct nlmsghdr *nlh, const struct fw_cut_flow *f)
{
	struct nlattr *proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	bool v6 = f->proto == IPPROTO_ICMPV6;

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, f->proto);
	if (f->proto == IPPROTO_ICMP || v6) {
		mnl_attr_put_u16(nlh, v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID,
				 htons(f->icmp_id));
		mnl_attr_put_u8(nlh, v6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE,
				f->icmp_type);
		mnl_attr_put_u8(nlh, v6 ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE,
				f->icmp_code);
	} else {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(f->src_port));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(f->dst_port));
	}
	mnl_attr_nest_end(nlh, proto);
}

int conntrack_cut_flow(struct nfnl *n, const struct fw_cut_flow *f)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh =
		nfnl_message(n, buf, CT_TYPE(IPCTNL_MSG_CT_DELETE), NLM_F_ACK,
			     f->src.family == 4 ? AF_INET : AF_INET6, 0);
	struct nlattr *tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);

	put_addresses(nlh, f);
	put_protocol(nlh, f);
	mnl_attr_nest_end(nlh, tuple);
	mnl_attr_put_u32(nlh, CTA_ID, htonl(f->id));
	return nfnl_ask(n, nlh, NULL, NULL);
}

struct listing {
	conntrack_fn *fn;
	void *user;
};

static int on_listed(const struct nlmsghdr *nlh, void *user)
{
	const struct listing *l = user;
	int r = mark_of(nlh) != 0 ? l->fn(nlh, nlh->nlmsg_len, l->user) : 0;

	if (r == 0)
		return MNL_CB_OK;
	errno = -r;
	return MNL_CB_ERROR;
}

int conntrack_list(struct nfnl *n, conntrack_fn *fn, void *user)
{
	struct listing l = { .fn = fn, .user = user };

	return dump(n, on_listed, &l);
}
