/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fw/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "tests/unit/fw/model_of.h"

const char *const mutation_names[MUTATE_KINDS] = {
	[MUTATE_DROP_RULE] = "dropped rule",
	[MUTATE_REPEAT_RULE] = "repeated rule",
	[MUTATE_SWAP_RULES] = "swapped rules",
	[MUTATE_NO_MATCH] = "removed match",
	[MUTATE_WIDER] = "widened match",
	[MUTATE_NARROWER] = "narrowed match",
	[MUTATE_SHIFTED] = "changed port or interface",
	[MUTATE_NO_STEP] = "removed step",
	[MUTATE_NEGATED] = "negated lookup",
	[MUTATE_OTHER_MARK] = "changed mark",
	[MUTATE_VERDICT] = "swapped verdict",
	[MUTATE_ACCEPT] = "accept",
	[MUTATE_TARGET] = "swapped jump target",
	[MUTATE_RETURN] = "return for a jump",
	[MUTATE_POLICY] = "swapped policy",
	[MUTATE_NO_HOOK] = "chain without a hook",
	[MUTATE_NO_ELEMENT] = "removed element",
	[MUTATE_NO_TIMEOUT] = "removed timeout",
	[MUTATE_TIMEOUT] = "changed timeout",
	[MUTATE_KEY] = "changed element",
	[MUTATE_DATA] = "changed element's data",
};

static bool is_jump(const struct step *st)
{
	return st->kind == STEP_VERDICT &&
	       (st->verdict == VERDICT_JUMP || st->verdict == VERDICT_GOTO);
}

static bool is_one(const struct range *r)
{
	return num_cmp(r->min, r->max) == 0;
}

static bool fits_step(const struct step *st, enum mutation_kind kind)
{
	bool match = st->kind == STEP_MATCH;

	switch (kind) {
	case MUTATE_NO_MATCH:
	case MUTATE_SHIFTED:
		return match;
	case MUTATE_WIDER:
		return match && num_cmp(st->range[0].max, field_max(st->field[0])) < 0;
	case MUTATE_NARROWER:
		return match && !is_one(&st->range[0]);
	case MUTATE_NO_STEP:
		return !match && st->kind != STEP_VERDICT;
	case MUTATE_NEGATED:
		return st->kind == STEP_LOOKUP;
	case MUTATE_OTHER_MARK:
		return st->kind == STEP_SET;
	case MUTATE_VERDICT:
		return st->kind == STEP_VERDICT;
	case MUTATE_ACCEPT:
		return st->kind == STEP_VERDICT && st->verdict != VERDICT_ACCEPT &&
		       st->verdict != VERDICT_DROP;
	case MUTATE_TARGET:
	case MUTATE_RETURN:
		return is_jump(st);
	default:
		return false;
	}
}

static bool fits_element(const struct model *m, size_t s, size_t i,
			 enum mutation_kind kind)
{
	switch (kind) {
	case MUTATE_NO_ELEMENT:
	case MUTATE_KEY:
	case MUTATE_TIMEOUT:
		return true;
	case MUTATE_NO_TIMEOUT:
		return m->set[s].element[i].timeout_ms != 0;
	case MUTATE_DATA:
		return m->set[s].map;
	default:
		return false;
	}
}

static bool nth_of_chain(const struct model *m, size_t c, size_t *n, struct mutation *mu)
{
	const struct chain *ch = &m->chain[c];

	mu->chain = c;
	mu->rule = SIZE_MAX;
	for (mu->kind = MUTATE_POLICY; mu->kind <= MUTATE_NO_HOOK; mu->kind++) {
		if (ch->hook != HOOK_NONE && (*n)-- == 0)
			return true;
	}
	for (mu->rule = 0; mu->rule < ch->rule_count; mu->rule++) {
		for (mu->kind = 0; mu->kind <= MUTATE_SWAP_RULES; mu->kind++) {
			if ((mu->kind != MUTATE_SWAP_RULES || mu->rule != 0) &&
			    (*n)-- == 0)
				return true;
		}
		for (mu->step = 0; mu->step < ch->rule[mu->rule].step_count; mu->step++) {
			for (mu->kind = 0; mu->kind < MUTATE_KINDS; mu->kind++) {
				if (fits_step(&ch->rule[mu->rule].step[mu->step],
					      mu->kind) &&
				    (*n)-- == 0)
					return true;
			}
		}
	}
	return false;
}

bool mutation_nth(const struct model *m, size_t n, struct mutation *ret_mutation)
{
	struct mutation mu = { 0 };

	for (size_t c = 0; c < m->chain_count; c++) {
		if (nth_of_chain(m, c, &n, &mu)) {
			*ret_mutation = mu;
			return true;
		}
	}
	mu.chain = SIZE_MAX;
	for (mu.set = 0; mu.set < m->set_count; mu.set++) {
		for (mu.element = 0; mu.element < m->set[mu.set].element_count;
		     mu.element++) {
			for (mu.kind = 0; mu.kind < MUTATE_KINDS; mu.kind++) {
				if (fits_element(m, mu.set, mu.element, mu.kind) &&
				    n-- == 0) {
					*ret_mutation = mu;
					return true;
				}
			}
		}
	}
	return false;
}

static void remove_rule(struct chain *c, size_t at)
{
	for (size_t s = 0; s < c->rule[at].step_count; s++)
		free(c->rule[at].step[s].range);
	free(c->rule[at].step);
	memmove(&c->rule[at], &c->rule[at + 1],
		(c->rule_count - at - 1) * sizeof(*c->rule));
	c->rule_count--;
}

static void repeat_rule(struct model *m, size_t chain, size_t at)
{
	struct rule *to = model_rule(m, chain, at + 1);
	const struct rule *from = &m->chain[chain].rule[at];

	memcpy(to->id, from->id, sizeof(to->id));
	for (size_t i = 0; i < from->step_count; i++) {
		struct step st = from->step[i];

		if (st.range_count != 0) {
			st.range = calloc(st.range_count, sizeof(*st.range));
			if (st.range == NULL)
				abort();
			memcpy(st.range, from->step[i].range,
			       st.range_count * sizeof(*st.range));
		}
		model_step(to, st);
	}
}

static void remove_step(struct rule *r, size_t at)
{
	free(r->step[at].range);
	memmove(&r->step[at], &r->step[at + 1],
		(r->step_count - at - 1) * sizeof(*r->step));
	r->step_count--;
}

static void widen(struct step *st)
{
	struct range *r = &st->range[st->range_count - 1];
	struct num size = { .hi = r->max.hi - r->min.hi - (r->max.lo < r->min.lo),
			    .lo = r->max.lo - r->min.lo };

	if (st->field[0] != FIELD_SADDR && st->field[0] != FIELD_DADDR) {
		r->max = num_plus(r->max, 1);
		return;
	}
	size.hi = size.hi << 1 | size.lo >> 63; /* a bit more */
	size.lo = size.lo << 1 | 1;
	r->min.hi &= ~size.hi;
	r->min.lo &= ~size.lo;
	r->max.hi = r->min.hi | size.hi;
	r->max.lo = r->min.lo | size.lo;
}

static void shift(const struct model *m, struct step *st)
{
	struct range *r = &st->range[0];
	enum field f = st->field[0];

	if (f == FIELD_IIF || f == FIELD_OIF)
		r->min = num_from((r->min.lo + 1) % m->name_count);
	else if (num_cmp(r->max, field_max(f)) < 0)
		r->min = num_plus(r->max, 1);
	else
		r->min = num_from(0);
	r->max = r->min;
	if (f == FIELD_FAMILY)
		r->min = r->max = num_from(r->min.lo == 5 ? 6 : 4);
	st->range_count = 1;
}

static void change_step(struct model *m, struct rule *r, const struct mutation *mu)
{
	struct step *st = &r->step[mu->step];

	switch (mu->kind) {
	case MUTATE_NO_MATCH:
	case MUTATE_NO_STEP:
		remove_step(r, mu->step);
		return;
	case MUTATE_WIDER:
		widen(st);
		return;
	case MUTATE_NARROWER:
		st->range[0].min = num_plus(st->range[0].min, 1);
		return;
	case MUTATE_SHIFTED:
		shift(m, st);
		return;
	case MUTATE_NEGATED:
		st->negated = !st->negated;
		return;
	case MUTATE_OTHER_MARK:
		st->value ^= 0x01000000;
		return;
	case MUTATE_VERDICT:
		st->verdict = st->verdict == VERDICT_DROP ? VERDICT_ACCEPT : VERDICT_DROP;
		return;
	case MUTATE_ACCEPT:
		st->verdict = VERDICT_ACCEPT;
		return;
	case MUTATE_RETURN:
		st->verdict = VERDICT_RETURN;
		return;
	case MUTATE_TARGET: /* a later chain never leads to an earlier one twice */
		do {
			st->chain = (st->chain + 1) % m->chain_count;
		} while (m->chain[st->chain].hook != HOOK_NONE);
		return;
	default:
		return;
	}
}

static void change_element(struct set *s, const struct mutation *mu)
{
	struct element *e = &s->element[mu->element];
	size_t last = s->field_count - 1;

	switch (mu->kind) {
	case MUTATE_NO_ELEMENT:
		memmove(e, e + 1, (s->element_count - mu->element - 1) * sizeof(*e));
		s->element_count--;
		return;
	case MUTATE_NO_TIMEOUT:
		e->timeout_ms = 0;
		return;
	case MUTATE_TIMEOUT:
		e->timeout_ms = e->timeout_ms == 0 ? 600000 : e->timeout_ms * 2;
		return;
	case MUTATE_KEY:
		e->key[last].min = e->key[last].max = num_plus(e->key[last].max, 64);
		return;
	case MUTATE_DATA:
		e->data ^= 0x03000000;
		return;
	default:
		return;
	}
}

void mutation_make(struct model *m, const struct mutation *mu)
{
	struct chain *c;
	struct rule tmp;

	if (mu->chain == SIZE_MAX) {
		change_element(&m->set[mu->set], mu);
		return;
	}
	c = &m->chain[mu->chain];
	switch (mu->kind) {
	case MUTATE_POLICY:
		c->policy = c->policy == VERDICT_DROP ? VERDICT_ACCEPT : VERDICT_DROP;
		return;
	case MUTATE_NO_HOOK:
		c->hook = HOOK_NONE;
		return;
	case MUTATE_DROP_RULE:
		remove_rule(c, mu->rule);
		return;
	case MUTATE_REPEAT_RULE:
		repeat_rule(m, mu->chain, mu->rule);
		return;
	case MUTATE_SWAP_RULES:
		tmp = c->rule[mu->rule];
		c->rule[mu->rule] = c->rule[mu->rule - 1];
		c->rule[mu->rule - 1] = tmp;
		return;
	default:
		change_step(m, &c->rule[mu->rule], mu);
		return;
	}
}

static bool leads_back(const struct model *m, size_t chain, unsigned depth)
{
	if (depth > 16)
		return true;
	for (size_t r = 0; r < m->chain[chain].rule_count; r++) {
		const struct rule *rule = &m->chain[chain].rule[r];

		for (size_t i = 0; i < rule->step_count; i++) {
			if (is_jump(&rule->step[i]) &&
			    leads_back(m, rule->step[i].chain, depth + 1))
				return true;
		}
	}
	return false;
}

bool mutation_loops(const struct model *m)
{
	for (size_t c = 0; c < m->chain_count; c++) {
		if (leads_back(m, c, 0))
			return true;
	}
	return false;
}
