/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/bridge_sets.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define ELEMENTS_A_MSG 64 /* stays below NFNL_MESSAGE_MAX */
#define PORT_KEY_SIZE  24 /* 16 of the name, 6 of the address, 2 of padding */

/* nft's own numbers of data types; only "nft list" needs them */
#define TYPE_ETHER  9
#define TYPE_MARK   19
#define TYPE_IFNAME 41
#define TYPE_PORT   (41 << 6 | 9) /* ifname . ether_addr */

#define NO_PERMIT UINT8_MAX

static const struct set_kind {
	const char *name;
	uint32_t id; /* in a batch; fw/apply/sets.c has others */
	uint32_t flags;
	uint32_t key_type;
	uint32_t key_len;
	uint8_t key_order; /* nft's byte order: 0 invalid (mixed), 1 host, 2 big */
	uint8_t permit; /* enum fw_permit_kind of its elements, or NO_PERMIT */
} kinds[] = {
	{ FW_SET_PERMITS, 101, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_PORT, PORT_KEY_SIZE, 0,
	  FW_PERMIT_PORT },
	{ FW_BRIDGE_SET_NEIGHBOURS, 102, NFT_SET_TIMEOUT, TYPE_IFNAME, FW_IFNAME_MAX, 1,
	  FW_PERMIT_NEIGHBOURS },
	{ FW_BRIDGE_SET_LISTENING, 103, NFT_SET_TIMEOUT, TYPE_IFNAME, FW_IFNAME_MAX, 1,
	  FW_PERMIT_LISTENING },
	{ FW_BRIDGE_SET_FREE, 104, 0, TYPE_IFNAME, FW_IFNAME_MAX, 1, NO_PERMIT },
	{ FW_SET_QUARANTINE, 105, 0, TYPE_ETHER, 6, 2, NO_PERMIT },
};

struct nlmsghdr *bridge_message(struct batch *b, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = batch_message(b, type, flags);

	if (nlh != NULL) {
		struct nfgenmsg *nf = mnl_nlmsg_get_payload(nlh);

		nf->nfgen_family = NFPROTO_BRIDGE;
	}
	return nlh;
}

static void put_set(struct batch *b, const struct set_kind *k)
{
	/* tag, length, value: the byte order of keys, then of data */
	const uint8_t order[] = { 0, 4, k->key_order, 0, 0, 0, 1, 4, 1, 0, 0, 0 };
	bool map = (k->flags & NFT_SET_MAP) != 0;
	struct nlmsghdr *nlh = bridge_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, k->name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(k->flags));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(k->key_type));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(k->key_len));
	if (map) {
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(TYPE_MARK));
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(sizeof(uint32_t)));
	}
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(k->id));
	mnl_attr_put(nlh, NFTA_SET_USERDATA, map ? sizeof(order) : sizeof(order) / 2,
		     order);
	batch_put(b, nlh);
}

void bridge_sets_put(struct batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		put_set(b, &kinds[i]);
}

static struct nlmsghdr *elements_begin(struct batch *b, uint16_t type, uint16_t flags,
				       const char *set)
{
	struct nlmsghdr *nlh = bridge_message(b, type, flags);

	if (nlh != NULL) {
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, FW_TABLE);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	}
	return nlh;
}

static void put_flush(struct batch *b, const char *set)
{
	struct nlmsghdr *nlh = elements_begin(b, NFT_MSG_DELSETELEM, 0, set);

	if (nlh != NULL)
		batch_put(b, nlh);
}

static void put_value(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, nest);
}

/* A key alone when it is to be deleted. */
static void put_permit(struct nlmsghdr *nlh, const struct fw_permit *p, bool add,
		       int64_t now_ms)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	bool map = p->kind == FW_PERMIT_PORT;
	uint8_t key[PORT_KEY_SIZE] = { 0 };

	memcpy(key, p->iifname, sizeof(p->iifname));
	memcpy(key + sizeof(p->iifname), p->mac, sizeof(p->mac));
	if (add && p->until != 0)
		mnl_attr_put_u64(nlh, NFTA_SET_ELEM_TIMEOUT,
				 htobe64((uint64_t)(p->until * 1000 - now_ms)));
	put_value(nlh, NFTA_SET_ELEM_KEY, key, map ? sizeof(key) : FW_IFNAME_MAX);
	if (add && map)
		put_value(nlh, NFTA_SET_ELEM_DATA, &p->mark, sizeof(p->mark));
	mnl_attr_nest_end(nlh, nest);
}

static bool is_element(const struct fw_permit *p, const struct set_kind *k,
		       int64_t now_ms)
{
	return p->kind == k->permit && (p->until == 0 || p->until * 1000 > now_ms);
}

/* Add or delete those of a set, message by message. */
static void put_permits(struct batch *b, const struct fw_permit *p, size_t count,
			const struct set_kind *k, uint16_t type, uint16_t flags,
			int64_t now_ms)
{
	for (size_t i = 0; i < count;) {
		struct nlmsghdr *nlh;
		struct nlattr *list;

		while (i < count && !is_element(&p[i], k, now_ms))
			i++;
		nlh = i < count ? elements_begin(b, type, flags, k->name) : NULL;
		if (nlh == NULL)
			return;
		list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (unsigned n = 0; i < count && n < ELEMENTS_A_MSG; i++) {
			if (!is_element(&p[i], k, now_ms))
				continue;
			put_permit(nlh, &p[i], type == NFT_MSG_NEWSETELEM, now_ms);
			n++;
		}
		mnl_attr_nest_end(nlh, list);
		batch_put(b, nlh);
	}
}

/* One element that is a key alone. */
static void put_key(struct batch *b, uint16_t type, uint16_t flags, const char *set,
		    const void *key, size_t len)
{
	struct nlmsghdr *nlh = elements_begin(b, type, flags, set);
	struct nlattr *list, *nest;

	if (nlh == NULL)
		return;
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	put_value(nlh, NFTA_SET_ELEM_KEY, key, len);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, list);
	batch_put(b, nlh);
}

static void put_cards(struct batch *b, uint16_t type, uint16_t flags,
		      const struct fw_card *card, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_key(b, type, flags, FW_SET_QUARANTINE, card[i].mac,
			sizeof(card[i].mac));
}

void bridge_sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		put_flush(b, kinds[i].name);
		if (kinds[i].permit != NO_PERMIT)
			put_permits(b, rs->permit, rs->permit_count, &kinds[i],
				    NFT_MSG_NEWSETELEM, NLM_F_CREATE, now_ms);
	}
	for (size_t i = 0; i < rs->port_count; i++) {
		if (rs->port[i].free != 0)
			put_key(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, FW_BRIDGE_SET_FREE,
				rs->port[i].name, sizeof(rs->port[i].name));
	}
	put_cards(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->quarantine,
		  rs->quarantine_count);
}

void bridge_sets_change(struct batch *b, const struct change *c, int64_t now_ms)
{
	const uint16_t come = NLM_F_CREATE | NLM_F_EXCL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		put_permits(b, c->gone, c->gone_count, &kinds[i], NFT_MSG_DELSETELEM, 0,
			    now_ms);
	put_cards(b, NFT_MSG_DELSETELEM, 0, c->released, c->released_count);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		put_permits(b, c->come, c->come_count, &kinds[i], NFT_MSG_NEWSETELEM,
			    come, now_ms);
	put_cards(b, NFT_MSG_NEWSETELEM, come, c->isolated, c->isolated_count);
}
