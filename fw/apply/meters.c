/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/meters.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* nft's own numbers of data types; only "nft list" needs them */
#define TYPE_IPV4 7
#define TYPE_IPV6 8

#define ID_FIRST 100 /* in the batch; the fixed sets have those below */

static void put_set(struct batch *b, const struct fw_rule *r, uint32_t id)
{
	/* tag, length, value: the byte order of keys is the network's */
	static const uint8_t order[] = { 0, 4, 2, 0, 0, 0 };
	bool rate = r->meter == FW_METER_RATE, v4 = r->family == 4;
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	char name[FW_METER_NAME_MAX];
	struct nlattr *desc;

	if (nlh == NULL)
		return;
	ruleset_meter_name(r, name);
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS,
			 htonl(NFT_SET_EVAL | (rate ? NFT_SET_TIMEOUT : 0u)));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(v4 ? TYPE_IPV4 : TYPE_IPV6));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(v4 ? 4 : 16));
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(id));
	desc = mnl_attr_nest_start(nlh, NFTA_SET_DESC);
	mnl_attr_put_u32(nlh, NFTA_SET_DESC_SIZE, htonl(FW_METER_SIZE));
	mnl_attr_nest_end(nlh, desc);
	if (rate)
		mnl_attr_put_u64(nlh, NFTA_SET_TIMEOUT,
				 htobe64(FW_METER_TIMEOUT_S * UINT64_C(1000)));
	mnl_attr_put(nlh, NFTA_SET_USERDATA, sizeof(order), order);
	batch_put(b, nlh);
}

void meters_put_sets(struct batch *b, const struct ruleset *rs)
{
	uint32_t id = ID_FIRST;

	for (size_t i = 0; i < rs->rule_count; i++) {
		if (rs->rule[i].meter != FW_METER_NONE)
			put_set(b, &rs->rule[i], id++);
	}
}
