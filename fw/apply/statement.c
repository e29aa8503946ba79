/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/statement.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

#define NS_PER_S 1000000000u
#define META_BITS \
	(FW_SET_META_CONST | FW_SET_META_PERMIT | FW_SET_META_ADDRESS | \
	 FW_SET_META_BOUND | FW_SET_META_PEER)

/* The clock in nanoseconds, as a number that can be compared byte by byte. */
static void match_time(struct emit *e, const struct fw_rule *r)
{
	uint64_t end = htobe64((uint64_t)r->until * NS_PER_S);
	struct nftnl_expr *x;

	if (r->until == 0)
		return;
	expr_load_meta(e, NFT_META_TIME_NS, NFT_REG_1);
	x = expr_add(e, "byteorder");
	expr_u32(x, NFTNL_EXPR_BYTEORDER_SREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_BYTEORDER_DREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	expr_u32(x, NFTNL_EXPR_BYTEORDER_LEN, sizeof(end));
	expr_u32(x, NFTNL_EXPR_BYTEORDER_SIZE, sizeof(end));
	expr_cmp(e, NFT_CMP_LT, &end, sizeof(end));
}

static void statement_counter(struct emit *e, const struct fw_rule *r)
{
	char name[FW_COUNTER_NAME_MAX];
	struct nftnl_expr *x;

	if (r->counter == FW_COUNTER_RULE)
		(void)expr_add(e, "counter");
	if (r->counter != FW_COUNTER_FLOW)
		return;
	ruleset_counter_name(r, name);
	x = expr_add(e, "objref");
	expr_u32(x, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	if (x != NULL && nftnl_expr_set_str(x, NFTNL_EXPR_OBJREF_IMM_NAME, name) != 0)
		e->failed = true;
}

static void statement_log(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if (r->limit != 0) {
		x = expr_add(e, "limit");
		if (x != NULL) {
			nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_RATE, r->limit);
			nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_UNIT, 1);
		}
		expr_u32(x, NFTNL_EXPR_LIMIT_BURST, r->limit);
		expr_u32(x, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
		expr_u32(x, NFTNL_EXPR_LIMIT_FLAGS, 0);
	}
	if (r->log_group != 0) {
		x = expr_add(e, "log");
		if (x != NULL)
			nftnl_expr_set_u16(x, NFTNL_EXPR_LOG_GROUP, r->log_group);
		if (x != NULL &&
		    nftnl_expr_set_str(x, NFTNL_EXPR_LOG_PREFIX, r->log_prefix) != 0)
			e->failed = true;
	}
}

static void load_constant(struct emit *e, uint32_t value)
{
	struct nftnl_expr *x = expr_add(e, "immediate");

	expr_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	expr_bytes(e, x, NFTNL_EXPR_IMM_DATA, &value, sizeof(value));
}

/*
 * The map's key: 16 bytes of name, then 6 of address in the next register, which is 8
 * bytes of it; behind these the source address, if it counts.
 */
static void load_permit(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	const char *map = (r->set_mark & FW_SET_META_PERMIT) != 0  ? FW_SET_PERMITS
			  : (r->set_mark & FW_SET_META_BOUND) != 0 ? FW_SET_BOUND6
			  : v4                                     ? FW_SET_PERMITS4
								   : FW_SET_PERMITS6;

	expr_match_ethernet(e);
	expr_load_meta(e, NFT_META_IIFNAME, NFT_REG_1);
	expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, 6, 6, NFT_REG_2);
	if ((r->set_mark & FW_SET_META_ADDRESS) != 0)
		expr_load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, v4 ? 4 : 16,
				  NFT_REG32_06);
	expr_lookup(e, map, true);
}

static void load_peer(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;

	expr_load_meta(e, NFT_META_IIFNAME, NFT_REG_1);
	expr_load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, v4 ? 4 : 16,
			  NFT_REG_2);
	expr_lookup(e, v4 ? FW_SET_PEERS4 : FW_SET_PEERS6, true);
}

static void statement_marks(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if ((r->set_mark & META_BITS) != 0) {
		if ((r->set_mark & FW_SET_META_CONST) != 0)
			load_constant(e, r->new_mark);
		else if ((r->set_mark & FW_SET_META_PEER) != 0)
			load_peer(e, r);
		else
			load_permit(e, r);
		x = expr_add(e, "meta");
		expr_u32(x, NFTNL_EXPR_META_KEY, NFT_META_MARK);
		expr_u32(x, NFTNL_EXPR_META_SREG, NFT_REG_1);
	}
	if ((r->set_mark & (FW_SET_CT_CONST | FW_SET_CT_META)) != 0) {
		if ((r->set_mark & FW_SET_CT_CONST) != 0)
			load_constant(e, r->new_mark);
		else
			expr_load_meta(e, NFT_META_MARK, NFT_REG_1);
		x = expr_add(e, "ct");
		expr_u32(x, NFTNL_EXPR_CT_KEY, NFT_CT_MARK);
		expr_u32(x, NFTNL_EXPR_CT_SREG, NFT_REG_1);
	}
}

static void statement_redirect(struct emit *e, const struct fw_rule *r)
{
	uint16_t port = htons((uint16_t)r->target);
	struct nftnl_expr *x = expr_add(e, "immediate");

	expr_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	expr_bytes(e, x, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	x = expr_add(e, "redir");
	expr_u32(x, NFTNL_EXPR_REDIR_REG_PROTO_MIN, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_REDIR_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
}

static void statement_dnat(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	struct nftnl_expr *x = expr_add(e, "immediate");

	expr_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	expr_bytes(e, x, NFTNL_EXPR_IMM_DATA, r->nat, v4 ? 4 : 16);
	x = expr_add(e, "nat");
	expr_u32(x, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	expr_u32(x, NFTNL_EXPR_NAT_FAMILY, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	expr_u32(x, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
}

/* What the set keeps for each source. Given to the set's expression, which owns it. */
static struct nftnl_expr *meter_state(const struct fw_rule *r)
{
	bool rate = r->meter == FW_METER_RATE;
	struct nftnl_expr *x = nftnl_expr_alloc(rate ? "limit" : "connlimit");

	if (x == NULL)
		return NULL;
	if (!rate) {
		nftnl_expr_set_u32(x, NFTNL_EXPR_CONNLIMIT_COUNT, r->ceiling);
		return x;
	}
	nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_RATE, r->ceiling);
	nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_LIMIT_BURST, r->ceiling);
	nftnl_expr_set_u32(x, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(x, NFTNL_EXPR_LIMIT_FLAGS, 0);
	return x;
}

static void statement_meter(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	char name[FW_METER_NAME_MAX];
	struct nftnl_expr *x, *state;

	if (r->meter == FW_METER_NONE)
		return;
	expr_load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, v4 ? 4 : 16,
			  NFT_REG_1);
	ruleset_meter_name(r, name);
	x = expr_add(e, "dynset");
	expr_u32(x, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_DYNSET_OP,
		 r->meter == FW_METER_RATE ? NFT_DYNSET_OP_UPDATE : NFT_DYNSET_OP_ADD);
	if (x == NULL)
		return;
	state = meter_state(r);
	if (state == NULL || nftnl_expr_set_str(x, NFTNL_EXPR_DYNSET_SET_NAME, name) != 0)
		e->failed = true;
	if (state != NULL)
		nftnl_expr_add_expr(x, NFTNL_EXPR_DYNSET_EXPR, state);
}

static void statement_verdict(struct emit *e, const struct fw_rule *r, const char *target)
{
	static const int32_t verdicts[] = {
		[FW_VERDICT_ACCEPT] = NF_ACCEPT,  [FW_VERDICT_DROP] = NF_DROP,
		[FW_VERDICT_RETURN] = NFT_RETURN, [FW_VERDICT_JUMP] = NFT_JUMP,
		[FW_VERDICT_GOTO] = NFT_GOTO,
	};
	struct nftnl_expr *x;

	if (r->verdict == FW_VERDICT_NONE)
		return;
	if (r->verdict == FW_VERDICT_REDIRECT) {
		statement_redirect(e, r);
		return;
	}
	if (r->verdict == FW_VERDICT_DNAT) {
		statement_dnat(e, r);
		return;
	}
	if (r->verdict == FW_VERDICT_MASQUERADE) {
		(void)expr_add(e, "masq");
		return;
	}
	x = expr_add(e, "immediate");
	expr_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	expr_u32(x, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdicts[r->verdict]);
	if (x != NULL &&
	    (r->verdict == FW_VERDICT_JUMP || r->verdict == FW_VERDICT_GOTO) &&
	    nftnl_expr_set_str(x, NFTNL_EXPR_IMM_CHAIN, target) != 0)
		e->failed = true;
}

void statement_put(struct emit *e, const struct fw_rule *r, const char *target)
{
	statement_meter(e, r);
	match_time(e, r);
	statement_counter(e, r);
	statement_log(e, r);
	statement_marks(e, r);
	statement_verdict(e, r, target);
}
