/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/sets.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define ELEMENTS_A_MSG  64 /* stays below NFNL_MESSAGE_MAX */
#define PERMIT_KEY_SIZE 24 /* 16 of the name, 6 of the card, 2 of padding */
#define PERMIT_KEY_MAX  40 /* and the address */

/* nft's own numbers of data types; only "nft list" needs them */
#define TYPE_NF_PROTO 2
#define TYPE_MARK     19
#define TYPE_MAC      9
#define TYPE_PERMIT   (41 << 6 | TYPE_MAC) /* ifname . ether_addr */
#define TYPE_PERMIT4  (TYPE_PERMIT << 6 | 7)
#define TYPE_PERMIT6  (TYPE_PERMIT << 6 | 8)

struct set_kind {
	const char *name;
	uint32_t id;
	uint32_t flags;
	uint32_t key_type;
	uint32_t key_len;
	uint8_t key_order; /* nft's byte order: 0 invalid (mixed), 1 host, 2 network */
};

static const struct set_kind kinds[] = {
	{ FW_SET_PERMITS, 1, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_PERMIT, PERMIT_KEY_SIZE,
	  0 },
	{ FW_SET_LIVE, 2, NFT_SET_TIMEOUT, TYPE_MARK, sizeof(uint32_t), 1 },
	{ FW_SET_RECORDING, 3, NFT_SET_TIMEOUT, TYPE_NF_PROTO, 1, 0 },
	{ FW_SET_PERMITS4, 4, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_PERMIT4,
	  PERMIT_KEY_SIZE + 4, 0 },
	{ FW_SET_PERMITS6, 5, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_PERMIT6,
	  PERMIT_KEY_SIZE + 16, 0 },
	{ FW_SET_BOUND6, 6, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_PERMIT, PERMIT_KEY_SIZE,
	  0 },
	{ FW_SET_QUARANTINE, 7, 0, TYPE_MAC, 6, 2 },
};

static void put_set(struct batch *b, const struct set_kind *k)
{
	/* tag, length, value: the byte order of keys, then of data */
	const uint8_t order[] = { 0, 4, k->key_order, 0, 0, 0, 1, 4, 1, 0, 0, 0 };
	bool map = (k->flags & NFT_SET_MAP) != 0;
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);

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

void sets_put(struct batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		put_set(b, &kinds[i]);
}

static struct nlmsghdr *elements_begin(struct batch *b, uint16_t type, uint16_t flags,
				       const char *set)
{
	struct nlmsghdr *nlh = batch_message(b, type, flags);

	if (nlh != NULL) {
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, FW_TABLE);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	}
	return nlh;
}

/* Without a list: every element. */
static void put_flush(struct batch *b, const char *set)
{
	struct nlmsghdr *nlh = elements_begin(b, NFT_MSG_DELSETELEM, NLM_F_ACK, set);

	if (nlh != NULL)
		batch_put(b, nlh);
}

static void put_value(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, nest);
}

struct element {
	const void *key;
	size_t key_len;
	const uint32_t *data; /* NULL in a set */
	uint64_t timeout_ms; /* 0: none */
};

static void put_element(struct nlmsghdr *nlh, const struct element *e)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);

	if (e->timeout_ms != 0)
		mnl_attr_put_u64(nlh, NFTA_SET_ELEM_TIMEOUT, htobe64(e->timeout_ms));
	put_value(nlh, NFTA_SET_ELEM_KEY, e->key, e->key_len);
	if (e->data != NULL)
		put_value(nlh, NFTA_SET_ELEM_DATA, e->data, sizeof(*e->data));
	mnl_attr_nest_end(nlh, nest);
}

/* The maps and the set that permits are elements of. */
enum element_place {
	IN_PERMITS,
	IN_PERMITS4,
	IN_PERMITS6,
	IN_BOUND6,
	IN_LIVE,
	PLACES,
};

static const char *const place_names[PLACES] = {
	[IN_PERMITS] = FW_SET_PERMITS,   [IN_PERMITS4] = FW_SET_PERMITS4,
	[IN_PERMITS6] = FW_SET_PERMITS6, [IN_BOUND6] = FW_SET_BOUND6,
	[IN_LIVE] = FW_SET_LIVE,
};

static bool belongs(const struct fw_permit *p, enum element_place place)
{
	if (!fw_permit_is_inet(p))
		return false;
	switch (place) {
	case IN_PERMITS:
		return p->family == 0;
	case IN_PERMITS4:
		return p->family == 4;
	case IN_PERMITS6:
	case IN_BOUND6:
		return p->family == 6;
	case IN_LIVE:
	case PLACES:
		break;
	}
	return true;
}

static struct element permit_element(const struct fw_permit *p, int64_t now_ms,
				     enum element_place place,
				     uint8_t key[PERMIT_KEY_MAX])
{
	struct element e = { .key = &p->mark, .key_len = sizeof(p->mark) };

	if (p->until != 0)
		e.timeout_ms = (uint64_t)(p->until * 1000 - now_ms);
	if (place == IN_LIVE)
		return e;
	memset(key, 0, PERMIT_KEY_MAX);
	memcpy(key, p->iifname, sizeof(p->iifname));
	memcpy(key + sizeof(p->iifname), p->mac, sizeof(p->mac));
	e.key = key;
	e.key_len = PERMIT_KEY_SIZE;
	e.data = &p->mark;
	if (place == IN_PERMITS4 || place == IN_PERMITS6) {
		memcpy(key + PERMIT_KEY_SIZE, p->address, sizeof(p->address));
		e.key_len += place == IN_PERMITS4 ? 4 : 16;
	}
	return e;
}

static bool is_over(const struct fw_permit *p, int64_t now_ms)
{
	return p->until != 0 && p->until * 1000 <= now_ms;
}

struct listing { /* elements of one place, message by message */
	struct batch *b;
	uint16_t type, flags;
	enum element_place place;
	int64_t now_ms;
	struct nlmsghdr *nlh;
	struct nlattr *list;
	unsigned count; /* in the message */
	uint32_t last; /* mark that was listed last */
};

static void end_message(struct listing *l)
{
	if (l->nlh == NULL)
		return;
	mnl_attr_nest_end(l->nlh, l->list);
	batch_put(l->b, l->nlh);
	l->nlh = NULL;
	l->count = 0;
}

static void list_permit(struct listing *l, const struct fw_permit *p)
{
	uint8_t key[PERMIT_KEY_MAX];
	struct element e;

	if (!belongs(p, l->place) || is_over(p, l->now_ms) ||
	    (l->place == IN_LIVE && p->mark == l->last))
		return;
	l->last = p->mark;
	if (l->count == ELEMENTS_A_MSG)
		end_message(l);
	if (l->nlh == NULL) {
		l->nlh = elements_begin(l->b, l->type, l->flags, place_names[l->place]);
		if (l->nlh == NULL)
			return;
		l->list = mnl_attr_nest_start(l->nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	e = permit_element(p, l->now_ms, l->place, key);
	if (l->type == NFT_MSG_DELSETELEM) {
		e.timeout_ms = 0;
		e.data = NULL;
	}
	put_element(l->nlh, &e);
	l->count++;
}

/* All of them, each in its places; what a permit's cards have in common once. */
static void put_permits(struct batch *b, uint16_t type, uint16_t flags,
			const struct fw_permit *p, size_t count, int64_t now_ms)
{
	for (enum element_place place = 0; place < PLACES; place++) {
		struct listing l = { .b = b,
				     .type = type,
				     .flags = flags,
				     .place = place,
				     .now_ms = now_ms };

		for (size_t i = 0; i < count; i++)
			list_permit(&l, &p[i]);
		end_message(&l);
	}
}

static void put_cards(struct batch *b, uint16_t type, uint16_t flags,
		      const struct fw_card *card, size_t count)
{
	for (size_t i = 0; i < count;) {
		struct nlmsghdr *nlh = elements_begin(b, type, flags, FW_SET_QUARANTINE);
		struct nlattr *list;

		if (nlh == NULL)
			return;
		list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (unsigned n = 0; n < ELEMENTS_A_MSG && i < count; n++, i++) {
			struct element e = { .key = card[i].mac,
					     .key_len = sizeof(card[i].mac) };

			put_element(nlh, &e);
		}
		mnl_attr_nest_end(nlh, list);
		batch_put(b, nlh);
	}
}

void sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms)
{
	static const struct fw_permit fixed[] = { { .mark = FW_MARK_ZONE },
						  { .mark = FW_MARK_PROXY },
						  { .mark = FW_MARK_GATEWAY } };
	struct listing l = { .b = b,
			     .type = NFT_MSG_NEWSETELEM,
			     .flags = NLM_F_CREATE,
			     .place = IN_LIVE };

	for (enum element_place place = 0; place < PLACES; place++)
		put_flush(b, place_names[place]);
	put_flush(b, FW_SET_QUARANTINE);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		list_permit(&l, &fixed[i]);
	end_message(&l);
	put_permits(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->permit, rs->permit_count,
		    now_ms);
	put_cards(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->quarantine,
		  rs->quarantine_count);
}

void sets_change(struct batch *b, const struct change *c, int64_t now_ms)
{
	const uint16_t add = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;

	put_permits(b, NFT_MSG_DELSETELEM, NLM_F_ACK, c->gone, c->gone_count, now_ms);
	put_cards(b, NFT_MSG_DELSETELEM, NLM_F_ACK, c->released, c->released_count);
	put_permits(b, NFT_MSG_NEWSETELEM, add, c->come, c->come_count, now_ms);
	put_cards(b, NFT_MSG_NEWSETELEM, add, c->isolated, c->isolated_count);
}

void sets_recording(struct batch *b, uint32_t timeout_ms)
{
	static const uint8_t protocols[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	struct nlmsghdr *nlh;
	struct nlattr *list;

	put_flush(b, FW_SET_RECORDING);
	if (timeout_ms == 0)
		return;
	nlh = elements_begin(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, FW_SET_RECORDING);
	if (nlh == NULL)
		return;
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct element e = { .key = &protocols[i],
				     .key_len = 1,
				     .timeout_ms = timeout_ms };

		put_element(nlh, &e);
	}
	mnl_attr_nest_end(nlh, list);
	batch_put(b, nlh);
}
