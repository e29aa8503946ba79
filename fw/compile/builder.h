/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * builder - a ruleset that grows; the first error sticks
 *
 * After an error every further call does nothing, so that the compiler checks
 * once, at its end.
 */
#ifndef FW_COMPILE_BUILDER_H
#define FW_COMPILE_BUILDER_H

#include "fw/compile/ruleset.h"

struct builder {
	struct ruleset *rs;
	size_t chain_room;
	size_t rule_room;
	int error; /* 0, -E2BIG (a ceiling) or -ENOMEM */
	char about[FW_COMMENT_MAX]; /* the comment of rules to come */
	size_t going; /* rules of the short way, see going.c */
	bool limited[POLICY_FLOWS_MAX]; /* flows that permits are limited to */
	/* chains that every other one ends in */
	uint32_t deny; /* no flow permits it */
	uint32_t unknown; /* returns when its address has a permit */
	uint32_t stranger; /* the device has no permit */
	uint32_t way_back; /* returns when the source is where it should be */
	uint32_t flood; /* too much from one source */
	uint32_t spoofed; /* the source address is not of that network */
	uint32_t quarantined; /* the card is in quarantine */
	uint32_t detected; /* returns; the device has no permit, and is recorded only */
	uint32_t bound; /* returns; marks packets of permits with an address */
};

/* Name a new chain: kind and name joined by '-'. Returns its id; 0 after an error. */
uint32_t builder_chain(struct builder *b, const char *kind, const char *name);

/* What the rules from here on are for: FW_COMMENT_FLOW or _SYSTEM, and a name. */
void builder_about(struct builder *b, const char *kind, const char *name);

/* Append a rule to the chain. number, chain, comment are filled in here. */
void builder_rule(struct builder *b, uint32_t chain, struct fw_rule rule);

/* A rule's address match. A prefix of length 0 matches the family. */
void builder_saddr(struct fw_rule *r, struct prefix p);
void builder_daddr(struct fw_rule *r, struct prefix p);

/* Copy a name into a rule's or chain's field, which it fits by the policy's limits. */
void builder_name(char *dst, size_t size, const char *src);

/* Go on in another chain and do not come back. */
void builder_goto(struct builder *b, uint32_t chain, uint32_t target);

/* A verdict on all that came in by one interface. */
void builder_iif(struct builder *b, uint32_t chain, const char *name, uint32_t target,
		 enum fw_verdict verdict);

/* The beginning of a rule on one kind of ICMPv6 message with that hop limit. */
struct fw_rule builder_icmp6(uint8_t type, uint8_t hoplimit, enum fw_verdict verdict);

#endif
