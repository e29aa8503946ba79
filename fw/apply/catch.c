/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/catch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <netinet/in.h>
#include <string.h>

#include "fw/apply/batch.h"
#include "fw/apply/expr.h"
#include "fw/apply/statement.h"
#include "lib/str.h"

#define FIRST          (-INT32_MAX)
#define LAST           (INT32_MAX - 1) /* connections are confirmed at INT32_MAX */
#define ELEMENTS_A_MSG 64 /* stays below NFNL_MESSAGE_MAX */
#define SET_ARRIVED    "arrived"
#define SET_PASSED     "passed"
#define IP4_HEAD       20
#define IP6_HEAD       40
#define ICMP_HEAD      8

static const uint8_t families[] = { NFPROTO_INET, NFPROTO_BRIDGE };

/* A kernel need not know the second one where there is no bridge. */
static size_t family_count(bool bridge)
{
	return bridge ? ARRAY_LEN(families) : 1;
}

enum way { ARRIVED, PASSED, SAID };

static const struct chain {
	uint8_t family;
	enum way way;
	const char *name;
	uint32_t hook;
} chains[] = {
	{ NFPROTO_INET, ARRIVED, "arrived", NF_INET_PRE_ROUTING },
	{ NFPROTO_INET, PASSED, "input", NF_INET_LOCAL_IN },
	{ NFPROTO_INET, PASSED, "forward", NF_INET_FORWARD },
	{ NFPROTO_INET, SAID, "output", NF_INET_LOCAL_OUT },
	{ NFPROTO_BRIDGE, ARRIVED, "arrived", NF_BR_PRE_ROUTING },
	{ NFPROTO_BRIDGE, PASSED, "forward", NF_BR_FORWARD },
};

/* Where a probe has its word, from the transport header on; in errors behind theirs. */
static const struct spot {
	uint8_t proto;
	uint8_t said; /* 1: an error about a probe */
	uint8_t offset;
} places[] = {
	{ IPPROTO_TCP, 0, 4 },
	{ IPPROTO_UDP, 0, 8 },
	{ IPPROTO_ICMP, 0, 4 },
	{ IPPROTO_ICMPV6, 0, 4 },
	{ IPPROTO_ICMP, 1, ICMP_HEAD + IP4_HEAD + 4 },
	{ IPPROTO_ICMP, 1, ICMP_HEAD + IP4_HEAD + 8 },
	{ IPPROTO_ICMPV6, 1, ICMP_HEAD + IP6_HEAD + 4 },
	{ IPPROTO_ICMPV6, 1, ICMP_HEAD + IP6_HEAD + 8 },
};

static void put_table(struct batch *b, uint8_t family, uint16_t type)
{
	uint16_t flags = type == NFT_MSG_NEWTABLE ? NLM_F_CREATE | NLM_F_ACK : NLM_F_ACK;
	struct nlmsghdr *nlh = batch_message_in(b, family, type, flags);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, PROBE_TABLE);
	if (type == NFT_MSG_NEWTABLE)
		mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	batch_put(b, nlh);
}

/* Words, each with a counter of the packets that were found to have it. */
static void put_set(struct batch *b, uint8_t family, const char *name, uint32_t id)
{
	struct nlmsghdr *nlh = batch_message_in(b, family, NFT_MSG_NEWSET, NLM_F_CREATE);
	struct nlattr *nest;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(0));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(sizeof(uint32_t)));
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(id));
	nest = mnl_attr_nest_start(nlh, NFTA_SET_DESC);
	mnl_attr_put_u32(nlh, NFTA_SET_DESC_SIZE, htonl(PROBE_MAX));
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, NFTA_SET_EXPR);
	mnl_attr_put_strz(nlh, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(nlh, nest);
	batch_put(b, nlh);
}

static void put_words(struct batch *b, uint8_t family, const char *set, uint32_t first,
		      uint32_t end)
{
	struct nlmsghdr *nlh =
		batch_message_in(b, family, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	struct nlattr *list, *element, *key;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (uint32_t word = first; word < end; word++) {
		element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
		key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		mnl_attr_put_u32(nlh, NFTA_DATA_VALUE, htonl(word));
		mnl_attr_nest_end(nlh, key);
		mnl_attr_nest_end(nlh, element);
	}
	mnl_attr_nest_end(nlh, list);
	batch_put(b, nlh);
}

static void put_sets(struct batch *b, uint8_t family, uint32_t count, uint32_t word)
{
	static const char *const names[] = { SET_ARRIVED, SET_PASSED };

	for (uint32_t i = 0; i < ARRAY_LEN(names); i++) {
		put_set(b, family, names[i], i + 1);
		for (uint32_t k = 0; k < count; k += ELEMENTS_A_MSG) {
			uint32_t end =
				count - k < ELEMENTS_A_MSG ? count : k + ELEMENTS_A_MSG;

			put_words(b, family, names[i], word + k, word + end);
		}
	}
}

static void put_chain(struct batch *b, const struct chain *c)
{
	struct nlmsghdr *nlh =
		batch_message_in(b, c->family, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, c->name);
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(c->hook));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY,
			 htonl((uint32_t)(c->way == ARRIVED ? FIRST : LAST)));
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	batch_put(b, nlh);
}

static void build_rule(struct emit *e, const struct chain *c, const struct spot *at)
{
	static const struct fw_rule drop = { .verdict = FW_VERDICT_DROP };

	expr_load_meta(e, NFT_META_L4PROTO, NFT_REG_1);
	expr_cmp_u8(e, at->proto);
	expr_load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, at->offset, sizeof(uint32_t),
			  NFT_REG_1);
	expr_lookup(e, c->way == PASSED ? SET_PASSED : SET_ARRIVED, false);
	if (c->way != ARRIVED)
		statement_put(e, &drop, NULL);
	nftnl_rule_set_u32(e->rule, NFTNL_RULE_FAMILY, c->family);
	if (nftnl_rule_set_str(e->rule, NFTNL_RULE_TABLE, PROBE_TABLE) != 0 ||
	    nftnl_rule_set_str(e->rule, NFTNL_RULE_CHAIN, c->name) != 0)
		e->failed = true;
}

static void put_rule(struct batch *b, const struct chain *c, const struct spot *at)
{
	struct emit e = { .rule = nftnl_rule_alloc() };
	struct nlmsghdr *nlh = NULL;

	e.failed = e.rule == NULL;
	if (!e.failed)
		build_rule(&e, c, at);
	if (e.failed)
		b->error = -ENOMEM;
	else
		nlh = batch_message_in(b, c->family, NFT_MSG_NEWRULE,
				       NLM_F_CREATE | NLM_F_APPEND);
	if (nlh != NULL) {
		nftnl_rule_nlmsg_build_payload(nlh, e.rule);
		batch_put(b, nlh);
	}
	if (e.rule != NULL)
		nftnl_rule_free(e.rule);
}

static void put_chains(struct batch *b, uint8_t family)
{
	for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
		if (chains[i].family != family)
			continue;
		put_chain(b, &chains[i]);
		for (size_t k = 0; k < ARRAY_LEN(places); k++) {
			if ((chains[i].way == SAID) == (places[k].said == 1))
				put_rule(b, &chains[i], &places[k]);
		}
	}
}

int catch_open(struct nfnl *n, bool bridge, uint32_t count, uint32_t word)
{
	struct batch b;
	uint32_t seq;

	batch_begin(&b, n, 0);
	for (size_t i = 0; i < family_count(bridge); i++) {
		put_table(&b, families[i], NFT_MSG_NEWTABLE);
		put_table(&b, families[i], NFT_MSG_DELTABLE); /* one that is left */
		put_table(&b, families[i], NFT_MSG_NEWTABLE);
		put_sets(&b, families[i], count, word);
		put_chains(&b, families[i]);
	}
	return batch_send(&b, &seq);
}

int catch_close(struct nfnl *n, bool bridge)
{
	struct batch b;
	uint32_t seq;

	batch_begin(&b, n, 0);
	for (size_t i = 0; i < family_count(bridge); i++)
		put_table(&b, families[i], NFT_MSG_DELTABLE);
	return batch_send(&b, &seq);
}

struct reading {
	uint8_t *mark;
	uint32_t count;
	uint32_t word;
	uint8_t bit;
};

struct element {
	uint32_t word;
	uint64_t packets;
};

static int on_counter(const struct nlattr *a, void *user)
{
	struct element *e = user;

	if (mnl_attr_get_type(a) == NFTA_COUNTER_PACKETS &&
	    mnl_attr_validate(a, MNL_TYPE_U64) >= 0)
		e->packets = be64toh(mnl_attr_get_u64(a));
	return MNL_CB_OK;
}

static int on_expression(const struct nlattr *a, void *user)
{
	return mnl_attr_get_type(a) == NFTA_EXPR_DATA
		       ? mnl_attr_parse_nested(a, on_counter, user)
		       : MNL_CB_OK;
}

static int on_key(const struct nlattr *a, void *user)
{
	struct element *e = user;

	if (mnl_attr_get_type(a) == NFTA_DATA_VALUE &&
	    mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
		e->word = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static int on_part(const struct nlattr *a, void *user)
{
	if (mnl_attr_get_type(a) == NFTA_SET_ELEM_KEY)
		return mnl_attr_parse_nested(a, on_key, user);
	if (mnl_attr_get_type(a) == NFTA_SET_ELEM_EXPR)
		return mnl_attr_parse_nested(a, on_expression, user);
	return MNL_CB_OK;
}

static int on_element(const struct nlattr *a, void *user)
{
	const struct reading *r = user;
	struct element e = { 0 };

	(void)mnl_attr_parse_nested(a, on_part, &e);
	if (e.word - r->word < r->count && e.packets != 0)
		r->mark[e.word - r->word] |= r->bit;
	return MNL_CB_OK;
}

static int on_list(const struct nlattr *a, void *user)
{
	return mnl_attr_get_type(a) == NFTA_SET_ELEM_LIST_ELEMENTS
		       ? mnl_attr_parse_nested(a, on_element, user)
		       : MNL_CB_OK;
}

static int on_elements(const struct nlmsghdr *nlh, void *user)
{
	return mnl_attr_parse(nlh, sizeof(struct nfgenmsg), on_list, user);
}

static int read_set(struct nfnl *n, uint8_t family, const char *set, struct reading *r)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh =
		nfnl_message(n, buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM,
			     NLM_F_DUMP, family, 0);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	return nfnl_ask(n, nlh, on_elements, r);
}

int catch_read(struct nfnl *n, bool bridge, uint32_t count, uint32_t word, uint8_t *mark)
{
	struct reading reading = { .mark = mark, .count = count, .word = word };
	int r = 0;

	for (size_t i = 0; r == 0 && i < family_count(bridge); i++) {
		reading.bit = PROBE_ARRIVED;
		r = read_set(n, families[i], SET_ARRIVED, &reading);
		reading.bit = PROBE_PASSED;
		if (r == 0)
			r = read_set(n, families[i], SET_PASSED, &reading);
	}
	return r;
}
