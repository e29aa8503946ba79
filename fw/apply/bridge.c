/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/bridge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <string.h>

#include "fw/apply/bridge_sets.h"
#include "fw/apply/expr.h"
#include "fw/apply/guard.h"
#include "fw/apply/statement.h"

#define SOURCE      6 /* in the header of a frame */
#define DESTINATION 0

static const char *const tables[] = { FW_TABLE, GUARD_TABLE };

enum { CHECK, PREROUTING, INPUT, FORWARD, OUTPUT, CLEAR, GUARD, CHAINS };

/* The bridge learns a source address behind prerouting. Link-local frames skip that. */
static const struct chain {
	const char *table;
	const char *name;
	bool base;
	uint32_t hook;
	int32_t priority; /* nft's "dstnat" and "filter" of this family, and around them */
	uint32_t policy;
} chains[CHAINS] = {
	[CHECK] = { FW_TABLE, "check", false, 0, 0, 0 },
	[PREROUTING] = { FW_TABLE, "prerouting", true, NF_BR_PRE_ROUTING, -300, NF_DROP },
	[INPUT] = { FW_TABLE, "input", true, NF_BR_LOCAL_IN, -200, NF_DROP },
	[FORWARD] = { FW_TABLE, "forward", true, NF_BR_FORWARD, -200, NF_DROP },
	[OUTPUT] = { FW_TABLE, "output", true, NF_BR_LOCAL_OUT, -200, NF_DROP },
	[CLEAR] = { GUARD_TABLE, "clear", true, NF_BR_PRE_ROUTING, -310, NF_ACCEPT },
	[GUARD] = { GUARD_TABLE, "forward", true, NF_BR_FORWARD, -190, NF_DROP },
};

static bool is_ours(const struct nftnl_chain *c)
{
	const char *table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
	bool base = nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM);

	for (size_t i = 0; i < CHAINS; i++) {
		if (strcmp(chains[i].table, table) != 0 ||
		    strcmp(chains[i].name, name) != 0)
			continue;
		return base == chains[i].base &&
		       (!base ||
			(nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == chains[i].hook &&
			 nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO) == chains[i].priority));
	}
	return false;
}

static int on_chain(const struct nlmsghdr *nlh, void *user)
{
	struct bridge_state *s = user;
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (c == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	for (size_t i = 0; nftnl_chain_nlmsg_parse(nlh, c) == 0 && i < ARRAY_LEN(tables);
	     i++) {
		if (strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE), tables[i]) != 0)
			continue;
		s->there = true;
		s->odd = s->odd || !is_ours(c);
	}
	nftnl_chain_free(c);
	return MNL_CB_OK;
}

int bridge_read(struct nfnl *n, struct bridge_state *ret_state)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh =
		nfnl_message(n, buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
			     NLM_F_DUMP, NFPROTO_BRIDGE, 0);

	*ret_state = (struct bridge_state){ 0 };
	return nfnl_ask(n, nlh, on_chain, ret_state);
}

static void put_tables(struct batch *b, uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct nlmsghdr *nlh =
			batch_message_in(b, NFPROTO_BRIDGE, type,
					 type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

		if (nlh == NULL)
			return;
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, tables[i]);
		batch_put(b, nlh);
	}
}

static void put_chain(struct batch *b, const struct chain *c)
{
	struct nlmsghdr *nlh =
		batch_message_in(b, NFPROTO_BRIDGE, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, c->table);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, c->name);
	if (c->base) {
		hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(c->hook));
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)c->priority));
		mnl_attr_nest_end(nlh, hook);
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(c->policy));
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
	}
	batch_put(b, nlh);
}

static void put_flush(struct batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct nlmsghdr *nlh =
			batch_message_in(b, NFPROTO_BRIDGE, NFT_MSG_DELRULE, 0);

		if (nlh == NULL)
			return;
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, tables[i]);
		batch_put(b, nlh);
	}
}

static struct emit begin(void)
{
	struct emit e = { .rule = nftnl_rule_alloc() };

	e.failed = e.rule == NULL;
	return e;
}

/* The rule ends with what r says (see statement_put()), and goes into the batch. */
static void end(struct batch *b, size_t chain, struct emit *e, struct fw_rule r)
{
	struct nlmsghdr *nlh = NULL;

	if (!e->failed) {
		statement_put(e, &r, chains[CHECK].name);
		nftnl_rule_set_u32(e->rule, NFTNL_RULE_FAMILY, NFPROTO_BRIDGE);
		e->failed = e->failed ||
			    nftnl_rule_set_str(e->rule, NFTNL_RULE_TABLE,
					       chains[chain].table) != 0 ||
			    nftnl_rule_set_str(e->rule, NFTNL_RULE_CHAIN,
					       chains[chain].name) != 0;
	}
	if (e->failed)
		b->error = -ENOMEM;
	else
		nlh = batch_message_in(b, NFPROTO_BRIDGE, NFT_MSG_NEWRULE,
				       NLM_F_CREATE | NLM_F_APPEND);
	if (nlh != NULL) {
		nftnl_rule_nlmsg_build_payload(nlh, e->rule);
		batch_put(b, nlh);
	}
	if (e->rule != NULL)
		nftnl_rule_free(e->rule);
}

static void match_port(struct emit *e, uint32_t key, const char *set)
{
	expr_load_meta(e, key, NFT_REG_1);
	expr_lookup(e, set, false);
}

static void match_group(struct emit *e)
{
	static const uint8_t bit[6] = { 0x01 };

	expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, DESTINATION, sizeof(bit), NFT_REG_1);
	expr_mask(e, bit, sizeof(bit));
	expr_cmp(e, NFT_CMP_EQ, bit, sizeof(bit));
}

/* The permit of an address at a port becomes the mark; without one the rule ends. */
static void match_permit(struct emit *e, uint32_t port, uint32_t offset)
{
	struct nftnl_expr *x;

	expr_load_meta(e, port, NFT_REG_1);
	expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, offset, 6, NFT_REG_2);
	expr_lookup(e, FW_SET_PERMITS, true);
	x = expr_add(e, "meta");
	expr_u32(x, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	expr_u32(x, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

static void match_class(struct emit *e, uint32_t op, uint32_t class)
{
	static const uint32_t bits = FW_MARK_CLASS;

	expr_load_meta(e, NFT_META_MARK, NFT_REG_1);
	expr_mask(e, &bits, sizeof(bits));
	expr_cmp_u32(e, op, class);
}

static const struct fw_rule pass = { .verdict = FW_VERDICT_ACCEPT };
static const struct fw_rule count_pass = { .counter = FW_COUNTER_RULE,
					   .verdict = FW_VERDICT_ACCEPT };
static const struct fw_rule count_drop = { .counter = FW_COUNTER_RULE,
					   .verdict = FW_VERDICT_DROP };
static const struct fw_rule jump_check = { .verdict = FW_VERDICT_JUMP };

static void put_drop(struct batch *b, size_t chain)
{
	struct emit e = begin();

	end(b, chain, &e, count_drop);
}

static void match_quarantine(struct emit *e, uint32_t offset)
{
	expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, offset, 6, NFT_REG_1);
	expr_lookup(e, FW_SET_QUARANTINE, false);
}

/* To a card in quarantine nothing goes either, at a free port. */
static void put_isolation(struct batch *b, size_t chain)
{
	struct emit e = begin();

	match_quarantine(&e, DESTINATION);
	end(b, chain, &e, count_drop);
}

/* Who sends: an admitted device at its port, or anybody at a free one. */
static void put_check(struct batch *b)
{
	struct emit e = begin();

	end(b, CHECK, &e, (struct fw_rule){ .set_mark = FW_SET_META_CONST });
	e = begin();
	match_quarantine(&e, SOURCE);
	end(b, CHECK, &e,
	    (struct fw_rule){ .counter = FW_COUNTER_RULE,
			      .log_group = FW_LOG_DENY,
			      .log_prefix = FW_BRIDGE_LOG_QUARANTINE,
			      .verdict = FW_VERDICT_DROP });
	e = begin();
	match_port(&e, NFT_META_IIFNAME, FW_BRIDGE_SET_FREE);
	end(b, CHECK, &e,
	    (struct fw_rule){ .set_mark = FW_SET_META_CONST,
			      .new_mark = FW_MARK_ZONE,
			      .verdict = FW_VERDICT_ACCEPT });
	e = begin();
	match_permit(&e, NFT_META_IIFNAME, SOURCE);
	end(b, CHECK, &e, pass);
}

static void put_in(struct batch *b)
{
	struct emit e = begin();

	end(b, PREROUTING, &e, jump_check);
	e = begin();
	end(b, PREROUTING, &e,
	    (struct fw_rule){ .log_group = FW_LOG_DENY,
			      .log_prefix = FW_BRIDGE_LOG_PREFIX });
	put_drop(b, PREROUTING);
	/* what is for the bridge alone (LLDP, BPDUs) comes here only, all the time */
	e = begin();
	end(b, INPUT, &e, jump_check);
	put_drop(b, INPUT);
}

/* From port to port: both devices have the zone's rights. */
static void put_forward(struct batch *b)
{
	struct emit e;

	put_isolation(b, FORWARD);
	e = begin();
	match_port(&e, NFT_META_IIFNAME, FW_BRIDGE_SET_FREE);
	match_port(&e, NFT_META_OIFNAME, FW_BRIDGE_SET_FREE);
	end(b, FORWARD, &e, count_pass);
	e = begin();
	match_class(&e, NFT_CMP_NEQ, REVISION_MARK_FULL);
	end(b, FORWARD, &e, count_drop);
	e = begin();
	match_group(&e);
	match_port(&e, NFT_META_OIFNAME, FW_BRIDGE_SET_NEIGHBOURS);
	end(b, FORWARD, &e, count_pass);
	e = begin();
	match_permit(&e, NFT_META_OIFNAME, DESTINATION);
	match_class(&e, NFT_CMP_EQ, REVISION_MARK_FULL);
	end(b, FORWARD, &e, count_pass);
	put_drop(b, FORWARD);
}

static void put_output(struct batch *b)
{
	struct emit e;

	put_isolation(b, OUTPUT);
	e = begin();
	match_port(&e, NFT_META_OIFNAME, FW_BRIDGE_SET_FREE);
	end(b, OUTPUT, &e, count_pass);
	e = begin();
	match_group(&e);
	match_port(&e, NFT_META_OIFNAME, FW_BRIDGE_SET_LISTENING);
	end(b, OUTPUT, &e, count_pass);
	e = begin();
	match_permit(&e, NFT_META_OIFNAME, DESTINATION);
	end(b, OUTPUT, &e, count_pass);
	put_drop(b, OUTPUT);
}

static void put_guard(struct batch *b)
{
	struct emit e = begin();

	end(b, CLEAR, &e, (struct fw_rule){ .set_mark = FW_SET_META_CONST });
	e = begin();
	match_class(&e, NFT_CMP_NEQ, 0);
	end(b, GUARD, &e, pass);
}

void bridge_put(struct batch *b, const struct ruleset *rs, const struct bridge_state *old,
		bool anew, int64_t now_ms)
{
	bool want = rs->port_count != 0;

	if (!want && !old->there)
		return;
	put_tables(b, NFT_MSG_NEWTABLE);
	if (!want || anew || old->odd) {
		put_tables(b, NFT_MSG_DELTABLE);
		if (!want)
			return;
		put_tables(b, NFT_MSG_NEWTABLE);
	}
	bridge_sets_put(b);
	for (size_t i = 0; i < CHAINS; i++)
		put_chain(b, &chains[i]);
	put_flush(b);
	put_check(b);
	put_in(b);
	put_forward(b);
	put_output(b);
	put_guard(b);
	bridge_sets_fill(b, rs, now_ms);
}
