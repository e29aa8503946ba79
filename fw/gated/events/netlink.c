/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/events/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

/* Step over padding; the last item of a buffer may come without its own. */
static void skip_padding(struct rd *r, size_t len)
{
	size_t pad = (4 - len % 4) % 4;

	(void)rd_take(r, pad < r->left ? pad : r->left);
}

int netlink_next(struct rd *rest, struct netlink_msg *ret_msg)
{
	struct nlmsghdr h;
	const uint8_t *data;

	if (rd_failed(rest))
		return -EBADMSG;
	if (rest->left == 0)
		return 0;
	if (rest->left < sizeof(h))
		return -EBADMSG;
	memcpy(&h, rest->pos, sizeof(h));
	if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > rest->left)
		return -EBADMSG;
	data = rd_take(rest, h.nlmsg_len);
	skip_padding(rest, h.nlmsg_len);
	*ret_msg = (struct netlink_msg){
		.data = data,
		.len = h.nlmsg_len,
		.type = h.nlmsg_type,
		.flags = h.nlmsg_flags,
		.seq = h.nlmsg_seq,
		.port = h.nlmsg_pid,
	};
	return 1;
}

int netlink_nf_open(const void *nlmsg, size_t len, struct netlink_nf *ret)
{
	struct rd r = rd_of(nlmsg, len);
	struct nfgenmsg nf;
	struct nlmsghdr h;

	rd_bytes(&r, &h, sizeof(h));
	rd_bytes(&r, &nf, sizeof(nf));
	if (rd_failed(&r) || h.nlmsg_len != len)
		return -EBADMSG;
	*ret = (struct netlink_nf){
		.type = h.nlmsg_type,
		.flags = h.nlmsg_flags,
		.family = nf.nfgen_family,
		.res_id = ntohs(nf.res_id),
		.attrs = r,
	};
	return 0;
}

int netlink_attr_next(struct rd *attrs, uint16_t *ret_type, struct rd *ret_value)
{
	struct nlattr a;

	if (rd_failed(attrs))
		return -EBADMSG;
	if (attrs->left == 0)
		return 0;
	if (attrs->left < sizeof(a))
		return -EBADMSG;
	memcpy(&a, attrs->pos, sizeof(a));
	if (a.nla_len < sizeof(a) || a.nla_len > attrs->left)
		return -EBADMSG;
	(void)rd_take(attrs, sizeof(a));
	*ret_value = rd_sub(attrs, a.nla_len - sizeof(a));
	*ret_type = (uint16_t)(a.nla_type & NLA_TYPE_MASK);
	skip_padding(attrs, a.nla_len);
	return 1;
}
