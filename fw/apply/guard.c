/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "fw/apply/batch.h"
#include "fw/apply/emit.h"
#include "fw/compile/ruleset.h"

#define BEFORE      (-10) /* our own chains are at 0 */
#define BEHIND      10
#define MLD1_REPORT 131
#define MLD1_DONE   132
#define MLD2_REPORT 143

enum { CLEAR_INPUT, INPUT, FORWARD, OUTPUT, CHAINS };

static const struct {
	const char *name;
	uint32_t hook;
	int32_t priority;
	uint32_t policy;
} chains[CHAINS] = {
	[CLEAR_INPUT] = { "clear-input", NF_INET_LOCAL_IN, BEFORE, NF_ACCEPT },
	[INPUT] = { "input", NF_INET_LOCAL_IN, BEHIND, NF_DROP },
	[FORWARD] = { "forward", NF_INET_FORWARD, BEHIND, NF_DROP },
	[OUTPUT] = { "output", NF_INET_LOCAL_OUT, BEHIND, NF_DROP },
};

static void put_table(struct batch *b, uint16_t type)
{
	struct nlmsghdr *nlh = batch_message(
		b, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE | NLM_F_ACK : 0);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, GUARD_TABLE);
	batch_put(b, nlh);
}

static void put_chain(struct batch *b, size_t i)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, GUARD_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chains[i].name);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(chains[i].hook));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)chains[i].priority));
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(chains[i].policy));
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	batch_put(b, nlh);
}

static void put_flush(struct batch *b)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_DELRULE, 0);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, GUARD_TABLE);
	batch_put(b, nlh);
}

static void put_rule(struct batch *b, size_t chain, struct nftnl_rule *rule)
{
	struct nlmsghdr *nlh;

	if (rule == NULL) {
		b->error = -ENOMEM;
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, GUARD_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chains[chain].name);
	nlh = batch_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	if (nlh != NULL) {
		nftnl_rule_nlmsg_build_payload(nlh, rule);
		batch_put(b, nlh);
	}
	nftnl_rule_free(rule);
}

static void put(struct batch *b, size_t chain, struct fw_rule r)
{
	put_rule(b, chain, emit_rule(&r, chains[chain].name, NULL));
}

static void put_rules(struct batch *b)
{
	/* what IPv6 needs on a link; the kernel tracks none of it */
	static const uint8_t link[] = { ND_ROUTER_SOLICIT,   ND_ROUTER_ADVERT,
					ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT,
					MLD1_REPORT,         MLD1_DONE,
					MLD2_REPORT };

	put(b, CLEAR_INPUT, (struct fw_rule){ .set_mark = FW_SET_META_CONST });
	put(b, INPUT, (struct fw_rule){ .iifname = "lo", .verdict = FW_VERDICT_ACCEPT });
	put_rule(b, INPUT, emit_marked(true, false));
	put_rule(b, FORWARD, emit_marked(true, true));
	put(b, OUTPUT, (struct fw_rule){ .oifname = "lo", .verdict = FW_VERDICT_ACCEPT });
	put_rule(b, OUTPUT, emit_marked(false, true));
	for (size_t i = 0; i < ARRAY_LEN(link); i++)
		put(b, OUTPUT,
		    (struct fw_rule){ .family = 6,
				      .l4proto = IPPROTO_ICMPV6,
				      .match = FW_MATCH_ICMP_TYPE,
				      .icmp_type = link[i],
				      .verdict = FW_VERDICT_ACCEPT });
}

static int put_all(struct nfnl *n, bool anew)
{
	struct batch b;
	uint32_t seq;

	batch_begin(&b, n, 0);
	put_table(&b, NFT_MSG_NEWTABLE);
	if (anew) {
		put_table(&b, NFT_MSG_DELTABLE);
		put_table(&b, NFT_MSG_NEWTABLE);
	}
	for (size_t i = 0; i < CHAINS; i++)
		put_chain(&b, i);
	put_flush(&b);
	put_rules(&b);
	return batch_send(&b, &seq);
}

int guard_put(struct nfnl *n, bool anew)
{
	int r = put_all(n, anew);

	return r == 0 || anew ? r : put_all(n, true);
}
