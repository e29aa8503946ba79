/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/expr.h"

#include <linux/netfilter/nf_tables.h>
#include <net/if_arp.h>

struct nftnl_expr *expr_add(struct emit *e, const char *name)
{
	struct nftnl_expr *x = e->failed ? NULL : nftnl_expr_alloc(name);

	if (x == NULL) {
		e->failed = true;
		return NULL;
	}
	nftnl_rule_add_expr(e->rule, x);
	return x;
}

void expr_u32(struct nftnl_expr *x, uint16_t attr, uint32_t value)
{
	if (x != NULL)
		nftnl_expr_set_u32(x, attr, value);
}

void expr_bytes(struct emit *e, struct nftnl_expr *x, uint16_t attr, const void *data,
		size_t len)
{
	if (x != NULL && nftnl_expr_set(x, attr, data, (uint32_t)len) != 0)
		e->failed = true;
}

void expr_load_meta(struct emit *e, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *x = expr_add(e, "meta");

	expr_u32(x, NFTNL_EXPR_META_KEY, key);
	expr_u32(x, NFTNL_EXPR_META_DREG, reg);
}

void expr_load_ct(struct emit *e, uint32_t key)
{
	struct nftnl_expr *x = expr_add(e, "ct");

	expr_u32(x, NFTNL_EXPR_CT_KEY, key);
	expr_u32(x, NFTNL_EXPR_CT_DREG, NFT_REG_1);
}

void expr_load_payload(struct emit *e, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t reg)
{
	struct nftnl_expr *x = expr_add(e, "payload");

	expr_u32(x, NFTNL_EXPR_PAYLOAD_BASE, base);
	expr_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	expr_u32(x, NFTNL_EXPR_PAYLOAD_LEN, len);
	expr_u32(x, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

void expr_cmp(struct emit *e, uint32_t op, const void *data, size_t len)
{
	struct nftnl_expr *x = expr_add(e, "cmp");

	expr_u32(x, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_CMP_OP, op);
	expr_bytes(e, x, NFTNL_EXPR_CMP_DATA, data, len);
}

void expr_cmp_u8(struct emit *e, uint8_t value)
{
	expr_cmp(e, NFT_CMP_EQ, &value, sizeof(value));
}

void expr_cmp_u32(struct emit *e, uint32_t op, uint32_t value)
{
	expr_cmp(e, op, &value, sizeof(value));
}

void expr_mask(struct emit *e, const void *bits, size_t len)
{
	static const uint8_t zero[16];
	struct nftnl_expr *x = expr_add(e, "bitwise");

	expr_u32(x, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	expr_u32(x, NFTNL_EXPR_BITWISE_LEN, (uint32_t)len);
	expr_bytes(e, x, NFTNL_EXPR_BITWISE_MASK, bits, len);
	expr_bytes(e, x, NFTNL_EXPR_BITWISE_XOR, zero, len);
}

void expr_match_ethernet(struct emit *e)
{
	uint16_t ethernet = ARPHRD_ETHER;

	expr_load_meta(e, NFT_META_IIFTYPE, NFT_REG_1);
	expr_cmp(e, NFT_CMP_EQ, &ethernet, sizeof(ethernet));
}

void expr_lookup(struct emit *e, const char *set, bool map)
{
	struct nftnl_expr *x = expr_add(e, "lookup");

	expr_u32(x, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (map)
		expr_u32(x, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	if (x != NULL && nftnl_expr_set_str(x, NFTNL_EXPR_LOOKUP_SET, set) != 0)
		e->failed = true;
}
