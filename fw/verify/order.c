/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base chains whose place on their hook makes them do something else than they say. */
#include <limits.h> /* for the next one */
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "fw/verify/prove_parts.h"

struct habits { /* of a base chain, and of those that it leads to */
	bool connections; /* asks for, or marks, connections */
	bool reads, sets; /* marks */
};

void order_follow(const struct model *m, size_t chain, bool *seen)
{
	if (seen[chain])
		return;
	seen[chain] = true;
	for (size_t r = 0; r < m->chain[chain].rule_count; r++) {
		const struct rule *rule = &m->chain[chain].rule[r];

		for (size_t i = 0; i < rule->step_count; i++) {
			const struct step *st = &rule->step[i];

			if (st->kind == STEP_VERDICT &&
			    (st->verdict == VERDICT_JUMP || st->verdict == VERDICT_GOTO))
				order_follow(m, st->chain, seen);
		}
	}
}

static void note_step(struct habits *h, const struct step *st)
{
	for (size_t i = 0; i < st->field_count; i++) {
		enum field f = st->field[i];
		bool ct = f == FIELD_CT_STATE || f == FIELD_CT_DIR || f == FIELD_CT_MARK;

		h->connections = h->connections || ct || st->kind == STEP_COPY;
		h->reads =
			h->reads || st->kind == STEP_COPY ||
			(st->kind != STEP_SET && (f == FIELD_MARK || f == FIELD_CT_MARK));
	}
	h->sets = h->sets || st->kind == STEP_SET || st->kind == STEP_COPY ||
		  st->kind == STEP_MAP;
}

static struct habits habits_of(const struct model *m, size_t chain, bool *seen)
{
	struct habits h = { 0 };

	memset(seen, 0, m->chain_count * sizeof(*seen));
	order_follow(m, chain, seen);
	for (size_t c = 0; c < m->chain_count; c++) {
		for (size_t r = 0; seen[c] && r < m->chain[c].rule_count; r++) {
			const struct rule *rule = &m->chain[c].rule[r];

			for (size_t i = 0; i < rule->step_count; i++)
				note_step(&h, &rule->step[i]);
		}
	}
	return h;
}

/* There every packet looks as if it were of no connection. */
static bool is_early(const struct chain *c)
{
	return c->hook >= HOOKS ||
	       ((c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT) &&
		c->priority <= NF_IP_PRI_CONNTRACK);
}

/* Chains of one priority come in the order in which they were made, which nobody tells. */
static bool is_tie(const struct chain *a, const struct chain *b, const struct habits *x,
		   const struct habits *y)
{
	return a->hook == b->hook && a->priority == b->priority &&
	       (a->family == b->family || a->family == NFPROTO_INET ||
		b->family == NFPROTO_INET) &&
	       ((x->sets && (y->reads || y->sets)) || (y->sets && x->reads));
}

static void check_chain(struct prover *v, size_t at, const struct habits *h)
{
	const struct model *m = v->p->model;
	const struct chain *c = &m->chain[at];

	if (is_early(c) && h[at].connections)
		prover_reason(v,
			      "table %s, chain %s: asks for connections where the kernel "
			      "does not know them yet",
			      c->table, c->name);
	/* the rules behind it see the old way out */
	if (strcmp(c->type, "route") == 0 && h[at].sets)
		prover_reason(v, "table %s, chain %s: may change the way out", c->table,
			      c->name);
	for (size_t i = 0; i < at; i++) {
		if (m->chain[i].hook != HOOK_NONE &&
		    is_tie(&m->chain[i], c, &h[i], &h[at]))
			prover_reason(
				v,
				"tables %s and %s: which of their chains of the same "
				"priority sees a mark first is not known",
				m->chain[i].table, c->table);
	}
}

void order_check(struct prover *v)
{
	const struct model *m = v->p->model;
	struct habits *h = work_alloc(v->w, m->chain_count + 1, sizeof(*h));
	bool *seen = work_alloc(v->w, m->chain_count + 1, sizeof(*seen));

	if (h == NULL || seen == NULL)
		return;
	for (size_t c = 0; c < m->chain_count; c++) {
		const struct chain *b = &m->chain[c];

		if (b->hook == HOOK_NONE ||
		    (b->family != NFPROTO_INET && b->family != NFPROTO_IPV4 &&
		     b->family != NFPROTO_IPV6))
			continue;
		if (work_step(v->w, m->chain_count) < 0)
			return;
		h[c] = habits_of(m, c, seen);
		check_chain(v, c, h);
	}
}
