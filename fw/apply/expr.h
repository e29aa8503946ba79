/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr - nftables expressions at the end of a rule (libnftnl)
 *
 * The first failure, which can only be a lack of memory, sticks. Functions that take
 * an expression do nothing when it is NULL.
 */
#ifndef FW_APPLY_EXPR_H
#define FW_APPLY_EXPR_H

#include <stdio.h> /* the next one needs it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emit {
	struct nftnl_rule *rule;
	bool failed;
};

/* A new expression, or NULL with e->failed set. */
struct nftnl_expr *expr_add(struct emit *e, const char *name);
void expr_u32(struct nftnl_expr *x, uint16_t attr, uint32_t value);
void expr_bytes(struct emit *e, struct nftnl_expr *x, uint16_t attr, const void *data,
		size_t len);

/* Into a register; without one named, the first. */
void expr_load_meta(struct emit *e, uint32_t key, uint32_t reg);
void expr_load_ct(struct emit *e, uint32_t key);
void expr_load_payload(struct emit *e, uint32_t base, uint32_t offset, uint32_t len,
		       uint32_t reg);

/* The packet came in by Ethernet: only then is there a MAC address to look at. */
void expr_match_ethernet(struct emit *e);

/* About the first register. */
void expr_cmp(struct emit *e, uint32_t op, const void *data, size_t len);
void expr_cmp_u8(struct emit *e, uint8_t value);
void expr_cmp_u32(struct emit *e, uint32_t op, uint32_t value);
void expr_mask(struct emit *e, const void *bits, size_t len);
/* map: what is found there replaces it. */
void expr_lookup(struct emit *e, const char *set, bool map);

#endif
