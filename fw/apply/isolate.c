/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/isolate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "fw/apply/elements.h"
#include "fw/apply/expr.h"
#include "fw/apply/statement.h"
#include "lib/log.h"

#define AREA      "gated-apply"
#define FAMILY    NFPROTO_NETDEV
#define FNV_FIRST UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static const struct set_kind cards = { FAMILY, FW_SET_QUARANTINE, 1,
				       0,      ELEMENTS_TYPE_MAC, 6,
				       2 };

/* The next interface of a zone that is there. Returns its index; 0: no more. */
static unsigned next_interface(const struct ruleset *rs, size_t *at,
			       const char **ret_name)
{
	for (; *at < rs->rule_count; (*at)++) {
		const struct fw_rule *r = &rs->rule[*at];
		unsigned index = 0;

		if (r->chain == FW_CHAIN_INPUT && r->iifname[0] != '\0' &&
		    strcmp(r->iifname, "lo") != 0)
			index = if_nametoindex(r->iifname);
		if (index == 0)
			continue;
		*ret_name = r->iifname;
		(*at)++;
		return index;
	}
	return 0;
}

static uint64_t mix(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * FNV_PRIME;
	return sum;
}

/* Never 0. */
static uint64_t sum_of(const struct ruleset *rs)
{
	uint64_t sum = FNV_FIRST;
	const char *name;
	unsigned index;
	size_t at = 0;

	if (rs->quarantine_count == 0)
		return 1;
	while ((index = next_interface(rs, &at, &name)) != 0)
		sum = mix(sum, &index, sizeof(index));
	return mix(sum, rs->quarantine, rs->quarantine_count * sizeof(*rs->quarantine)) |
	       1;
}

static void put_table(struct batch *b, uint16_t type)
{
	struct nlmsghdr *nlh = batch_message_in(
		b, FAMILY, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE | NLM_F_ACK : 0);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, FW_TABLE);
	batch_put(b, nlh);
}

static void put_chain(struct batch *b, const char *interface)
{
	struct nlmsghdr *nlh =
		batch_message_in(b, FAMILY, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, interface);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(NF_NETDEV_EGRESS));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, 0);
	mnl_attr_put_strz(nlh, NFTA_HOOK_DEV, interface);
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	batch_put(b, nlh);
}

static void put_rule(struct batch *b, const char *chain, struct emit *e,
		     enum fw_verdict verdict)
{
	const struct fw_rule last = { .verdict = (uint8_t)verdict };
	struct nlmsghdr *nlh;

	statement_put(e, &last, NULL);
	nftnl_rule_set_u32(e->rule, NFTNL_RULE_FAMILY, FAMILY);
	if (e->failed || nftnl_rule_set_str(e->rule, NFTNL_RULE_TABLE, FW_TABLE) != 0 ||
	    nftnl_rule_set_str(e->rule, NFTNL_RULE_CHAIN, chain) != 0) {
		b->error = -ENOMEM;
		return;
	}
	nlh = batch_message_in(b, FAMILY, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	if (nlh == NULL)
		return;
	nftnl_rule_nlmsg_build_payload(nlh, e->rule);
	batch_put(b, nlh);
}

static void match_discovery(struct emit *e)
{
	const uint16_t ipv6 = htons(ETH_P_IPV6);
	const uint8_t first = ND_ROUTER_SOLICIT, last = ND_REDIRECT;

	expr_load_meta(e, NFT_META_PROTOCOL, NFT_REG_1);
	expr_cmp(e, NFT_CMP_EQ, &ipv6, sizeof(ipv6));
	expr_load_meta(e, NFT_META_L4PROTO, NFT_REG_1);
	expr_cmp_u8(e, IPPROTO_ICMPV6);
	expr_load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
	expr_cmp(e, NFT_CMP_GTE, &first, sizeof(first));
	expr_cmp(e, NFT_CMP_LTE, &last, sizeof(last));
}

static void match_card(struct emit *e)
{
	const uint16_t arp = htons(ETH_P_ARP);

	expr_load_meta(e, NFT_META_PROTOCOL, NFT_REG_1);
	expr_cmp(e, NFT_CMP_NEQ, &arp, sizeof(arp));
	expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, 0, ETH_ALEN, NFT_REG_1);
	expr_lookup(e, FW_SET_QUARANTINE, false);
}

static void put_rules(struct batch *b, const char *chain)
{
	for (int i = 0; i < 2; i++) {
		struct emit e = { .rule = nftnl_rule_alloc() };

		if (e.rule == NULL) {
			b->error = -ENOMEM;
			return;
		}
		if (i == 0)
			match_discovery(&e);
		else
			match_card(&e);
		put_rule(b, chain, &e, i == 0 ? FW_VERDICT_ACCEPT : FW_VERDICT_DROP);
		nftnl_rule_free(e.rule);
	}
}

static void put_all(struct batch *b, const struct ruleset *rs)
{
	const char *name;
	size_t at = 0;

	put_table(b, NFT_MSG_NEWTABLE);
	elements_put_set(b, &cards);
	elements_put_cards(b, FAMILY, NFT_MSG_NEWSETELEM, NLM_F_CREATE, rs->quarantine,
			   rs->quarantine_count);
	while (next_interface(rs, &at, &name) != 0) {
		put_chain(b, name);
		put_rules(b, name);
	}
}

void isolate_set(struct isolate *i, struct nfnl *n, const struct ruleset *rs)
{
	uint64_t wanted = sum_of(rs);
	struct batch b;
	uint32_t seq;
	int r;

	if (i->made == wanted)
		return;
	batch_begin(&b, n, 0);
	put_table(&b, NFT_MSG_NEWTABLE);
	put_table(&b, NFT_MSG_DELTABLE);
	if (rs->quarantine_count != 0)
		put_all(&b, rs);
	r = batch_send(&b, &seq);
	i->made = r == 0 ? wanted : 0;
	if (r < 0 && !i->told)
		log_err(AREA,
			"packets to cards in quarantine go on until their connections "
			"end: %s",
			strerror(-r));
	i->told = r < 0;
}
