/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions that do something: count, limit, remember, refuse, change addresses. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "fw/verify/walk.h"

int expr_nothing(struct walk *w, const struct nla *t)
{
	(void)w;
	(void)t;
	return 0;
}

int expr_limit(struct walk *w, const struct nla *t)
{
	(void)t;
	walk_maybe(w, "limit");
	return 0;
}

int expr_quota(struct walk *w, const struct nla *t)
{
	(void)t;
	walk_maybe(w, "quota");
	return 0;
}

int expr_connlimit(struct walk *w, const struct nla *t)
{
	(void)t;
	walk_maybe(w, "ct count");
	return 0;
}

static uint32_t ceiling_limit(const struct nla *t)
{
	uint64_t rate = nla_be64(&t[NFTA_LIMIT_RATE], 0);

	return nla_be64(&t[NFTA_LIMIT_UNIT], 0) == 1 && rate <= UINT32_MAX &&
			       nla_be32(&t[NFTA_LIMIT_BURST], UINT32_MAX) == rate &&
			       nla_be32(&t[NFTA_LIMIT_TYPE], UINT32_MAX) ==
				       NFT_LIMIT_PKTS &&
			       nla_be32(&t[NFTA_LIMIT_FLAGS], 0) == 0
		       ? (uint32_t)rate
		       : 0;
}

/* What a dynset keeps for each key: a ceiling, or 0. */
static uint32_t ceiling_of(const struct nla *nest)
{
	struct nla x[WALK_ATTRS], t[WALK_ATTRS];
	char name[16];

	if (!nest->there || nla_sort(nest->data, x, WALK_ATTRS, NULL) < 0 ||
	    nla_str(&x[NFTA_EXPR_NAME], name, sizeof(name)) < 0 ||
	    !x[NFTA_EXPR_DATA].there ||
	    nla_sort(x[NFTA_EXPR_DATA].data, t, WALK_ATTRS, NULL) < 0)
		return 0;
	if (strcmp(name, "limit") == 0)
		return ceiling_limit(t);
	return strcmp(name, "connlimit") == 0 &&
			       nla_be32(&t[NFTA_CONNLIMIT_FLAGS], 0) == 0
		       ? nla_be32(&t[NFTA_CONNLIMIT_COUNT], 0)
		       : 0;
}

/* Is what the set keeps for each key kept for each source, and nothing more in the key? */
static bool is_by_source(const struct walk *w, const struct nla *t)
{
	uint32_t key = nla_be32(&t[NFTA_DYNSET_SREG_KEY], 0);
	struct entity who = *w->chain;
	const struct reg_byte *b;
	size_t set, len;

	who.name = span_of(&t[NFTA_DYNSET_SET_NAME]);
	set = who.name.len == 0 ? NONE : directory_find(&w->d->sets, &who);
	if (set == NONE || (nla_be32(&t[NFTA_DYNSET_FLAGS], 0) & NFT_DYNSET_F_INV) != 0)
		return false;
	len = w->d->raw_set[set].key_len;
	b = regs_at((struct regs *)&w->regs, key, len);
	return b != NULL && ((len == 4 && regs_is_source(b, SRC_SADDR4)) ||
			     (len == 16 && regs_is_source(b, SRC_SADDR6)));
}

/* What packets put into a set is not in what was read: see rules_read(). */
int expr_dynset(struct walk *w, const struct nla *t)
{
	walk_maybe(w, "a set is changed");
	if (w->step[w->count - 1].kind == STEP_MAYBE && is_by_source(w, t))
		w->step[w->count - 1].value = ceiling_of(&t[NFTA_DYNSET_EXPR]);
	return 0;
}

int expr_objref(struct walk *w, const struct nla *t)
{
	uint32_t type = nla_be32(&t[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC);

	if (type == NFT_OBJECT_QUOTA || type == NFT_OBJECT_LIMIT ||
	    type == NFT_OBJECT_CONNLIMIT)
		walk_maybe(w, "a limit or quota");
	else if (type != NFT_OBJECT_COUNTER)
		walk_unknown(w, "object");
	return 0;
}

int expr_reject(struct walk *w, const struct nla *t)
{
	(void)t;
	walk_verdict(w, VERDICT_DROP, 0);
	return 0;
}

static void rewrite(struct walk *w, const char *what, uint32_t port)
{
	struct step *s = walk_add(w, STEP_REWRITE);

	if (s != NULL) {
		(void)snprintf(s->what, sizeof(s->what), "%s", what);
		s->value = port;
	}
	walk_verdict(w, VERDICT_ACCEPT, 0);
}

int expr_masq(struct walk *w, const struct nla *t)
{
	(void)t;
	rewrite(w, "masquerade", 0);
	return 0;
}

int expr_redir(struct walk *w, const struct nla *t)
{
	uint32_t reg = nla_be32(&t[NFTA_REDIR_REG_PROTO_MIN], 0);
	const struct reg_byte *b = regs_at(&w->regs, reg, sizeof(uint16_t));
	uint8_t port[2] = { 0 };

	if (b != NULL && !regs_is_constant(b, sizeof(port), port))
		memset(port, 0, sizeof(port));
	rewrite(w, "redirect", (uint32_t)port[0] << 8 | port[1]);
	return 0;
}

/* The address that a dnat leads to when it changes nothing else, or 0. */
static struct num dnat_address(struct walk *w, const struct nla *t)
{
	size_t len = nla_be32(&t[NFTA_NAT_FAMILY], 0) == NFPROTO_IPV4 ? 4 : 16;
	const struct reg_byte *b =
		regs_at(&w->regs, nla_be32(&t[NFTA_NAT_REG_ADDR_MIN], 0), len);
	u128 address = 0;

	if (b == NULL || t[NFTA_NAT_REG_PROTO_MIN].there ||
	    (t[NFTA_NAT_REG_ADDR_MAX].there &&
	     nla_be32(&t[NFTA_NAT_REG_ADDR_MAX], 0) !=
		     nla_be32(&t[NFTA_NAT_REG_ADDR_MIN], 0)))
		return num_of(0);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte;

		if (!regs_is_constant(b + i, 1, &byte))
			return num_of(0);
		address = address << 8 | byte;
	}
	return num_of(address);
}

int expr_nat(struct walk *w, const struct nla *t)
{
	uint32_t type = nla_be32(&t[NFTA_NAT_TYPE], UINT32_MAX);
	size_t at = w->count;

	rewrite(w,
		type == NFT_NAT_DNAT   ? "dnat"
		: type == NFT_NAT_SNAT ? "snat"
				       : "nat",
		0);
	if (type == NFT_NAT_DNAT && at < w->count && w->step[at].kind == STEP_REWRITE)
		w->step[at].address = dnat_address(w, t);
	return 0;
}
