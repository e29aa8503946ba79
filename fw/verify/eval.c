/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/eval.h"

#include <linux/netfilter.h>
#include <string.h>

#include "fw/verify/num.h"

#define DEPTH_MAX 20

enum next {
	NEXT_RULE,
	NEXT_RETURN, /* to the chain before */
	NEXT_DONE,
};

static struct num value(const struct eval *e, const struct packet *p, enum field f)
{
	struct num v = p->v[f];

	if (f == FIELD_MARK)
		return e->mark;
	if (f == FIELD_CT_MARK)
		return e->ct_mark;
	if (f == FIELD_IIF || f == FIELD_OIF)
		return num_from(v.lo < e->names->count ? e->names->base[v.lo]
						       : NAME_OTHER);
	return v;
}

static bool matches(const struct eval *e, const struct packet *p, const struct step *st)
{
	struct num v = value(e, p, st->field[0]);

	for (size_t i = 0; i < st->range_count; i++) {
		if (range_has(st->range[i], v))
			return true;
	}
	return false;
}

static const struct element *find(const struct eval *e, const struct packet *p,
				  const struct step *st)
{
	const struct set *s = &e->model->set[st->set];

	for (size_t i = 0; i < s->element_count; i++) {
		size_t k = 0;

		while (k < st->field_count &&
		       range_has(s->element[i].key[k], value(e, p, st->field[k])))
			k++;
		if (k == st->field_count)
			return &s->element[i];
	}
	return NULL;
}

static bool looks_up(const struct eval *e, const struct packet *p, const struct step *st)
{
	for (size_t k = 0; k < st->field_count; k++) {
		if (st->field[k] == FIELD_MAC &&
		    num_cmp(p->v[FIELD_MAC], field_max(FIELD_MAC)) == 0)
			return false;
	}
	if ((e->switches || e->off) && model_is_switch(e->model, st))
		return e->off == st->negated;
	return (find(e, p, st) != NULL) != st->negated;
}

static void note(struct eval *e, uint32_t chain, uint32_t rule)
{
	if (e->path_count == EVAL_PATH_MAX) /* keep the last one true */
		e->path_count--;
	e->path[e->path_count++] = (struct eval_place){ chain, rule };
}

static enum next end(struct eval *e, enum eval_verdict v, uint32_t chain, uint32_t rule)
{
	note(e, chain, rule);
	e->verdict = v;
	return NEXT_DONE;
}

static enum next run_chain(struct eval *e, const struct packet *p, uint32_t chain,
			   unsigned depth);

static enum next run_verdict(struct eval *e, const struct packet *p,
			     const struct step *st, uint32_t chain, uint32_t rule,
			     unsigned depth)
{
	enum next n;

	switch (st->verdict) {
	case VERDICT_ACCEPT:
		return end(e, EVAL_ACCEPT, chain, rule);
	case VERDICT_DROP:
		return end(e, EVAL_DROP, chain, rule);
	case VERDICT_RETURN:
		return NEXT_RETURN;
	case VERDICT_JUMP:
		note(e, chain, rule);
		n = run_chain(e, p, (uint32_t)st->chain, depth + 1);
		return n == NEXT_DONE ? n : NEXT_RULE;
	case VERDICT_GOTO:
		note(e, chain, rule);
		n = run_chain(e, p, (uint32_t)st->chain, depth + 1);
		return n == NEXT_DONE ? n : NEXT_RETURN;
	}
	return NEXT_RULE;
}

static enum next run_rule(struct eval *e, const struct packet *p, uint32_t chain,
			  uint32_t rule, unsigned depth)
{
	const struct rule *r = &e->model->chain[chain].rule[rule];
	const struct element *found;

	for (size_t i = 0; i < r->step_count; i++) {
		const struct step *st = &r->step[i];
		bool on = true;

		if (++e->steps > EVAL_STEPS_MAX)
			return end(e, EVAL_UNKNOWN, chain, rule);
		switch (st->kind) {
		case STEP_MATCH:
			on = matches(e, p, st);
			break;
		case STEP_LOOKUP:
			if (e->model->set[st->set].unknown)
				return end(e, EVAL_UNKNOWN, chain, rule);
			on = looks_up(e, p, st);
			break;
		case STEP_MAP:
			if (e->model->set[st->set].unknown)
				return end(e, EVAL_UNKNOWN, chain, rule);
			found = find(e, p, st);
			on = found != NULL;
			if (on)
				e->mark = num_from(found->data);
			break;
		case STEP_SET:
			*(st->field[0] == FIELD_CT_MARK ? &e->ct_mark : &e->mark) =
				num_from(st->value);
			break;
		case STEP_COPY:
			if (st->field[0] == FIELD_CT_MARK)
				e->ct_mark = e->mark;
			else
				e->mark = e->ct_mark;
			break;
		case STEP_MAYBE:
			on = e->limits && (e->exceeded == 0 || e->exceeded != st->value);
			e->ceilings += st->value;
			break;
		case STEP_REWRITE:
			e->port = st->value;
			return end(e, EVAL_REWRITE, chain, rule);
		case STEP_UNKNOWN:
			return end(e, EVAL_UNKNOWN, chain, rule);
		case STEP_VERDICT:
			return run_verdict(e, p, st, chain, rule, depth);
		}
		if (!on)
			break;
	}
	return NEXT_RULE;
}

static enum next run_chain(struct eval *e, const struct packet *p, uint32_t chain,
			   unsigned depth)
{
	const struct chain *c = &e->model->chain[chain];

	if (depth > DEPTH_MAX)
		return end(e, EVAL_UNKNOWN, chain, EVAL_POLICY);
	for (uint32_t r = 0; r < c->rule_count; r++) {
		enum next n = run_rule(e, p, chain, r, depth);

		if (n != NEXT_RULE)
			return n;
	}
	return NEXT_RETURN;
}

static bool is_seen(const struct chain *c, const struct packet *p)
{
	uint64_t family = p->v[FIELD_FAMILY].lo;

	if (strcmp(c->type, "nat") == 0 && p->v[FIELD_CT_STATE].lo != STATE_NEW)
		return false;
	return c->family == NFPROTO_INET || (c->family == NFPROTO_IPV4 && family == 4) ||
	       (c->family == NFPROTO_IPV6 && family == 6);
}

/* The next base chain of the hook behind the one given; false: that was the last. */
static bool next_chain(const struct model *m, uint32_t hook, uint32_t *chain, bool first)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < m->chain_count; i++) {
		const struct chain *c = &m->chain[i];
		bool behind = first || c->priority > m->chain[*chain].priority ||
			      (c->priority == m->chain[*chain].priority && i > *chain);

		if (c->hook == hook && behind &&
		    (best == UINT32_MAX || c->priority < m->chain[best].priority))
			best = i;
	}
	*chain = best;
	return best != UINT32_MAX;
}

void eval_packet(struct eval *e, uint32_t hook, const struct packet *p)
{
	uint32_t chain = 0;

	e->verdict = EVAL_ACCEPT;
	e->path_count = 0;
	e->steps = 0;
	e->ceilings = 0;
	e->mark = p->v[FIELD_MARK];
	e->ct_mark = p->v[FIELD_CT_MARK];
	for (bool first = true; next_chain(e->model, hook, &chain, first);
	     first = false) {
		const struct chain *c = &e->model->chain[chain];

		if (!is_seen(c, p))
			continue;
		if (run_chain(e, p, chain, 0) != NEXT_DONE)
			(void)end(e, c->policy == VERDICT_DROP ? EVAL_DROP : EVAL_ACCEPT,
				  chain, EVAL_POLICY);
		if (e->verdict != EVAL_ACCEPT)
			return;
	}
}
