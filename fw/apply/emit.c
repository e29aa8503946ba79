/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/emit.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define NS_PER_S 1000000000u

struct emit {
	struct nftnl_rule *rule;
	bool failed;
};

/* A new expression at the rule's end, or NULL with e->failed set. */
static struct nftnl_expr *add(struct emit *e, const char *name)
{
	struct nftnl_expr *x = e->failed ? NULL : nftnl_expr_alloc(name);

	if (x == NULL) {
		e->failed = true;
		return NULL;
	}
	nftnl_rule_add_expr(e->rule, x);
	return x;
}

static void set_u32(struct nftnl_expr *x, uint16_t attr, uint32_t value)
{
	if (x != NULL)
		nftnl_expr_set_u32(x, attr, value);
}

static void set_bytes(struct emit *e, struct nftnl_expr *x, uint16_t attr,
		      const void *data, size_t len)
{
	if (x != NULL && nftnl_expr_set(x, attr, data, (uint32_t)len) != 0)
		e->failed = true;
}

static void load_meta(struct emit *e, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *x = add(e, "meta");

	set_u32(x, NFTNL_EXPR_META_KEY, key);
	set_u32(x, NFTNL_EXPR_META_DREG, reg);
}

static void load_ct(struct emit *e, uint32_t key)
{
	struct nftnl_expr *x = add(e, "ct");

	set_u32(x, NFTNL_EXPR_CT_KEY, key);
	set_u32(x, NFTNL_EXPR_CT_DREG, NFT_REG_1);
}

static void load_payload(struct emit *e, uint32_t base, uint32_t offset, uint32_t len,
			 uint32_t reg)
{
	struct nftnl_expr *x = add(e, "payload");

	set_u32(x, NFTNL_EXPR_PAYLOAD_BASE, base);
	set_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	set_u32(x, NFTNL_EXPR_PAYLOAD_LEN, len);
	set_u32(x, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void cmp(struct emit *e, uint32_t op, const void *data, size_t len)
{
	struct nftnl_expr *x = add(e, "cmp");

	set_u32(x, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_CMP_OP, op);
	set_bytes(e, x, NFTNL_EXPR_CMP_DATA, data, len);
}

static void cmp_u8(struct emit *e, uint8_t value)
{
	cmp(e, NFT_CMP_EQ, &value, sizeof(value));
}

static void cmp_u32(struct emit *e, uint32_t op, uint32_t value)
{
	cmp(e, op, &value, sizeof(value));
}

static void mask(struct emit *e, const void *bits, size_t len)
{
	static const uint8_t zero[16];
	struct nftnl_expr *x = add(e, "bitwise");

	set_u32(x, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_BITWISE_LEN, (uint32_t)len);
	set_bytes(e, x, NFTNL_EXPR_BITWISE_MASK, bits, len);
	set_bytes(e, x, NFTNL_EXPR_BITWISE_XOR, zero, len);
}

static void lookup(struct emit *e, const char *set, bool map)
{
	struct nftnl_expr *x = add(e, "lookup");

	set_u32(x, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (map)
		set_u32(x, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	if (x != NULL && nftnl_expr_set_str(x, NFTNL_EXPR_LOOKUP_SET, set) != 0)
		e->failed = true;
}

static void match_ifname(struct emit *e, uint32_t key, const char name[FW_IFNAME_MAX])
{
	load_meta(e, key, NFT_REG_1);
	cmp(e, NFT_CMP_EQ, name, FW_IFNAME_MAX);
}

static void match_addr(struct emit *e, uint32_t offset, const uint8_t *bytes, size_t size,
		       uint8_t len)
{
	uint8_t bits[16] = { 0 };

	load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)size, NFT_REG_1);
	if (len < size * 8) {
		for (uint8_t i = 0; i < len; i++)
			bits[i / 8] = (uint8_t)(bits[i / 8] | 0x80 >> (i % 8));
		mask(e, bits, size);
	}
	cmp(e, NFT_CMP_EQ, bytes, size);
}

static void match_network(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	size_t size = v4 ? 4 : 16;

	if (r->family == 0)
		return;
	load_meta(e, NFT_META_NFPROTO, NFT_REG_1);
	cmp_u8(e, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	if (r->has_saddr)
		match_addr(e, v4 ? 12 : 8, r->saddr, size, r->saddr_len);
	if (r->has_daddr)
		match_addr(e, v4 ? 16 : 24, r->daddr, size, r->daddr_len);
}

/* The kernel gives the address's type as four bytes. */
static void match_local(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if ((r->match & FW_MATCH_LOCAL) == 0)
		return;
	x = add(e, "fib");
	set_u32(x, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	set_u32(x, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	cmp_u32(e, NFT_CMP_EQ, RTN_LOCAL);
}

/* The kernel's "present" is one byte; nft compares four, of which it has cleared three. */
static void match_way_back(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if ((r->match & FW_MATCH_WAY_BACK) == 0)
		return;
	x = add(e, "fib");
	set_u32(x, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_OIF);
	set_u32(x, NFTNL_EXPR_FIB_FLAGS,
		NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT);
	cmp_u32(e, NFT_CMP_EQ, 1);
}

static void match_ports(struct emit *e, uint32_t offset, uint16_t first, uint16_t last)
{
	uint16_t min = htons(first), max = htons(last);

	if (first == 0)
		return;
	load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof(min), NFT_REG_1);
	if (min == max) {
		cmp(e, NFT_CMP_EQ, &min, sizeof(min));
		return;
	}
	cmp(e, NFT_CMP_GTE, &min, sizeof(min));
	cmp(e, NFT_CMP_LTE, &max, sizeof(max));
}

static void match_transport(struct emit *e, const struct fw_rule *r)
{
	if (r->l4proto == 0)
		return;
	load_meta(e, NFT_META_L4PROTO, NFT_REG_1);
	cmp_u8(e, r->l4proto);
	if ((r->match & FW_MATCH_ICMP_TYPE) != 0) {
		load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
		cmp_u8(e, r->icmp_type);
		return;
	}
	match_ports(e, 0, r->sport_min, r->sport_max);
	match_ports(e, 2, r->dport_min, r->dport_max);
}

static void match_ct(struct emit *e, const struct fw_rule *r)
{
	uint32_t bits = 0;

	if ((r->ct_state & FW_CT_NEW) != 0)
		bits |= NF_CT_STATE_BIT(IP_CT_NEW);
	if ((r->ct_state & FW_CT_ESTABLISHED) != 0)
		bits |= NF_CT_STATE_BIT(IP_CT_ESTABLISHED);
	if ((r->ct_state & FW_CT_RELATED) != 0)
		bits |= NF_CT_STATE_BIT(IP_CT_RELATED);
	if (bits != 0) {
		load_ct(e, NFT_CT_STATE);
		mask(e, &bits, sizeof(bits));
		cmp_u32(e, NFT_CMP_NEQ, 0);
	}
	if (r->ct_direction != FW_DIR_ANY) {
		load_ct(e, NFT_CT_DIRECTION);
		cmp_u8(e, r->ct_direction == FW_DIR_REPLY ? IP_CT_DIR_REPLY
							  : IP_CT_DIR_ORIGINAL);
	}
}

static void match_marks(struct emit *e, const struct fw_rule *r)
{
	if ((r->match & FW_MATCH_SKUID) != 0) {
		load_meta(e, NFT_META_SKUID, NFT_REG_1);
		cmp_u32(e, NFT_CMP_EQ, r->skuid);
	}
	if ((r->match & FW_MATCH_MARK) != 0) {
		load_meta(e, NFT_META_MARK, NFT_REG_1);
		if (r->mark_mask != UINT32_MAX)
			mask(e, &r->mark_mask, sizeof(r->mark_mask));
		cmp_u32(e, NFT_CMP_EQ, r->mark_value);
	}
	if ((r->match & FW_MATCH_CT_MARK) != 0) {
		load_ct(e, NFT_CT_MARK);
		cmp_u32(e, NFT_CMP_EQ, r->ct_mark);
	}
	if (r->lookup == FW_LOOKUP_LIVE) {
		load_ct(e, NFT_CT_MARK);
		lookup(e, FW_SET_LIVE, false);
	}
	if (r->lookup == FW_LOOKUP_RECORDING) {
		load_meta(e, NFT_META_NFPROTO, NFT_REG_1);
		lookup(e, FW_SET_RECORDING, false);
	}
}

/* The clock in nanoseconds, as a number that can be compared byte by byte. */
static void match_time(struct emit *e, const struct fw_rule *r)
{
	uint64_t end = htobe64((uint64_t)r->until * NS_PER_S);
	struct nftnl_expr *x;

	if (r->until == 0)
		return;
	load_meta(e, NFT_META_TIME_NS, NFT_REG_1);
	x = add(e, "byteorder");
	set_u32(x, NFTNL_EXPR_BYTEORDER_SREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_BYTEORDER_DREG, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	set_u32(x, NFTNL_EXPR_BYTEORDER_LEN, sizeof(end));
	set_u32(x, NFTNL_EXPR_BYTEORDER_SIZE, sizeof(end));
	cmp(e, NFT_CMP_LT, &end, sizeof(end));
}

static void statement_counter(struct emit *e, const struct fw_rule *r)
{
	if (r->counter != 0)
		(void)add(e, "counter");
}

static void statement_log(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if (r->limit != 0) {
		x = add(e, "limit");
		if (x != NULL) {
			nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_RATE, r->limit);
			nftnl_expr_set_u64(x, NFTNL_EXPR_LIMIT_UNIT, 1);
		}
		set_u32(x, NFTNL_EXPR_LIMIT_BURST, r->limit);
		set_u32(x, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
		set_u32(x, NFTNL_EXPR_LIMIT_FLAGS, 0);
	}
	if (r->log_group != 0) {
		x = add(e, "log");
		if (x != NULL)
			nftnl_expr_set_u16(x, NFTNL_EXPR_LOG_GROUP, r->log_group);
		if (x != NULL &&
		    nftnl_expr_set_str(x, NFTNL_EXPR_LOG_PREFIX, r->log_prefix) != 0)
			e->failed = true;
	}
}

static void load_constant(struct emit *e, uint32_t value)
{
	struct nftnl_expr *x = add(e, "immediate");

	set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	set_bytes(e, x, NFTNL_EXPR_IMM_DATA, &value, sizeof(value));
}

/* The map's key: 16 bytes of name, then 6 of address in the next register. */
static void load_permit(struct emit *e)
{
	uint16_t ethernet = ARPHRD_ETHER;

	load_meta(e, NFT_META_IIFTYPE, NFT_REG_1);
	cmp(e, NFT_CMP_EQ, &ethernet, sizeof(ethernet));
	load_meta(e, NFT_META_IIFNAME, NFT_REG_1);
	load_payload(e, NFT_PAYLOAD_LL_HEADER, 6, 6, NFT_REG_2);
	lookup(e, FW_SET_PERMITS, true);
}

static void statement_marks(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if ((r->set_mark & (FW_SET_META_CONST | FW_SET_META_PERMIT)) != 0) {
		if ((r->set_mark & FW_SET_META_CONST) != 0)
			load_constant(e, r->new_mark);
		else
			load_permit(e);
		x = add(e, "meta");
		set_u32(x, NFTNL_EXPR_META_KEY, NFT_META_MARK);
		set_u32(x, NFTNL_EXPR_META_SREG, NFT_REG_1);
	}
	if ((r->set_mark & (FW_SET_CT_CONST | FW_SET_CT_META)) != 0) {
		if ((r->set_mark & FW_SET_CT_CONST) != 0)
			load_constant(e, r->new_mark);
		else
			load_meta(e, NFT_META_MARK, NFT_REG_1);
		x = add(e, "ct");
		set_u32(x, NFTNL_EXPR_CT_KEY, NFT_CT_MARK);
		set_u32(x, NFTNL_EXPR_CT_SREG, NFT_REG_1);
	}
}

static void statement_redirect(struct emit *e, const struct fw_rule *r)
{
	uint16_t port = htons((uint16_t)r->target);
	struct nftnl_expr *x = add(e, "immediate");

	set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	set_bytes(e, x, NFTNL_EXPR_IMM_DATA, &port, sizeof(port));
	x = add(e, "redir");
	set_u32(x, NFTNL_EXPR_REDIR_REG_PROTO_MIN, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_REDIR_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
}

static void statement_dnat(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	struct nftnl_expr *x = add(e, "immediate");

	set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	set_bytes(e, x, NFTNL_EXPR_IMM_DATA, r->nat, v4 ? 4 : 16);
	x = add(e, "nat");
	set_u32(x, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	set_u32(x, NFTNL_EXPR_NAT_FAMILY, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	set_u32(x, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
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
	load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, v4 ? 4 : 16, NFT_REG_1);
	ruleset_meter_name(r, name);
	x = add(e, "dynset");
	set_u32(x, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	set_u32(x, NFTNL_EXPR_DYNSET_OP,
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
		(void)add(e, "masq");
		return;
	}
	x = add(e, "immediate");
	set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(x, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdicts[r->verdict]);
	if (x != NULL &&
	    (r->verdict == FW_VERDICT_JUMP || r->verdict == FW_VERDICT_GOTO) &&
	    nftnl_expr_set_str(x, NFTNL_EXPR_IMM_CHAIN, target) != 0)
		e->failed = true;
}

/* In the form in which nft keeps a rule's comment. */
static void put_comment(struct emit *e, const char *text)
{
	struct nftnl_udata_buf *b;

	if (text[0] == '\0')
		return;
	b = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	if (b == NULL || nftnl_udata_put_strz(b, NFTNL_UDATA_RULE_COMMENT, text) == 0 ||
	    nftnl_rule_set_data(e->rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(b),
				nftnl_udata_buf_len(b)) != 0)
		e->failed = true;
	if (b != NULL)
		nftnl_udata_buf_free(b);
}

struct nftnl_rule *emit_rule(const struct fw_rule *r, const char *chain,
			     const char *target)
{
	struct emit e = { .rule = nftnl_rule_alloc() };

	if (e.rule == NULL)
		return NULL;
	nftnl_rule_set_u32(e.rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	if (nftnl_rule_set_str(e.rule, NFTNL_RULE_TABLE, FW_TABLE) != 0 ||
	    nftnl_rule_set_str(e.rule, NFTNL_RULE_CHAIN, chain) != 0)
		e.failed = true;
	if (r->iifname[0] != '\0')
		match_ifname(&e, NFT_META_IIFNAME, r->iifname);
	if (r->oifname[0] != '\0')
		match_ifname(&e, NFT_META_OIFNAME, r->oifname);
	match_network(&e, r);
	match_local(&e, r);
	match_way_back(&e, r);
	match_transport(&e, r);
	if (r->hoplimit != 0) {
		load_payload(&e, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFT_REG_1);
		cmp_u8(&e, r->hoplimit);
	}
	match_ct(&e, r);
	match_marks(&e, r);
	statement_meter(&e, r);
	match_time(&e, r);
	statement_counter(&e, r);
	statement_log(&e, r);
	statement_marks(&e, r);
	statement_verdict(&e, r, target);
	put_comment(&e, r->comment);
	if (e.failed) {
		nftnl_rule_free(e.rule);
		return NULL;
	}
	return e.rule;
}

struct nftnl_rule *emit_marked(bool connection)
{
	static const uint32_t class = FW_MARK_CLASS;
	static const struct fw_rule accept = { .verdict = FW_VERDICT_ACCEPT };
	struct emit e = { .rule = nftnl_rule_alloc() };

	if (e.rule == NULL)
		return NULL;
	nftnl_rule_set_u32(e.rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	if (connection)
		load_ct(&e, NFT_CT_MARK);
	else
		load_meta(&e, NFT_META_MARK, NFT_REG_1);
	mask(&e, &class, sizeof(class));
	cmp_u32(&e, NFT_CMP_NEQ, 0);
	statement_verdict(&e, &accept, NULL);
	if (e.failed) {
		nftnl_rule_free(e.rule);
		return NULL;
	}
	return e.rule;
}
