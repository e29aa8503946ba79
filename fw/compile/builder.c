/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/builder.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define ROOM_FIRST 64

/* Room for one more item. Returns the array, or NULL with b->error set. */
static void *grow(struct builder *b, void *items, size_t size, size_t count, size_t *room,
		  size_t max)
{
	size_t want = *room == 0 ? ROOM_FIRST : *room * 2;
	void *p;

	if (count < *room)
		return items;
	if (count == max) {
		b->error = -E2BIG;
		return NULL;
	}
	p = realloc(items, want * size);
	if (p == NULL) {
		b->error = -ENOMEM;
		return NULL;
	}
	*room = want;
	return p;
}

void builder_name(char *dst, size_t size, const char *src)
{
	(void)str_copy(dst, size, src);
}

uint32_t builder_chain(struct builder *b, const char *kind, const char *name)
{
	struct fw_chain c = { 0 };
	void *p;

	if (b->error < 0)
		return 0;
	p = grow(b, b->rs->chain, sizeof(*b->rs->chain), b->rs->chain_count,
		 &b->chain_room, FW_CHAINS_MAX);
	if (p == NULL)
		return 0;
	b->rs->chain = p;
	c.id = FW_CHAIN_FIRST_FREE + (uint32_t)b->rs->chain_count;
	builder_name(c.name, sizeof(c.name), kind);
	if (name[0] != '\0') {
		size_t len = strlen(c.name);

		c.name[len] = '-';
		builder_name(c.name + len + 1, sizeof(c.name) - len - 1, name);
	}
	b->rs->chain[b->rs->chain_count++] = c;
	return c.id;
}

void builder_about(struct builder *b, const char *kind, const char *name)
{
	size_t len = strlen(kind);

	builder_name(b->about, sizeof(b->about), kind);
	builder_name(b->about + len, sizeof(b->about) - len, name);
}

/* What decides about packets is counted; what leads them on is not. */
static bool is_counted(const struct fw_rule *r)
{
	return r->verdict == FW_VERDICT_ACCEPT || r->verdict == FW_VERDICT_DROP ||
	       r->verdict == FW_VERDICT_REDIRECT || r->verdict == FW_VERDICT_DNAT ||
	       r->verdict == FW_VERDICT_MASQUERADE;
}

void builder_rule(struct builder *b, uint32_t chain, struct fw_rule rule)
{
	void *p;

	if (b->error < 0)
		return;
	p = grow(b, b->rs->rule, sizeof(*b->rs->rule), b->rs->rule_count, &b->rule_room,
		 FW_RULES_MAX);
	if (p == NULL)
		return;
	b->rs->rule = p;
	rule.number = (uint32_t)b->rs->rule_count;
	rule.chain = chain;
	if (rule.counter == FW_COUNTER_NONE && is_counted(&rule))
		rule.counter = FW_COUNTER_RULE;
	memcpy(rule.comment, b->about, sizeof(rule.comment));
	b->rs->rule[b->rs->rule_count++] = rule;
}

void builder_saddr(struct fw_rule *r, struct prefix p)
{
	r->family = p.addr.family;
	r->has_saddr = p.len != 0;
	r->saddr_len = p.len;
	memcpy(r->saddr, p.addr.bytes, sizeof(r->saddr));
}

void builder_daddr(struct fw_rule *r, struct prefix p)
{
	r->family = p.addr.family;
	r->has_daddr = p.len != 0;
	r->daddr_len = p.len;
	memcpy(r->daddr, p.addr.bytes, sizeof(r->daddr));
}

void builder_goto(struct builder *b, uint32_t chain, uint32_t target)
{
	builder_rule(b, chain,
		     (struct fw_rule){ .target = target, .verdict = FW_VERDICT_GOTO });
}

void builder_iif(struct builder *b, uint32_t chain, const char *name, uint32_t target,
		 enum fw_verdict verdict)
{
	struct fw_rule r = { .target = target, .verdict = (uint8_t)verdict };

	builder_name(r.iifname, sizeof(r.iifname), name);
	builder_rule(b, chain, r);
}

struct fw_rule builder_icmp6(uint8_t type, uint8_t hoplimit, enum fw_verdict verdict)
{
	return (struct fw_rule){ .match = FW_MATCH_ICMP_TYPE,
				 .family = 6,
				 .l4proto = IPPROTO_ICMPV6,
				 .icmp_type = type,
				 .hoplimit = hoplimit,
				 .verdict = (uint8_t)verdict };
}
