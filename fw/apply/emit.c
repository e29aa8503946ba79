/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/emit.h"

#include <arpa/inet.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "fw/apply/expr.h"
#include "fw/apply/statement.h"

static void match_ifname(struct emit *e, uint32_t key, const char name[FW_IFNAME_MAX])
{
	expr_load_meta(e, key, NFT_REG_1);
	expr_cmp(e, NFT_CMP_EQ, name, FW_IFNAME_MAX);
}

static void match_addr(struct emit *e, uint32_t offset, const uint8_t *bytes, size_t size,
		       uint8_t len)
{
	uint8_t bits[16] = { 0 };

	expr_load_payload(e, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)size,
			  NFT_REG_1);
	if (len < size * 8) {
		for (uint8_t i = 0; i < len; i++)
			bits[i / 8] = (uint8_t)(bits[i / 8] | 0x80 >> (i % 8));
		expr_mask(e, bits, size);
	}
	expr_cmp(e, NFT_CMP_EQ, bytes, size);
}

static void match_network(struct emit *e, const struct fw_rule *r)
{
	bool v4 = r->family == 4;
	size_t size = v4 ? 4 : 16;

	if (r->family == 0)
		return;
	expr_load_meta(e, NFT_META_NFPROTO, NFT_REG_1);
	expr_cmp_u8(e, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
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
	x = expr_add(e, "fib");
	expr_u32(x, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	expr_u32(x, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	expr_cmp_u32(e, NFT_CMP_EQ, RTN_LOCAL);
}

/* The kernel's "present" is one byte; nft compares four, of which it has cleared three. */
static void match_way_back(struct emit *e, const struct fw_rule *r)
{
	struct nftnl_expr *x;

	if ((r->match & FW_MATCH_WAY_BACK) == 0)
		return;
	x = expr_add(e, "fib");
	expr_u32(x, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_OIF);
	expr_u32(x, NFTNL_EXPR_FIB_FLAGS,
		 NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT);
	expr_cmp_u32(e, NFT_CMP_EQ, 1);
}

static void match_ports(struct emit *e, uint32_t offset, uint16_t first, uint16_t last)
{
	uint16_t min = htons(first), max = htons(last);

	if (first == 0)
		return;
	expr_load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof(min),
			  NFT_REG_1);
	if (min == max) {
		expr_cmp(e, NFT_CMP_EQ, &min, sizeof(min));
		return;
	}
	expr_cmp(e, NFT_CMP_GTE, &min, sizeof(min));
	expr_cmp(e, NFT_CMP_LTE, &max, sizeof(max));
}

static void match_transport(struct emit *e, const struct fw_rule *r)
{
	if (r->l4proto == 0)
		return;
	expr_load_meta(e, NFT_META_L4PROTO, NFT_REG_1);
	expr_cmp_u8(e, r->l4proto);
	if ((r->match & FW_MATCH_ICMP_TYPE) != 0) {
		expr_load_payload(e, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
		expr_cmp_u8(e, r->icmp_type);
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
		expr_load_ct(e, NFT_CT_STATE);
		expr_mask(e, &bits, sizeof(bits));
		expr_cmp_u32(e, NFT_CMP_NEQ, 0);
	}
	if (r->ct_direction != FW_DIR_ANY) {
		expr_load_ct(e, NFT_CT_DIRECTION);
		expr_cmp_u8(e, r->ct_direction == FW_DIR_REPLY ? IP_CT_DIR_REPLY
							       : IP_CT_DIR_ORIGINAL);
	}
}

static void match_marks(struct emit *e, const struct fw_rule *r)
{
	if ((r->match & FW_MATCH_SKUID) != 0) {
		expr_load_meta(e, NFT_META_SKUID, NFT_REG_1);
		expr_cmp_u32(e, NFT_CMP_EQ, r->skuid);
	}
	if ((r->match & FW_MATCH_MARK) != 0) {
		expr_load_meta(e, NFT_META_MARK, NFT_REG_1);
		if (r->mark_mask != UINT32_MAX)
			expr_mask(e, &r->mark_mask, sizeof(r->mark_mask));
		expr_cmp_u32(e, NFT_CMP_EQ, r->mark_value);
	}
	if ((r->match & FW_MATCH_CT_MARK) != 0) {
		expr_load_ct(e, NFT_CT_MARK);
		expr_cmp_u32(e, NFT_CMP_EQ, r->ct_mark);
	}
	if (r->lookup == FW_LOOKUP_LIVE) {
		expr_load_ct(e, NFT_CT_MARK);
		expr_lookup(e, FW_SET_LIVE, false);
	}
	if (r->lookup == FW_LOOKUP_RECORDING) {
		expr_load_meta(e, NFT_META_NFPROTO, NFT_REG_1);
		expr_lookup(e, FW_SET_RECORDING, false);
	}
	if (r->lookup == FW_LOOKUP_LIMITED) {
		char set[FW_SET_NAME_MAX];

		ruleset_flow_set_name(r->flow, set);
		expr_load_meta(e, NFT_META_MARK, NFT_REG_1);
		expr_lookup(e, set, false);
	}
	if (r->lookup == FW_LOOKUP_QUARANTINE) {
		expr_match_ethernet(e);
		expr_load_payload(e, NFT_PAYLOAD_LL_HEADER, 6, 6, NFT_REG_1);
		expr_lookup(e, FW_SET_QUARANTINE, false);
	}
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
		expr_load_payload(&e, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFT_REG_1);
		expr_cmp_u8(&e, r->hoplimit);
	}
	match_ct(&e, r);
	match_marks(&e, r);
	statement_put(&e, r, target);
	put_comment(&e, r->comment);
	if (e.failed) {
		nftnl_rule_free(e.rule);
		return NULL;
	}
	return e.rule;
}

static void match_class(struct emit *e)
{
	static const uint32_t class = FW_MARK_CLASS;

	expr_mask(e, &class, sizeof(class));
	expr_cmp_u32(e, NFT_CMP_NEQ, 0);
}

struct nftnl_rule *emit_marked(bool packet, bool connection)
{
	static const struct fw_rule accept = { .verdict = FW_VERDICT_ACCEPT };
	struct emit e = { .rule = nftnl_rule_alloc() };

	if (e.rule == NULL)
		return NULL;
	nftnl_rule_set_u32(e.rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	if (packet) {
		expr_load_meta(&e, NFT_META_MARK, NFT_REG_1);
		match_class(&e);
	}
	if (connection) {
		expr_load_ct(&e, NFT_CT_MARK);
		match_class(&e);
	}
	statement_put(&e, &accept, NULL);
	if (e.failed) {
		nftnl_rule_free(e.rule);
		return NULL;
	}
	return e.rule;
}
