/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/counters.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>

static void put_counter(struct batch *b, const char *name)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	struct nlattr *data;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	data = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_nest_end(nlh, data);
	batch_put(b, nlh);
}

void counters_put(struct batch *b, const struct ruleset *rs)
{
	const struct fw_rule *r;
	size_t at = 0;

	while ((r = ruleset_next_counter(rs, &at)) != NULL) {
		char name[FW_COUNTER_NAME_MAX];

		ruleset_counter_name(r, name);
		put_counter(b, name);
	}
}
