/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walk - one rule on its way from expressions to steps
 *
 * The functions return 0 or -ENOMEM, -E2BIG; what is not understood is a step and
 * no error.
 */
#ifndef FW_VERIFY_WALK_H
#define FW_VERIFY_WALK_H

#include "fw/verify/parts.h"

#define WALK_STEPS_MAX 256

struct walk {
	struct decode *d;
	const struct entity *chain;
	struct regs regs;
	struct step step[WALK_STEPS_MAX];
	size_t count;
	uint8_t family; /* 4 or 6 once it is certain */
	bool ether; /* it is certain that there is an Ethernet header */
	bool ports; /* ... that the protocol has ports where TCP has them */
	bool icmp; /* ... that it is ICMP or ICMPv6 */
	size_t map; /* the step whose found data SRC_MAP is, or NONE */
	bool done; /* a verdict: the kernel goes no further */
	size_t verdict_count; /* a map of verdicts: the last step has each of the sets */
	size_t verdict_set[VERDICTS_MAX];
	struct target verdict[VERDICTS_MAX];
};

/* A cleared step at the end, or NULL: too many, and the last one says so. */
struct step *walk_add(struct walk *w, enum step_kind kind);

/* What is not understood; several in a row are one. */
void walk_unknown(struct walk *w, const char *what);
void walk_maybe(struct walk *w, const char *what);
void walk_verdict(struct walk *w, enum verdict verdict, size_t chain);

/* The field is in one of the ranges; joined with what is known of it already. */
int walk_match(struct walk *w, enum field field, const struct ranges *ranges) MUST_CHECK;
int walk_match_range(struct walk *w, enum field field, u128 min, u128 max) MUST_CHECK;

/* (source & mask) == value, or != when negated. */
int walk_bits(struct walk *w, enum source s, u128 mask, u128 value,
	      bool negated) MUST_CHECK;

/* What the ranges make certain. */
void walk_learn(struct walk *w, enum field field, const struct range *range,
		size_t count);

/* expr_*.c: an expression's attributes, sorted by type, ATTRS of them */
#define WALK_ATTRS 16
int expr_meta(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_ct(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_payload(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_fib(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_immediate(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_bitwise(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_byteorder(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_match_cmp(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_range(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_match_lookup(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_nothing(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_limit(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_quota(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_connlimit(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_dynset(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_objref(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_reject(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_masq(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_redir(struct walk *w, const struct nla *t) MUST_CHECK;
int expr_nat(struct walk *w, const struct nla *t) MUST_CHECK;

/* An nft_data nest's plain value. Returns 0 or -ENOENT. */
int data_value(const struct nla *nest, struct rd *ret_value) MUST_CHECK;

#endif
