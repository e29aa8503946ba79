/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/bridge_sets.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "fw/apply/elements.h"

#define FAMILY    NFPROTO_BRIDGE
#define NO_PERMIT UINT8_MAX

static const struct {
	struct set_kind set;
	uint8_t permit; /* enum fw_permit_kind of its elements, or NO_PERMIT */
} kinds[] = {
	{ { FAMILY, FW_SET_PERMITS, 101, NFT_SET_MAP | NFT_SET_TIMEOUT,
	    ELEMENTS_TYPE_CARD, ELEMENTS_CARD_SIZE, 0 },
	  FW_PERMIT_PORT },
	{ { FAMILY, FW_BRIDGE_SET_NEIGHBOURS, 102, NFT_SET_TIMEOUT, ELEMENTS_TYPE_IFNAME,
	    FW_IFNAME_MAX, 1 },
	  FW_PERMIT_NEIGHBOURS },
	{ { FAMILY, FW_BRIDGE_SET_LISTENING, 103, NFT_SET_TIMEOUT, ELEMENTS_TYPE_IFNAME,
	    FW_IFNAME_MAX, 1 },
	  FW_PERMIT_LISTENING },
	{ { FAMILY, FW_BRIDGE_SET_FREE, 104, 0, ELEMENTS_TYPE_IFNAME, FW_IFNAME_MAX, 1 },
	  NO_PERMIT },
	{ { FAMILY, FW_SET_QUARANTINE, 105, 0, ELEMENTS_TYPE_MAC, 6, 2 }, NO_PERMIT },
};

void bridge_sets_put(struct batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		elements_put_set(b, &kinds[i].set);
}

/* Each in its set. */
static void put_permits(struct batch *b, uint16_t type, uint16_t flags,
			const struct fw_permit *p, size_t count, int64_t now_ms)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		bool map = kinds[k].permit == FW_PERMIT_PORT;
		struct listing l =
			elements_begin(b, FAMILY, kinds[k].set.name, type, flags);

		for (size_t i = 0; i < count && kinds[k].permit != NO_PERMIT; i++) {
			uint8_t key[ELEMENTS_CARD_SIZE];

			if (p[i].kind != kinds[k].permit ||
			    (p[i].until != 0 && p[i].until * 1000 <= now_ms))
				continue;
			elements_card_key(key, sizeof(key), &p[i]);
			elements_add(&l,
				     &(struct element){ .key = key,
							.key_len = kinds[k].set.key_len,
							.data = map ? &p[i].mark : NULL,
							.timeout_ms = elements_timeout(
								&p[i], now_ms) });
		}
		elements_end(&l);
	}
}

static void put_free(struct batch *b, const struct ruleset *rs)
{
	struct listing l = elements_begin(b, FAMILY, FW_BRIDGE_SET_FREE,
					  NFT_MSG_NEWSETELEM, NLM_F_CREATE);

	for (size_t i = 0; i < rs->port_count; i++) {
		if (rs->port[i].free != 0)
			elements_add(&l, &(struct element){
						 .key = rs->port[i].name,
						 .key_len = sizeof(rs->port[i].name) });
	}
	elements_end(&l);
}

void bridge_sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		elements_flush(b, FAMILY, kinds[i].set.name);
	put_permits(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->permit, rs->permit_count,
		    now_ms);
	put_free(b, rs);
	elements_put_cards(b, FAMILY, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->quarantine,
			   rs->quarantine_count);
}

void bridge_sets_change(struct batch *b, const struct change *c, int64_t now_ms)
{
	elements_change(b, FAMILY, c, put_permits, now_ms);
}
