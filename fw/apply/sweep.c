/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/sweep.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#define CT_TYPE(t) ((uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | (t)))
#define TUPLE_MAX  128
#define ROOM_FIRST 64
#define AT_ONCE    128 /* deletions in one message to the kernel */
#define DELETE_MAX 192 /* bytes of one: head, tuple, id */
#define ANSWER_MAX 8192
#define FLUSH_FROM 512 /* from here on one more look of the kernel costs less */

struct chosen {
	uint8_t tuple[TUPLE_MAX]; /* the attribute, as the kernel sent it */
	uint16_t len;
	uint8_t family;
	uint32_t id; /* as sent: that connection and no later one */
};

struct sweep {
	sweep_fn *fn;
	void *user;
	struct chosen *list; /* owned */
	size_t count;
	size_t room;
};

struct attrs {
	struct sweep_connection c;
	const struct nlattr *tuple;
	uint32_t id;
};

static int on_stamp(const struct nlattr *a, void *user)
{
	struct attrs *at = user;

	if (mnl_attr_get_type(a) == CTA_TIMESTAMP_START &&
	    mnl_attr_validate(a, MNL_TYPE_U64) == 0)
		at->c.began_us = (int64_t)(be64toh(mnl_attr_get_u64(a)) / 1000);
	return MNL_CB_OK;
}

static int on_attr(const struct nlattr *a, void *user)
{
	struct attrs *at = user;

	switch (mnl_attr_get_type(a)) {
	case CTA_TUPLE_ORIG:
		at->tuple = a;
		break;
	case CTA_ID:
		if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			at->id = mnl_attr_get_u32(a);
		break;
	case CTA_MARK:
		if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			at->c.mark = ntohl(mnl_attr_get_u32(a));
		break;
	case CTA_TIMESTAMP:
		(void)mnl_attr_parse_nested(a, on_stamp, user);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static struct chosen *add(struct sweep *s)
{
	size_t room = s->room == 0 ? ROOM_FIRST : s->room * 2;
	void *more;

	if (s->count < s->room)
		return &s->list[s->count++];
	more = realloc(s->list, room * sizeof(*s->list));
	if (more == NULL)
		return NULL;
	s->list = more;
	s->room = room;
	return &s->list[s->count++];
}

static int on_connection(const struct nlmsghdr *nlh, void *user)
{
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(nlh);
	struct sweep *s = user;
	struct attrs at = { 0 };
	struct chosen *c;

	(void)mnl_attr_parse(nlh, sizeof(*nf), on_attr, &at);
	if (at.c.mark == 0 || at.tuple == NULL || at.tuple->nla_len > TUPLE_MAX ||
	    (s->fn != NULL && !s->fn(&at.c, s->user)))
		return MNL_CB_OK;
	c = add(s);
	if (c == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	c->len = at.tuple->nla_len;
	memcpy(c->tuple, at.tuple, c->len);
	c->family = nf->nfgen_family;
	c->id = at.id;
	return MNL_CB_OK;
}

static void put_end(struct nfnl *n, void *at, const struct chosen *c, bool last)
{
	struct nlmsghdr *nlh = nfnl_message(n, at, CT_TYPE(IPCTNL_MSG_CT_DELETE),
					    last ? NLM_F_ACK : 0, c->family, 0);

	memcpy(mnl_nlmsg_get_payload_tail(nlh), c->tuple, c->len);
	nlh->nlmsg_len += (c->len + MNL_ALIGNTO - 1u) & ~(MNL_ALIGNTO - 1u);
	mnl_attr_put_u32(nlh, CTA_ID, c->id);
}

/* Only failures are answered, and the last message. *missed: had ended by themselves. */
static int collect(struct nfnl *n, uint32_t *missed)
{
	char buf[ANSWER_MAX];
	int r = 0;

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(n->socket, buf, sizeof(buf));
		const struct nlmsghdr *nlh = (const void *)buf;
		int left = (int)got;

		if (got == -1)
			return -errno;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			*missed += e->error == -ENOENT;
			if (r == 0 && e->error != -ENOENT)
				r = e->error;
			if (nlh->nlmsg_seq == n->seq)
				return r;
		}
	}
}

/* Up to AT_ONCE of them. Adds to *cut those that were still there. */
static int end(struct nfnl *n, const struct chosen *list, size_t count, uint32_t *cut)
{
	_Alignas(struct nlmsghdr) uint8_t buf[AT_ONCE * DELETE_MAX] = { 0 };
	uint32_t missed = 0;
	size_t len = 0;
	int r;

	for (size_t i = 0; i < count; i++) {
		const struct nlmsghdr *nlh = (const void *)(buf + len);

		put_end(n, buf + len, &list[i], i + 1 == count);
		len += nlh->nlmsg_len;
	}
	if (mnl_socket_sendto(n->socket, buf, len) == -1)
		return -errno;
	r = collect(n, &missed);
	*cut += (uint32_t)count - missed;
	return r;
}

static void put_mark(struct nlmsghdr *nlh, uint32_t mark)
{
	mnl_attr_put_u32(nlh, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(nlh, CTA_MARK_MASK, UINT32_MAX);
}

/* All with that mark, by the kernel itself. Without a mark it would be the whole table. */
static int flush(struct nfnl *n, uint32_t mark)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, CT_TYPE(IPCTNL_MSG_CT_DELETE),
					    NLM_F_ACK, AF_UNSPEC, 0);

	put_mark(nlh, mark);
	return nfnl_ask(n, nlh, NULL, NULL);
}

int sweep_connections(struct nfnl *n, uint32_t mark, sweep_fn *fn, void *user,
		      uint32_t *ret_cut)
{
	struct sweep s = { .fn = fn, .user = user };
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, CT_TYPE(IPCTNL_MSG_CT_GET),
					    NLM_F_DUMP, AF_UNSPEC, 0);
	uint32_t cut = 0;
	int r;

	if (mark != 0)
		put_mark(nlh, mark);
	r = nfnl_ask(n, nlh, on_connection, &s);
	if (r == 0 && mark != 0 && s.count >= FLUSH_FROM) {
		r = flush(n, mark);
		cut = (uint32_t)s.count;
		s.count = 0;
	}
	for (size_t i = 0; i < s.count && r == 0; i += AT_ONCE) {
		size_t left = s.count - i;

		r = end(n, s.list + i, left < AT_ONCE ? left : AT_ONCE, &cut);
	}
	free(s.list);
	if (r == 0)
		*ret_cut = cut;
	return r;
}

static bool is_later(const struct sweep_connection *c, void *user)
{
	const int64_t *since_us = user;

	return c->began_us >= *since_us;
}

int sweep_since(struct nfnl *n, int64_t since_us, uint32_t *ret_cut)
{
	return sweep_connections(n, 0, is_later, &since_us, ret_cut);
}
