/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/reach.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "fw/verify/hits.h"

struct reach {
	struct space *s;
	struct work *w;
	struct work scratch; /* hits of the rules that are being applied */
	const struct program *p;
	struct outcomes *out;
	unsigned depth;
};

struct spot { /* where in the ruleset a rule is being applied */
	uint32_t chain, rule;
	struct regions *on; /* what goes on with the next rule */
	struct regions *back; /* what returns to the chain before */
};

static void add_region(struct reach *k, struct regions *list, const struct region *r)
{
	void *p = work_grow(k->w, list->item, sizeof(*list->item), list->count,
			    &list->room);

	if (p == NULL)
		return;
	list->item = p;
	list->item[list->count++] = *r;
}

static void add_outcome(struct reach *k, enum outcome_kind kind, const struct region *r,
			struct where at, uint32_t port)
{
	struct outcomes *o = k->out;
	void *p = work_grow(k->w, o->item, sizeof(*o->item), o->count, &o->room);

	if (p == NULL)
		return;
	o->item = p;
	o->item[o->count++] =
		(struct outcome){ .kind = kind, .region = *r, .at = at, .port = port };
}

static void run_chain(struct reach *k, uint32_t chain, struct regions *in,
		      struct regions *back);

/*
 * The packets of hit h of region r go through a chain and come back. What comes back
 * unchanged but for holes stays with r, so that a thousand jumps do not make a
 * thousand regions. Returns whether it was so.
 */
static bool jump(struct reach *k, const struct spot *at, struct region *r,
		 const struct hit *h, struct region *q, uint32_t chain)
{
	struct regions in = { 0 }, back = { 0 };
	size_t own = q->holes.count;
	struct region *one;

	add_region(k, &in, q);
	run_chain(k, chain, &in, &back);
	if (k->w->error < 0)
		return true;
	one = back.item;
	if (back.count == 1 && hit_is_plain(h) &&
	    memcmp(one->set, r->set, sizeof(r->set)) == 0 &&
	    memcmp(one->now, r->now, sizeof(r->now)) == 0 &&
	    one->doubtful == r->doubtful && one->recorded == r->recorded &&
	    memcmp(one->ceiling, r->ceiling, sizeof(r->ceiling)) == 0 &&
	    memcmp(&one->box, &h->box, sizeof(h->box)) == 0) {
		for (size_t i = own; i < one->holes.count; i++)
			boxes_add(k->w, &r->holes, &one->holes.item[i]);
		return true;
	}
	for (size_t i = 0; i < back.count; i++) {
		back.item[i].via = r->via;
		add_region(k, at->on, &back.item[i]);
	}
	return false;
}

static bool apply(struct reach *k, const struct spot *at, size_t step, struct region *r);

/* Go on in the same rule; what it lets go has its marks already. */
static void apply_rest(struct reach *k, const struct spot *at, size_t step,
		       struct region *q)
{
	if (!apply(k, at, step + 1, q))
		add_region(k, at->on, q);
}

/* A mark gets the value of the other one, which may not be known yet. */
static void copy_mark(struct reach *k, const struct spot *at, size_t step,
		      const struct region *q, enum field to)
{
	size_t dst = to == FIELD_CT_MARK, src = 1 - dst;
	enum field from = dst == 1 ? FIELD_MARK : FIELD_CT_MARK;
	struct span s = q->box.f[from];

	if (q->set[src])
		s = (struct span){ q->now[src], q->now[src] };
	for (uint32_t v = s.min; v <= s.max && work_step(k->w, 1) == 0; v++) {
		struct region one = *q;

		if (!q->set[src])
			one.box.f[from] = (struct span){ v, v };
		one.holes = (struct boxes){ 0 };
		if (!boxes_filter(k->w, &q->holes, &one.box, &one.holes))
			continue;
		one.set[dst] = true;
		one.now[dst] = v;
		apply_rest(k, at, step, &one);
	}
}

/* What a hit does at the step that is not a match. False: r keeps these packets. */
static bool act(struct reach *k, const struct spot *at, size_t step, struct region *r,
		const struct hit *h, struct region *q)
{
	const struct line *line = &k->p->chain[at->chain][at->rule];
	const struct op *op = &line->op[step];
	const struct where here = { at->chain, at->rule };
	struct regions in = { 0 };

	switch (op->kind) {
	case STEP_MAP:
		if (op->anything) {
			add_outcome(k, OUTCOME_UNKNOWN, q, here, 0);
			return false;
		}
		q->set[0] = true;
		q->now[0] = h->data;
		apply_rest(k, at, step, q);
		return true;
	case STEP_SET:
		q->set[op->field == FIELD_CT_MARK] = true;
		q->now[op->field == FIELD_CT_MARK] = op->atom;
		apply_rest(k, at, step, q);
		return true;
	case STEP_COPY:
		copy_mark(k, at, step, q, op->field);
		return true;
	case STEP_REWRITE:
		add_outcome(k, OUTCOME_REWRITE, q, here, op->step->value);
		return true;
	case STEP_VERDICT:
		break;
	case STEP_UNKNOWN:
	case STEP_MATCH:
	case STEP_LOOKUP:
	case STEP_MAYBE:
		add_outcome(k, OUTCOME_UNKNOWN, q, here, 0);
		return false;
	}
	if (line->has_id)
		q->via = here;
	switch (op->step->verdict) {
	case VERDICT_ACCEPT:
		add_outcome(k, OUTCOME_ACCEPT, q, here, 0);
		return true;
	case VERDICT_DROP:
		add_outcome(k, OUTCOME_DROP, q, here, 0);
		return true;
	case VERDICT_RETURN:
		add_region(k, at->back, q);
		return true;
	case VERDICT_GOTO:
		add_region(k, &in, q);
		run_chain(k, (uint32_t)op->step->chain, &in, at->back);
		return true;
	case VERDICT_JUMP:
		return !jump(k, at, r, h, q, (uint32_t)op->step->chain);
	}
	return false;
}

/* What the hit leaves of r: nothing (true), or r with one hole more. */
static bool leave(struct reach *k, const struct spot *at, struct region *r,
		  const struct region *before, const struct hit *h)
{
	for (size_t i = 0; i < h->extra.count; i++) {
		struct region piece = *before;

		if (!box_meet(&h->box, &h->extra.item[i], &piece.box))
			continue;
		piece.holes = (struct boxes){ 0 };
		if (boxes_filter(k->w, &before->holes, &piece.box, &piece.holes))
			add_region(k, at->on, &piece);
	}
	if (h->timed) { /* and when the element has gone */
		struct region piece = *before;

		piece.box = h->box;
		piece.doubtful = true;
		piece.holes = (struct boxes){ 0 };
		if (boxes_filter(k->w, &before->holes, &piece.box, &piece.holes))
			add_region(k, at->on, &piece);
	}
	if (box_covers(&h->box, &before->box) && h->extra.count == 0)
		return true;
	boxes_add(k->w, &r->holes, &h->box);
	return false;
}

/* Apply a rule from one of its steps on. True: nothing of r goes on. */
static bool apply(struct reach *k, const struct spot *at, size_t step, struct region *r)
{
	const struct line *line = &k->p->chain[at->chain][at->rule];
	struct work_mark m = work_mark(&k->scratch);
	struct hits hits = { 0 };
	struct region before;
	bool gone = false;
	size_t end;

	if (!hits_possible(line, step, r))
		return false;
	end = hits_find(k->s, &k->scratch, line, step, r, &hits);
	if (k->scratch.error < 0)
		k->w->error = k->scratch.error;
	if (end == line->count) { /* no match, or a match and that is all */
		work_reset(&k->scratch, m);
		return false;
	}
	before = *r;
	for (size_t i = 0; i < hits.count && k->w->error == 0; i++) {
		struct hit *h = &hits.item[i];
		struct region q = before;

		q.box = h->box;
		q.doubtful = q.doubtful || h->doubtful;
		q.recorded = q.recorded || h->recorded;
		for (size_t c = 0; c < REACH_CEILINGS && h->ceiling != 0; c++) {
			if (q.ceiling[c] != 0)
				continue;
			q.ceiling[c] = h->ceiling;
			break;
		}
		if (!hit_is_plain(h) || !box_covers(&h->box, &before.box)) {
			q.holes = (struct boxes){ 0 };
			if (!boxes_filter(k->w, &before.holes, &q.box, &q.holes))
				continue;
		} /* else nothing of r is left, and q can have its holes */
		for (size_t e = 0; e < h->extra.count; e++)
			boxes_add(k->w, &q.holes, &h->extra.item[e]);
		if (act(k, at, end, r, h, &q) && !h->maybe && !h->doubtful)
			gone = leave(k, at, r, &before, h) || gone;
	}
	work_reset(&k->scratch, m);
	return gone;
}

static void run_chain(struct reach *k, uint32_t chain, struct regions *in,
		      struct regions *back)
{
	const struct chain *c = &k->p->model->chain[chain];

	if (++k->depth > REACH_DEPTH_MAX)
		k->w->error = -E2BIG;
	for (uint32_t r = 0; r < c->rule_count && k->w->error == 0; r++) {
		struct regions fresh = { 0 };
		struct spot at = { chain, r, &fresh, back };
		size_t kept = 0;

		if (k->p->chain[chain][r].idle)
			continue;
		for (size_t i = 0; i < in->count && work_step(k->w, 1) == 0; i++) {
			if (!apply(k, &at, 0, &in->item[i])) {
				if (kept != i)
					in->item[kept] = in->item[i];
				kept++;
			}
		}
		in->count = kept;
		for (size_t i = 0; i < fresh.count; i++)
			add_region(k, in, &fresh.item[i]);
	}
	for (size_t i = 0; i < in->count && k->w->error == 0; i++)
		add_region(k, back, &in->item[i]);
	k->depth--;
}

/* Does the chain see this packet, by its family and, for nat, by its connection? */
static bool is_seen(struct reach *k, const struct chain *c, const struct region *r,
		    struct span *ret_family)
{
	uint64_t family = c->family == NFPROTO_IPV4 ? 4 : 6;
	uint32_t fresh =
		space_atom(k->s, FIELD_CT_STATE, (struct num){ .lo = STATE_NEW });
	struct span state = r->box.f[FIELD_CT_STATE];

	*ret_family = space_all(k->s, FIELD_FAMILY);
	if (c->family != NFPROTO_INET) {
		uint32_t atom =
			space_atom(k->s, FIELD_FAMILY, (struct num){ .lo = family });

		*ret_family = (struct span){ atom, atom };
	}
	return strcmp(c->type, "nat") != 0 || (state.min <= fresh && fresh <= state.max);
}

/* One region through one base chain; what passes goes to next. */
static void run_base(struct reach *k, uint32_t chain, const struct region *r,
		     struct regions *next)
{
	const struct chain *c = &k->p->model->chain[chain];
	const struct where policy = { chain, REACH_POLICY };
	struct regions in = { 0 }, back = { 0 };
	struct region seen = *r, rest = *r;
	struct outcomes *all = k->out, here = { 0 };
	struct span family;

	if (!is_seen(k, c, r, &family) || !box_cut(&seen.box, FIELD_FAMILY, family)) {
		add_region(k, next, r);
		return;
	}
	if (!box_covers(&seen.box, &r->box)) {
		boxes_add(k->w, &rest.holes, &seen.box);
		add_region(k, next, &rest);
	}
	add_region(k, &in, &seen);
	k->out = &here;
	run_chain(k, chain, &in, &back);
	for (size_t i = 0; i < back.count; i++)
		add_outcome(k, c->policy == VERDICT_DROP ? OUTCOME_DROP : OUTCOME_ACCEPT,
			    &back.item[i], policy, 0);
	k->out = all;
	for (size_t i = 0; i < here.count; i++) {
		struct outcome *o = &here.item[i];

		if (o->kind == OUTCOME_ACCEPT && o->region.via.chain == REACH_NOWHERE &&
		    o->at.rule != REACH_POLICY)
			o->region.via = o->at;
		if (o->kind == OUTCOME_ACCEPT)
			add_region(k, next, &o->region);
		else
			add_outcome(k, o->kind, &o->region, o->at, o->port);
	}
}

/* The hook's base chains in the order in which packets see them. */
static size_t list_chains(struct reach *k, uint32_t hook, uint32_t *list)
{
	const struct model *m = k->p->model;
	size_t count = 0;

	for (uint32_t i = 0; i < m->chain_count; i++) {
		const struct chain *c = &m->chain[i];
		size_t at = count;

		if (c->hook != hook ||
		    (c->family != NFPROTO_INET && c->family != NFPROTO_IPV4 &&
		     c->family != NFPROTO_IPV6))
			continue;
		for (; at > 0 && m->chain[list[at - 1]].priority > c->priority; at--)
			list[at] = list[at - 1];
		list[at] = i;
		count++;
	}
	return count;
}

int reach_hook(struct space *s, const struct program *p, uint32_t hook,
	       const struct box *start, struct outcomes *ret_outcomes)
{
	struct reach k = { .s = s, .w = s->w, .p = p, .out = ret_outcomes };
	uint32_t *list = work_alloc(s->w, p->model->chain_count + 1, sizeof(*list));
	struct region first = { .box = *start, .via = { REACH_NOWHERE, 0 } };
	struct regions now = { 0 };
	size_t count = list != NULL ? list_chains(&k, hook, list) : 0;

	add_region(&k, &now, &first);
	for (size_t i = 0; i < count && s->w->error == 0; i++) {
		struct regions next = { 0 };

		for (size_t r = 0; r < now.count && s->w->error == 0; r++)
			run_base(&k, list[i], &now.item[r], &next);
		now = next;
	}
	for (size_t i = 0; i < now.count; i++)
		add_outcome(&k, OUTCOME_ACCEPT, &now.item[i], now.item[i].via, 0);
	work_free(&k.scratch);
	return s->w->error;
}
