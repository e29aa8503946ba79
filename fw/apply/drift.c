/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/drift.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fw/apply/guard.h"
#include "fw/compile/ruleset.h"
#include "lib/str.h"

/* what the largest ruleset is told with when it is put in again; taken when it is needed */
#define RCVBUF_SIZE (256 << 20)
#define READ_MAX    131072
#define NAME_ATTRS  4 /* tables, names: the first attributes of every object */

int drift_open(struct drift *d, uint32_t own)
{
	int size = RCVBUF_SIZE;
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };

	*d = (struct drift){ .own = own };
	d->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_NETFILTER);
	if (d->fd == -1)
		return -errno;
	if (setsockopt(d->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1 ||
	    bind(d->fd, (const struct sockaddr *)&sa, sizeof(sa)) == -1) {
		int r = -errno;

		drift_close(d);
		return r;
	}
	drift_pause(d, false);
	return 0;
}

void drift_close(struct drift *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
}

void drift_pause(struct drift *d, bool pause)
{
	int group = NFNLGRP_NFTABLES;

	/* when it fails, generations still tell */
	(void)setsockopt(d->fd, SOL_NETLINK,
			 pause ? NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP, &group,
			 sizeof(group));
}

void drift_know(struct drift *d, uint32_t generation)
{
	if ((int32_t)(generation - d->generation) > 0 || d->generation == 0)
		d->generation = generation;
}

/* Each generation is told; one that was left out was told to nobody. */
static void know_next(struct drift *d, uint32_t generation)
{
	if (d->generation != 0 && (int32_t)(generation - d->generation) > 1)
		d->lost = true;
	drift_know(d, generation);
}

struct names {
	const struct nlattr *at[NAME_ATTRS];
};

static int on_name(const struct nlattr *a, void *user)
{
	struct names *n = user;

	if (mnl_attr_get_type(a) < NAME_ATTRS)
		n->at[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static const char *name_of(const struct names *n, uint16_t attr)
{
	if (n->at[attr] == NULL ||
	    mnl_attr_validate(n->at[attr], MNL_TYPE_NUL_STRING) < 0)
		return "";
	return mnl_attr_get_str(n->at[attr]);
}

static uint32_t number_of(const struct names *n, uint16_t attr)
{
	if (n->at[attr] == NULL || mnl_attr_validate(n->at[attr], MNL_TYPE_U32) < 0)
		return 0;
	return ntohl(mnl_attr_get_u32(n->at[attr]));
}

static const struct object {
	uint8_t add, del;
	uint16_t name; /* attribute */
	const char *word;
} objects[] = {
	{ NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFTA_TABLE_NAME, "table" },
	{ NFT_MSG_NEWCHAIN, NFT_MSG_DELCHAIN, NFTA_CHAIN_NAME, "chain" },
	{ NFT_MSG_NEWRULE, NFT_MSG_DELRULE, NFTA_RULE_CHAIN, "rule in" },
	{ NFT_MSG_NEWSET, NFT_MSG_DELSET, NFTA_SET_NAME, "set" },
	{ NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFTA_SET_ELEM_LIST_SET, "element of" },
	{ NFT_MSG_NEWOBJ, NFT_MSG_DELOBJ, NFTA_OBJ_NAME, "object" },
	{ NFT_MSG_NEWFLOWTABLE, NFT_MSG_DELFLOWTABLE, NFTA_FLOWTABLE_NAME, "flowtable" },
};

static const struct object *object_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		if (objects[i].add == type || objects[i].del == type)
			return &objects[i];
	}
	return NULL;
}

static void append(struct drift_change *c, const char *piece)
{
	size_t at = strlen(c->text);

	(void)snprintf(c->text + at, sizeof(c->text) - at, "%s%s", at != 0 ? "; " : "",
		       piece);
}

/* Whole tables stand in front: they say most, and come last when they are deleted. */
static void prepend(struct drift_change *c, const char *piece)
{
	char rest[DRIFT_TEXT_MAX];

	memcpy(rest, c->text, sizeof(rest));
	(void)snprintf(c->text, sizeof(c->text), "%s%s%.200s", piece,
		       rest[0] != '\0' ? "; " : "", rest);
}

static void end_repeats(struct drift_change *c)
{
	size_t at = strlen(c->text);

	if (c->repeated != 0)
		(void)snprintf(c->text + at, sizeof(c->text) - at, " (%u)",
			       c->repeated + 1);
	c->repeated = 0;
}

static void note_object(struct drift_change *c, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nf = mnl_nlmsg_get_payload(nlh);
	uint8_t type = (uint8_t)NFNL_MSG_TYPE(nlh->nlmsg_type);
	const struct object *o = object_of(type);
	char piece[DRIFT_PIECE_MAX];
	struct names n = { 0 };
	const char *table;

	c->objects++;
	if (o == NULL || mnl_attr_parse(nlh, sizeof(*nf), on_name, &n) < 0)
		return;
	table = name_of(&n, NFTA_TABLE_NAME); /* 1 in all of them */
	if (nf->nfgen_family == NFPROTO_INET) {
		c->main = c->main || strcmp(table, FW_TABLE) == 0;
		c->guard = c->guard || strcmp(table, GUARD_TABLE) == 0;
	}
	/* tables of that name in these families are the ruleset's */
	if (nf->nfgen_family == NFPROTO_BRIDGE || nf->nfgen_family == NFPROTO_NETDEV)
		c->main = c->main || strcmp(table, FW_TABLE) == 0 ||
			  strcmp(table, GUARD_TABLE) == 0;
	(void)snprintf(piece, sizeof(piece), "%c%s %.40s%s%.40s",
		       o->add == type ? '+' : '-', o->word, table,
		       o->name != NFTA_TABLE_NAME ? " " : "",
		       o->name != NFTA_TABLE_NAME ? name_of(&n, o->name) : "");
	if (strcmp(piece, c->last) == 0) {
		c->repeated++;
		return;
	}
	end_repeats(c);
	memcpy(c->last, piece, sizeof(c->last));
	if (o->name == NFTA_TABLE_NAME)
		prepend(c, piece);
	else
		append(c, piece);
}

bool drift_take(struct drift *d, const struct nlmsghdr *nlh,
		struct drift_change *ret_change)
{
	struct names n = { 0 };

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(struct nfgenmsg) ||
	    nlh->nlmsg_len % NLMSG_ALIGNTO != 0) /* libmnl reads up to the next one */
		return false;
	if (NFNL_MSG_TYPE(nlh->nlmsg_type) != NFT_MSG_NEWGEN) {
		if (nlh->nlmsg_pid != d->own)
			note_object(&d->next, nlh);
		return false;
	}
	if (mnl_attr_parse(nlh, sizeof(struct nfgenmsg), on_name, &n) >= 0) {
		know_next(d, number_of(&n, NFTA_GEN_ID));
		d->next.pid = number_of(&n, NFTA_GEN_PROC_PID);
		(void)str_copy(d->next.process, sizeof(d->next.process),
			       name_of(&n, NFTA_GEN_PROC_NAME));
	}
	end_repeats(&d->next);
	if (nlh->nlmsg_pid != d->own)
		*ret_change = d->next;
	d->next = (struct drift_change){ 0 };
	return nlh->nlmsg_pid != d->own;
}

void drift_read(struct drift *d, drift_fn *fn, void *user)
{
	_Alignas(max_align_t) char buf[READ_MAX];

	for (;;) {
		ssize_t got = recv(d->fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *nlh = (const void *)buf;
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && errno == ENOBUFS) {
			d->lost = true;
			continue;
		}
		if (got <= 0)
			return;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			struct drift_change change;

			if (drift_take(d, nlh, &change))
				fn(&change, user);
		}
	}
}
