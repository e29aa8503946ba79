/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/nfnl.h"

#define SETS_FIRST 64
#define SETS_MAX   65536

struct set_name {
	uint8_t family;
	char table[NFT_NAME_MAXLEN];
	char name[NFT_NAME_MAXLEN];
};

struct dump {
	struct nfnl nfnl;
	dump_fn *fn;
	void *user;
	int refused;
	uint8_t *part;
	size_t part_max;
	size_t part_len;
	struct set_name *set;
	size_t set_count;
	size_t set_room;
	uint32_t generation;
};

static int flush(struct dump *d)
{
	int r = d->part_len == 0 ? 0 : d->fn(d->part, d->part_len, d->user);

	d->part_len = 0;
	return r;
}

static int put(struct dump *d, const void *data, size_t len)
{
	const uint8_t *at = data;
	int r = 0;

	while (r == 0 && len > 0) {
		size_t room = d->part_max - d->part_len;
		size_t now = len < room ? len : room;

		memcpy(d->part + d->part_len, at, now);
		d->part_len += now;
		at += now;
		len -= now;
		if (d->part_len == d->part_max)
			r = flush(d);
	}
	return r;
}

static int on_message(const struct nlmsghdr *nlh, void *user)
{
	static const uint8_t zero[MNL_ALIGNTO];
	struct dump *d = user;

	if (d->refused == 0)
		d->refused = put(d, nlh, nlh->nlmsg_len);
	if (d->refused == 0)
		d->refused = put(d, zero, -nlh->nlmsg_len % MNL_ALIGNTO);
	return MNL_CB_OK; /* the kernel's answer is taken to its end in any case */
}

static int on_attr(const struct nlattr *attr, void *user)
{
	const struct nlattr **tb = user;
	uint16_t type = mnl_attr_get_type(attr);

	if (type == NFTA_SET_TABLE || type == NFTA_SET_NAME)
		tb[type] = attr;
	return MNL_CB_OK;
}

static int copy_name(const struct nlattr *attr, char dst[NFT_NAME_MAXLEN])
{
	size_t len;

	if (attr == NULL)
		return -EBADMSG;
	len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (len >= NFT_NAME_MAXLEN)
		return -EBADMSG;
	memcpy(dst, mnl_attr_get_payload(attr), len);
	dst[len] = '\0';
	return 0;
}

static int remember(struct dump *d, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NFTA_SET_NAME + 1] = { NULL };
	struct set_name *grown, *s;

	if (d->set_count == d->set_room) {
		size_t room = d->set_room == 0 ? SETS_FIRST : d->set_room * 2;

		if (room > SETS_MAX)
			return -E2BIG;
		grown = reallocarray(d->set, room, sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		d->set = grown;
		d->set_room = room;
	}
	s = &d->set[d->set_count];
	(void)mnl_attr_parse(nlh, sizeof(*nf), on_attr, tb);
	if (copy_name(tb[NFTA_SET_TABLE], s->table) < 0 ||
	    copy_name(tb[NFTA_SET_NAME], s->name) < 0)
		return -EBADMSG;
	s->family = nf->nfgen_family;
	d->set_count++;
	return 0;
}

static int on_set(const struct nlmsghdr *nlh, void *user)
{
	struct dump *d = user;

	if (d->refused == 0)
		d->refused = remember(d, nlh);
	return on_message(nlh, user);
}

static int on_generation_attr(const struct nlattr *attr, void *user)
{
	uint32_t *generation = user;

	if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
		*generation = ntohl(mnl_attr_get_u32(attr));
	return MNL_CB_OK;
}

static int on_generation(const struct nlmsghdr *nlh, void *user)
{
	struct dump *d = user;

	return mnl_attr_parse(nlh, sizeof(struct nfgenmsg), on_generation_attr,
			      &d->generation);
}

static int on_first_generation(const struct nlmsghdr *nlh, void *user)
{
	(void)on_generation(nlh, user);
	return on_message(nlh, user);
}

static int ask(struct dump *d, uint16_t type, uint16_t flags, mnl_cb_t cb)
{
	_Alignas(struct nlmsghdr) char buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh =
		nfnl_message(&d->nfnl, buf, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
			     flags, NFPROTO_UNSPEC, 0);
	int r = nfnl_ask(&d->nfnl, nlh, cb, d);

	return r == 0 ? d->refused : r;
}

static int ask_elements(struct dump *d, const struct set_name *s)
{
	_Alignas(struct nlmsghdr) char buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(
		&d->nfnl, buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, NLM_F_DUMP,
		s->family, 0);
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, s->table);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, s->name);
	r = nfnl_ask(&d->nfnl, nlh, on_message, d);
	if (r == -ENOENT) /* it was there a moment ago */
		r = -EINTR;
	return r == 0 ? d->refused : r;
}

static int read_all(struct dump *d)
{
	uint32_t before;
	int r = ask(d, NFT_MSG_GETGEN, NLM_F_ACK, on_first_generation);

	before = d->generation;
	if (r == 0)
		r = ask(d, NFT_MSG_GETTABLE, NLM_F_DUMP, on_message);
	if (r == 0)
		r = ask(d, NFT_MSG_GETCHAIN, NLM_F_DUMP, on_message);
	if (r == 0)
		r = ask(d, NFT_MSG_GETSET, NLM_F_DUMP, on_set);
	for (size_t i = 0; r == 0 && i < d->set_count; i++)
		r = ask_elements(d, &d->set[i]);
	if (r == 0)
		r = ask(d, NFT_MSG_GETRULE, NLM_F_DUMP, on_message);
	if (r == 0)
		r = ask(d, NFT_MSG_GETGEN, NLM_F_ACK, on_generation);
	if (r == 0 && d->generation != before)
		r = -EINTR;
	return r == 0 ? flush(d) : r;
}

int dump_ruleset(size_t part_max, dump_fn *fn, void *user)
{
	struct dump d = { .fn = fn, .user = user, .part_max = part_max };
	int r = nfnl_open(&d.nfnl);

	if (r == 0) {
		d.part = malloc(part_max);
		r = d.part == NULL ? -ENOMEM : read_all(&d);
	}
	nfnl_close(&d.nfnl);
	free(d.part);
	free(d.set);
	return r;
}
