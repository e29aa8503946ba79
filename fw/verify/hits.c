/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/hits.h"

#include "fw/verify/num.h"

static void add_hit(struct work *w, struct hits *list, const struct hit *h)
{
	void *p = work_grow(w, list->item, sizeof(*list->item), list->count, &list->room);

	if (p == NULL)
		return;
	list->item = p;
	list->item[list->count++] = *h;
}

/* Cut the box to what has the field in s. A mark that a rule has set is known. */
static bool cut_field(const struct region *r, struct box *b, enum field f, struct span s)
{
	size_t i = f == FIELD_CT_MARK;

	if ((f == FIELD_MARK || f == FIELD_CT_MARK) && r->set[i])
		return s.min <= r->now[i] && r->now[i] <= s.max;
	return box_cut(b, f, s);
}

static void match(struct work *w, const struct region *r, const struct op *op,
		  const struct hit *h, struct hits *to)
{
	for (size_t i = 0; i < op->span_count; i++) {
		struct hit one = *h;

		if (cut_field(r, &one.box, op->field, op->span[i]))
			add_hit(w, to, &one);
	}
}

static bool meet_element(const struct region *r, const struct op *op,
			 const struct use_element *e, const struct box *from,
			 struct box *ret)
{
	struct box b = *from;

	for (size_t k = 0; k < op->step->field_count; k++) {
		if (!cut_field(r, &b, op->step->field[k], e->key[k]))
			return false;
	}
	*ret = b;
	return true;
}

static void look_up(struct work *w, const struct region *r, const struct op *op,
		    const struct hit *h, struct hits *to)
{
	if (work_step(w, op->use->element_count) < 0)
		return;
	for (size_t i = 0; i < op->use->element_count; i++) {
		const struct use_element *e = &op->use->element[i];
		struct hit one = *h;

		if (!meet_element(r, op, e, &h->box, &one.box))
			continue;
		one.data = e->data;
		one.timed = one.timed || e->timed != 0;
		add_hit(w, to, &one);
	}
}

/* What has no MAC address has no key, and a lookup without a key is not true. */
static bool cut_keyless(struct space *s, const struct op *op, struct hit *h)
{
	struct span all = space_all(s, FIELD_MAC);
	uint32_t none = space_atom(s, FIELD_MAC, field_max(FIELD_MAC));

	for (size_t k = 0; k < op->step->field_count; k++) {
		if (op->step->field[k] != FIELD_MAC)
			continue;
		/* the greatest value of the axis begins its last group */
		if (none != all.max || none == 0)
			return none != 0;
		return box_cut(&h->box, FIELD_MAC, (struct span){ 0, none - 1 });
	}
	return true;
}

static void look_up_not(struct space *s, struct work *w, const struct region *r,
			const struct op *op, const struct hit *h, struct hits *to)
{
	struct hit rest = *h;

	if (!cut_keyless(s, op, &rest) || work_step(w, op->use->element_count) < 0)
		return;
	rest.extra = (struct boxes){ 0 };
	if (!boxes_filter(w, &h->extra, &rest.box, &rest.extra))
		return;
	for (size_t i = 0; i < op->use->element_count; i++) {
		const struct use_element *e = &op->use->element[i];
		struct hit one = *h;

		if (!meet_element(r, op, e, &rest.box, &one.box))
			continue;
		boxes_add(w, &rest.extra, &one.box);
		one.doubtful = true;
		if (e->timed != 0)
			add_hit(w, to, &one);
	}
	add_hit(w, to, &rest);
}

static void take(struct space *s, struct work *w, const struct region *r,
		 const struct op *op, const struct hit *h, struct hits *to)
{
	bool switched = model_is_switch(s->model, op->step);
	struct hit one = *h;

	if (op->kind == STEP_MATCH) {
		match(w, r, op, h, to);
	} else if (op->kind == STEP_MAYBE || op->anything || (switched && op->negated)) {
		/* below the ceilings is what counts, above them is not certain */
		one.maybe = h->maybe || op->kind != STEP_MAYBE || op->step->value == 0 ||
			    !s->ceilings;
		one.timed = one.timed || !one.maybe;
		if (op->kind == STEP_MAYBE)
			one.ceiling = op->step->value;
		add_hit(w, to, &one);
	} else if (switched) {
		one.timed = one.recorded = true;
		add_hit(w, to, &one);
	} else if (op->negated) {
		look_up_not(s, w, r, op, h, to);
	} else {
		look_up(w, r, op, h, to);
	}
}

static bool is_match(const struct op *op)
{
	return op->kind == STEP_MATCH || op->kind == STEP_LOOKUP ||
	       op->kind == STEP_MAYBE || op->kind == STEP_MAP;
}

/* Is there a span in common? */
static bool may_match(const struct region *r, const struct op *op)
{
	size_t i = op->field == FIELD_CT_MARK;
	struct span own = r->box.f[op->field];

	if ((op->field == FIELD_MARK || op->field == FIELD_CT_MARK) && r->set[i])
		own = (struct span){ r->now[i], r->now[i] };
	for (size_t k = 0; k < op->span_count; k++) {
		if (op->span[k].min <= own.max && own.min <= op->span[k].max)
			return true;
	}
	return false;
}

bool hits_possible(const struct line *line, size_t step, const struct region *r)
{
	for (; step < line->count && is_match(&line->op[step]); step++) {
		if (line->op[step].kind == STEP_MATCH && !may_match(r, &line->op[step]))
			return false;
	}
	return true;
}

/* The one span that a field of the hit has in common with the match; NULL: several. */
static const struct span *only_span(const struct op *op, const struct hit *h)
{
	const struct span *one = NULL;

	if (op->kind != STEP_MATCH || op->field == FIELD_MARK ||
	    op->field == FIELD_CT_MARK)
		return NULL;
	for (size_t i = 0; i < op->span_count; i++) {
		if (op->span[i].min > h->box.f[op->field].max ||
		    h->box.f[op->field].min > op->span[i].max)
			continue;
		if (one != NULL)
			return NULL;
		one = &op->span[i];
	}
	return one;
}

size_t hits_find(struct space *s, struct work *w, const struct line *line, size_t step,
		 const struct region *r, struct hits *ret_hits)
{
	struct hits now = { 0 };
	struct hit all = { .box = r->box };

	add_hit(w, &now, &all);
	for (size_t i = step; i < line->count && w->error == 0; i++) {
		const struct op *op = &line->op[i];
		struct hits next = { 0 };

		const struct span *only =
			now.count == 1 ? only_span(op, &now.item[0]) : NULL;

		if (only != NULL) {
			(void)box_cut(&now.item[0].box, op->field, *only);
		} else if (is_match(op)) {
			for (size_t k = 0; k < now.count; k++)
				take(s, w, r, op, &now.item[k], &next);
			now = next;
		}
		if (now.count == 0)
			break;
		if (op->kind == STEP_MAP || !is_match(op)) {
			*ret_hits = now;
			return i;
		}
	}
	return line->count;
}
