/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/sets.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/elements.h"
#include "lib/mem.h"

#define FAMILY         NFPROTO_INET
#define PERMIT_KEY_MAX (ELEMENTS_CARD_SIZE + 16)
#define TYPE_CARD4     (ELEMENTS_TYPE_CARD << 6 | 7)
#define TYPE_CARD6     (ELEMENTS_TYPE_CARD << 6 | 8)
#define FLOW_ID_FIRST  1000 /* in the batch; meters have those below */

static const struct set_kind kinds[] = {
	{ FAMILY, FW_SET_PERMITS, 1, NFT_SET_MAP | NFT_SET_TIMEOUT, ELEMENTS_TYPE_CARD,
	  ELEMENTS_CARD_SIZE, 0 },
	{ FAMILY, FW_SET_LIVE, 2, NFT_SET_TIMEOUT, ELEMENTS_TYPE_MARK, sizeof(uint32_t),
	  1 },
	{ FAMILY, FW_SET_RECORDING, 3, NFT_SET_TIMEOUT, ELEMENTS_TYPE_NF_PROTO, 1, 0 },
	{ FAMILY, FW_SET_PERMITS4, 4, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_CARD4,
	  ELEMENTS_CARD_SIZE + 4, 0 },
	{ FAMILY, FW_SET_PERMITS6, 5, NFT_SET_MAP | NFT_SET_TIMEOUT, TYPE_CARD6,
	  ELEMENTS_CARD_SIZE + 16, 0 },
	{ FAMILY, FW_SET_BOUND6, 6, NFT_SET_MAP | NFT_SET_TIMEOUT, ELEMENTS_TYPE_CARD,
	  ELEMENTS_CARD_SIZE, 0 },
	{ FAMILY, FW_SET_QUARANTINE, 7, 0, ELEMENTS_TYPE_MAC, 6, 2 },
	{ FAMILY, FW_SET_PEERS4, 8, NFT_SET_MAP | NFT_SET_TIMEOUT,
	  ELEMENTS_TYPE_IFNAME << 6 | 7, FW_IFNAME_MAX + 4, 0 },
	{ FAMILY, FW_SET_PEERS6, 9, NFT_SET_MAP | NFT_SET_TIMEOUT,
	  ELEMENTS_TYPE_IFNAME << 6 | 8, FW_IFNAME_MAX + 16, 0 },
};

void sets_put(struct batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		elements_put_set(b, &kinds[i]);
}

void sets_drop_flows(struct batch *b, const bool *old)
{
	for (uint32_t f = 0; f < POLICY_FLOWS_MAX; f++) {
		struct nlmsghdr *nlh =
			old[f] ? batch_message(b, NFT_MSG_DELSET, 0) : NULL;
		char name[FW_SET_NAME_MAX];

		if (nlh == NULL)
			continue;
		ruleset_flow_set_name((uint16_t)f, name);
		mnl_attr_put_strz(nlh, NFTA_SET_TABLE, FW_TABLE);
		mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
		batch_put(b, nlh);
	}
}

void sets_put_flows(struct batch *b, const struct ruleset *rs)
{
	bool has[POLICY_FLOWS_MAX];

	ruleset_flow_sets(rs, has);
	for (uint32_t f = 0; f < POLICY_FLOWS_MAX; f++) {
		char name[FW_SET_NAME_MAX];

		if (!has[f])
			continue;
		ruleset_flow_set_name((uint16_t)f, name);
		elements_put_set(b,
				 &(struct set_kind){ FAMILY, name, FLOW_ID_FIRST + f,
						     NFT_SET_TIMEOUT, ELEMENTS_TYPE_MARK,
						     sizeof(uint32_t), 1 });
	}
}

/* The maps and the set that permits are elements of. */
enum element_place {
	IN_PERMITS,
	IN_PERMITS4,
	IN_PERMITS6,
	IN_BOUND6,
	IN_PEERS4,
	IN_PEERS6,
	IN_LIVE,
	PLACES,
};

static const char *const place_names[PLACES] = {
	[IN_PERMITS] = FW_SET_PERMITS,   [IN_PERMITS4] = FW_SET_PERMITS4,
	[IN_PERMITS6] = FW_SET_PERMITS6, [IN_BOUND6] = FW_SET_BOUND6,
	[IN_PEERS4] = FW_SET_PEERS4,     [IN_PEERS6] = FW_SET_PEERS6,
	[IN_LIVE] = FW_SET_LIVE,
};

static bool belongs(const struct fw_permit *p, enum element_place place)
{
	if (!fw_permit_is_inet(p))
		return false;
	if (p->kind == FW_PERMIT_PEER && place != IN_LIVE)
		return place == (p->family == 4 ? IN_PEERS4 : IN_PEERS6);
	switch (place) {
	case IN_PEERS4:
	case IN_PEERS6:
		return false;
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
	struct element e = { .key = &p->mark,
			     .key_len = sizeof(p->mark),
			     .timeout_ms = elements_timeout(p, now_ms) };

	if (place == IN_LIVE)
		return e;
	if (p->kind == FW_PERMIT_PEER) {
		memcpy(key, p->iifname, sizeof(p->iifname));
		memcpy(key + sizeof(p->iifname), p->address, sizeof(p->address));
		e.key = key;
		e.key_len = sizeof(p->iifname) + (place == IN_PEERS4 ? 4 : 16);
		e.data = &p->mark;
		return e;
	}
	elements_card_key(key, PERMIT_KEY_MAX, p);
	e.key = key;
	e.key_len = ELEMENTS_CARD_SIZE;
	e.data = &p->mark;
	if (place == IN_PERMITS4 || place == IN_PERMITS6) {
		memcpy(key + ELEMENTS_CARD_SIZE, p->address, sizeof(p->address));
		e.key_len += place == IN_PERMITS4 ? 4 : 16;
	}
	return e;
}

static bool is_over(const struct fw_permit *p, int64_t now_ms)
{
	return p->until != 0 && p->until * 1000 <= now_ms;
}

/* What a permit's cards have in common once: they stand one after the other. */
static void put_place(struct listing *l, enum element_place place,
		      const struct fw_permit *p, size_t count, int64_t now_ms)
{
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t key[PERMIT_KEY_MAX];
		struct element e;

		if (!belongs(&p[i], place) || is_over(&p[i], now_ms) ||
		    (place == IN_LIVE && p[i].mark == last))
			continue;
		last = p[i].mark;
		e = permit_element(&p[i], now_ms, place, key);
		elements_add(l, &e);
	}
	elements_end(l);
}

static int by_flow(const void *a, const void *b)
{
	const struct fw_permit *x = *(const struct fw_permit *const *)a;
	const struct fw_permit *y = *(const struct fw_permit *const *)b;

	return x->flow != y->flow ? x->flow - y->flow
				  : (x->mark > y->mark) - (x->mark < y->mark);
}

/* In runs of one flow. */
static void put_sorted(struct batch *b, uint16_t type, uint16_t flags,
		       const struct fw_permit *const *p, size_t count, int64_t now_ms)
{
	struct listing l = { 0 };
	char name[FW_SET_NAME_MAX];

	for (size_t i = 0; i < count; i++) {
		struct element e = permit_element(p[i], now_ms, IN_LIVE, NULL);

		if (i == 0 || p[i]->flow != p[i - 1]->flow) {
			elements_end(&l);
			ruleset_flow_set_name(p[i]->flow, name);
			l = elements_begin(b, FAMILY, name, type, flags);
		}
		elements_add(&l, &e);
	}
	elements_end(&l);
}

/* Marks in the sets of the flows that their permits are limited to. */
static void put_flows(struct batch *b, uint16_t type, uint16_t flags,
		      const struct fw_permit *p, size_t count, int64_t now_ms)
{
	CLEANUP(free_p)
	const struct fw_permit **list = calloc(count + 1, sizeof(struct fw_permit *));
	size_t n = 0;

	if (list == NULL) {
		b->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (p[i].kind == FW_PERMIT_FLOW && !is_over(&p[i], now_ms))
			list[n++] = &p[i];
	}
	if (n != 0)
		qsort(list, n, sizeof(struct fw_permit *), by_flow);
	put_sorted(b, type, flags, list, n, now_ms);
}

/* All of them, each in its places. */
static void put_permits(struct batch *b, uint16_t type, uint16_t flags,
			const struct fw_permit *p, size_t count, int64_t now_ms)
{
	for (enum element_place place = 0; place < PLACES; place++) {
		struct listing l =
			elements_begin(b, FAMILY, place_names[place], type, flags);

		put_place(&l, place, p, count, now_ms);
	}
	put_flows(b, type, flags, p, count, now_ms);
}

void sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms)
{
	static const struct fw_permit fixed[] = { { .mark = FW_MARK_ZONE },
						  { .mark = FW_MARK_PROXY },
						  { .mark = FW_MARK_GATEWAY } };
	struct listing live =
		elements_begin(b, FAMILY, FW_SET_LIVE, NFT_MSG_NEWSETELEM, NLM_F_CREATE);

	for (enum element_place place = 0; place < PLACES; place++)
		elements_flush(b, FAMILY, place_names[place]);
	elements_flush(b, FAMILY, FW_SET_QUARANTINE);
	put_place(&live, IN_LIVE, fixed, ARRAY_LEN(fixed), now_ms);
	put_permits(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->permit, rs->permit_count,
		    now_ms);
	elements_put_cards(b, FAMILY, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->quarantine,
			   rs->quarantine_count);
}

void sets_change(struct batch *b, const struct change *c, int64_t now_ms)
{
	elements_change(b, FAMILY, c, put_permits, now_ms);
}

void sets_recording(struct batch *b, uint32_t timeout_ms)
{
	static const uint8_t protocols[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	struct listing l = elements_begin(b, FAMILY, FW_SET_RECORDING, NFT_MSG_NEWSETELEM,
					  NLM_F_CREATE);

	elements_flush(b, FAMILY, FW_SET_RECORDING);
	for (size_t i = 0; i < ARRAY_LEN(protocols) && timeout_ms != 0; i++)
		elements_add(&l, &(struct element){ .key = &protocols[i],
						    .key_len = 1,
						    .timeout_ms = timeout_ms });
	elements_end(&l);
}
