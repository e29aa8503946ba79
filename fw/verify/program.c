/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/program.h"

#include <stdlib.h>
#include <string.h>

struct uses {
	struct use *item[512];
	size_t count;
};

static const struct use *find_use(struct space *s, struct uses *all,
				  const struct step *st)
{
	const struct set *set = &s->model->set[st->set];
	bool map = st->kind == STEP_MAP;
	struct use *u;

	for (size_t i = 0; i < all->count; i++) {
		u = all->item[i];
		if (u->set == set && u->map == map &&
		    memcmp(u->field, st->field, st->field_count * sizeof(st->field[0])) ==
			    0)
			return u;
	}
	u = work_alloc(s->w, 1, sizeof(*u));
	if (u == NULL)
		return NULL;
	*u = (struct use){ .set = set, .field = st->field, .map = map };
	(void)space_use(s, u);
	if (all->count < sizeof(all->item) / sizeof(all->item[0]))
		all->item[all->count++] = u;
	return u;
}

static int compare_span(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->min < y->min ? -1 : x->min > y->min;
}

/* Ranges of values become spans of atoms: ascending, none touching another. */
static void put_match(struct space *s, const struct step *st, struct op *op)
{
	size_t room = 0, n = 0, out = 0;
	struct span *all = NULL;

	for (size_t i = 0; i < st->range_count && s->w->error == 0; i++) {
		struct span *part = NULL;
		size_t count = space_spans(s, st->field[0], st->range[i], &part);

		for (size_t k = 0; k < count; k++) {
			all = work_grow(s->w, all, sizeof(*all), n, &room);
			if (all == NULL)
				return;
			all[n++] = part[k];
		}
	}
	if (n != 0)
		qsort(all, n, sizeof(*all), compare_span);
	for (size_t i = 1; i < n; i++) {
		if (all[i].min <= all[out].max + 1)
			all[out].max =
				all[i].max > all[out].max ? all[i].max : all[out].max;
		else
			all[++out] = all[i];
	}
	op->span = all;
	op->span_count = n == 0 ? 0 : out + 1;
}

static void put_step(struct space *s, struct uses *uses, const struct step *st,
		     struct op *op)
{
	*op = (struct op){ .kind = st->kind,
			   .field = st->field[0],
			   .negated = st->negated,
			   .step = st };
	switch (st->kind) {
	case STEP_MATCH:
		put_match(s, st, op);
		break;
	case STEP_LOOKUP:
	case STEP_MAP:
		op->anything = s->model->set[st->set].unknown;
		if (!op->anything)
			op->use = find_use(s, uses, st);
		break;
	case STEP_SET:
		op->atom = space_atom(s, FIELD_MARK, (struct num){ .lo = st->value });
		break;
	case STEP_COPY:
	case STEP_MAYBE:
	case STEP_REWRITE:
	case STEP_UNKNOWN:
	case STEP_VERDICT:
		break;
	}
}

static bool has_effect(enum step_kind k)
{
	return k != STEP_MATCH && k != STEP_LOOKUP && k != STEP_MAYBE;
}

static void put_rule(struct space *s, struct uses *uses, const struct rule *r,
		     struct line *line)
{
	line->idle = true;
	line->has_id = r->id[0] != '\0' && strncmp(r->id, "sys:", 4) != 0;
	for (size_t i = 0; i < r->step_count; i++)
		line->idle = line->idle && !has_effect(r->step[i].kind);
	if (line->idle)
		return;
	line->op = work_alloc(s->w, r->step_count, sizeof(*line->op));
	line->count = r->step_count;
	for (size_t i = 0; i < r->step_count && s->w->error == 0; i++)
		put_step(s, uses, &r->step[i], &line->op[i]);
}

int program_new(struct space *s, struct program *ret_program)
{
	const struct model *m = s->model;
	struct program p = { .model = m };
	struct uses uses = { .count = 0 };

	p.chain = work_alloc(s->w, m->chain_count + 1, sizeof(*p.chain));
	for (size_t c = 0; c < m->chain_count && s->w->error == 0; c++) {
		const struct chain *from = &m->chain[c];

		p.chain[c] = work_alloc(s->w, from->rule_count + 1, sizeof(**p.chain));
		for (size_t r = 0; r < from->rule_count && s->w->error == 0; r++)
			put_rule(s, &uses, &from->rule[r], &p.chain[c][r]);
	}
	if (s->w->error == 0)
		*ret_program = p;
	return s->w->error;
}
