/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/elements.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#define ELEMENTS_A_MSG 64 /* stays below NFNL_MESSAGE_MAX */

void elements_put_set(struct batch *b, const struct set_kind *k)
{
	/* tag, length, value: the byte order of keys, then of data */
	const uint8_t order[] = { 0, 4, k->key_order, 0, 0, 0, 1, 4, 1, 0, 0, 0 };
	bool map = (k->flags & NFT_SET_MAP) != 0;
	struct nlmsghdr *nlh =
		batch_message_in(b, k->family, NFT_MSG_NEWSET, NLM_F_CREATE);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, k->name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(k->flags));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(k->key_type));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(k->key_len));
	if (map) {
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(ELEMENTS_TYPE_MARK));
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(sizeof(uint32_t)));
	}
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(k->id));
	mnl_attr_put(nlh, NFTA_SET_USERDATA, map ? sizeof(order) : sizeof(order) / 2,
		     order);
	batch_put(b, nlh);
}

static struct nlmsghdr *begin_message(struct batch *b, uint8_t family, uint16_t type,
				      uint16_t flags, const char *set)
{
	struct nlmsghdr *nlh = batch_message_in(b, family, type, flags);

	if (nlh != NULL) {
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, FW_TABLE);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	}
	return nlh;
}

/* Without a list: every element. */
void elements_flush(struct batch *b, uint8_t family, const char *set)
{
	struct nlmsghdr *nlh =
		begin_message(b, family, NFT_MSG_DELSETELEM, NLM_F_ACK, set);

	if (nlh != NULL)
		batch_put(b, nlh);
}

void elements_card_key(uint8_t *key, size_t size, const struct fw_permit *p)
{
	memset(key, 0, size);
	memcpy(key, p->iifname, sizeof(p->iifname));
	memcpy(key + sizeof(p->iifname), p->mac, sizeof(p->mac));
}

uint64_t elements_timeout(const struct fw_permit *p, int64_t now_ms)
{
	return p->until != 0 ? (uint64_t)(p->until * 1000 - now_ms) : 0;
}

static void put_value(struct nlmsghdr *nlh, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(nlh, nest);
}

struct listing elements_begin(struct batch *b, uint8_t family, const char *set,
			      uint16_t type, uint16_t flags)
{
	return (struct listing){
		.b = b, .family = family, .set = set, .type = type, .flags = flags
	};
}

void elements_end(struct listing *l)
{
	if (l->nlh == NULL)
		return;
	mnl_attr_nest_end(l->nlh, l->list);
	batch_put(l->b, l->nlh);
	l->nlh = NULL;
	l->count = 0;
}

void elements_add(struct listing *l, const struct element *e)
{
	bool add = l->type == NFT_MSG_NEWSETELEM;
	struct nlattr *nest;

	if (l->count == ELEMENTS_A_MSG)
		elements_end(l);
	if (l->nlh == NULL) {
		l->nlh = begin_message(l->b, l->family, l->type, l->flags, l->set);
		if (l->nlh == NULL)
			return;
		l->list = mnl_attr_nest_start(l->nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	nest = mnl_attr_nest_start(l->nlh, NFTA_LIST_ELEM);
	if (add && e->timeout_ms != 0)
		mnl_attr_put_u64(l->nlh, NFTA_SET_ELEM_TIMEOUT, htobe64(e->timeout_ms));
	put_value(l->nlh, NFTA_SET_ELEM_KEY, e->key, e->key_len);
	if (add && e->data != NULL)
		put_value(l->nlh, NFTA_SET_ELEM_DATA, e->data, sizeof(*e->data));
	mnl_attr_nest_end(l->nlh, nest);
	l->count++;
}

void elements_put_cards(struct batch *b, uint8_t family, uint16_t type, uint16_t flags,
			const struct fw_card *card, size_t count)
{
	struct listing l = elements_begin(b, family, FW_SET_QUARANTINE, type, flags);

	for (size_t i = 0; i < count; i++)
		elements_add(&l, &(struct element){ .key = card[i].mac,
						    .key_len = sizeof(card[i].mac) });
	elements_end(&l);
}

void elements_change(struct batch *b, uint8_t family, const struct change *c,
		     elements_permits_fn *put_permits, int64_t now_ms)
{
	const uint16_t add = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;

	put_permits(b, NFT_MSG_DELSETELEM, NLM_F_ACK, c->gone, c->gone_count, now_ms);
	elements_put_cards(b, family, NFT_MSG_DELSETELEM, NLM_F_ACK, c->released,
			   c->released_count);
	put_permits(b, NFT_MSG_NEWSETELEM, add, c->come, c->come_count, now_ms);
	elements_put_cards(b, family, NFT_MSG_NEWSETELEM, add, c->isolated,
			   c->isolated_count);
}
