/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All values of an axis begin as one group. Each fact that can tell values apart (a
 * range in a rule, the elements of a set that are alike but for this key) then splits
 * every group into those that it holds for and the others.
 */
#include "fw/verify/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "lib/revision.h"

/* of permits: the top byte of their marks */
#define CLASS_FIRST (REVISION_MARK_FULL >> 24)
#define CLASS_LAST  (REVISION_MARK_LIMITED >> 24)

static bool same_step(const struct step *a, const struct step *b)
{
	if (a->kind != b->kind || a->field_count != b->field_count ||
	    memcmp(a->field, b->field, a->field_count * sizeof(a->field[0])) != 0)
		return false;
	if (a->kind == STEP_LOOKUP || a->kind == STEP_MAP)
		return a->set == b->set;
	return a->value == b->value && a->range_count == b->range_count &&
	       (a->range_count == 0 ||
		memcmp(a->range, b->range, a->range_count * sizeof(*a->range)) == 0);
}

static bool add_step(struct groups *g, const struct step **list, size_t *count,
		     size_t max, const struct step *st)
{
	for (size_t i = 0; i < *count; i++) {
		if (same_step(list[i], st))
			return false;
	}
	if (*count == max) {
		g->s->w->error = -E2BIG;
		return false;
	}
	list[(*count)++] = st;
	return true;
}

bool groups_step(struct groups *g, const struct step *st)
{
	enum field f = st->field[0];

	if (st->kind == STEP_LOOKUP || st->kind == STEP_MAP)
		return add_step(g, g->use, &g->use_count, GROUPS_USES_MAX, st);
	if ((st->kind == STEP_MATCH || st->kind == STEP_SET) &&
	    (f == FIELD_MAC || f == FIELD_MARK || f == FIELD_CT_MARK))
		return add_step(g, g->test, &g->test_count, GROUPS_TEST_MAX, st);
	return false;
}

static void begin_round(struct groups *g)
{
	g->round++;
}

/* One interval for which this round's fact holds. */
static void refine(struct groups *g, struct axis *a, size_t interval)
{
	uint32_t old = a->class[interval];
	void *stamp = work_grow(g->s->w, g->stamp, sizeof(*g->stamp), a->class_count,
				&g->stamp_room);
	void *moved = work_grow(g->s->w, g->moved, sizeof(*g->moved), a->class_count,
				&g->moved_room);

	if (stamp == NULL || moved == NULL)
		return;
	g->stamp = stamp;
	g->moved = moved;
	if (g->stamp[old] != g->round) {
		g->stamp[old] = g->round;
		g->moved[old] = a->class_count;
		g->stamp[a->class_count++] = 0;
	}
	a->class[interval] = g->moved[old];
}

static void refine_range(struct groups *g, enum field f, struct range r)
{
	struct axis *a = &g->s->axis[f == FIELD_MAC ? FIELD_MAC : FIELD_MARK];
	struct span in = space_intervals(g->s, f, r);

	if (work_step(g->s->w, in.max - in.min + 1) < 0)
		return;
	for (size_t i = in.min; i <= in.max && g->s->w->error == 0; i++)
		refine(g, a, i);
}

static void refine_tests(struct groups *g, enum field axis)
{
	for (size_t i = 0; i < g->test_count; i++) {
		const struct step *st = g->test[i];

		if ((st->field[0] == FIELD_MAC) != (axis == FIELD_MAC))
			continue;
		begin_round(g);
		if (st->kind == STEP_SET)
			refine_range(g, axis, range_of(st->value, st->value));
		for (size_t k = 0; st->kind == STEP_MATCH && k < st->range_count; k++)
			refine_range(g, axis, st->range[k]);
	}
}

struct member { /* an element, and what it has besides the key at hand */
	const struct element *e;
	size_t count; /* of keys */
	size_t at;
	uint32_t data; /* an atom; 0 for a set */
	bool timed;
	bool right; /* as the policy's permit for that card has it */
};

/* Equal but for the key at hand. */
static int compare_member(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->data != y->data)
		return x->data < y->data ? -1 : 1;
	if (x->timed != y->timed)
		return x->timed ? 1 : -1;
	if (x->right != y->right)
		return x->right ? 1 : -1;
	for (size_t k = 0; k < x->count; k++) {
		int c = k == x->at ? 0 : num_cmp(x->e->key[k].min, y->e->key[k].min);

		if (c == 0 && k != x->at)
			c = num_cmp(x->e->key[k].max, y->e->key[k].max);
		if (c != 0)
			return c;
	}
	return 0;
}

/* Does the element give the card the mark that its permit has? */
static bool is_right(const struct groups *g, const struct step *st,
		     const struct element *e)
{
	uint64_t mac = 0;
	uint32_t iif = 0;
	const struct device *d;

	for (size_t k = 0; k < st->field_count; k++) {
		if (st->field[k] == FIELD_MAC)
			mac = e->key[k].min.lo;
		if (st->field[k] == FIELD_IIF)
			iif = (uint32_t)e->key[k].min.lo;
	}
	d = devices_find(g->s->devices, iif, mac);
	return d != NULL && d->mark == e->data;
}

static void refine_use(struct groups *g, const struct step *st, size_t at)
{
	const struct set *set = &g->s->model->set[st->set];
	struct member *list = work_alloc(g->s->w, set->element_count, sizeof(*list));

	if (list == NULL)
		return;
	for (size_t i = 0; i < set->element_count; i++) {
		const struct element *e = &set->element[i];

		list[i] = (struct member){ .e = e,
					   .count = st->field_count,
					   .at = at,
					   .timed = e->timeout_ms != 0 };
		if (st->kind == STEP_MAP && st->field[at] == FIELD_MAC) {
			list[i].data = space_atom(g->s, FIELD_MARK, num_from(e->data));
			list[i].right = is_right(g, st, e);
		} else
			list[i].data = st->kind == STEP_MAP ? e->data : 0;
	}
	qsort(list, set->element_count, sizeof(*list), compare_member);
	for (size_t i = 0; i < set->element_count; i++) {
		if (i == 0 || compare_member(&list[i - 1], &list[i]) != 0)
			begin_round(g);
		refine_range(g, st->field[at], list[i].e->key[at]);
	}
}

static void refine_uses(struct groups *g, enum field axis)
{
	for (size_t i = 0; i < g->use_count && g->s->w->error == 0; i++) {
		const struct step *st = g->use[i];
		const struct set *set = &g->s->model->set[st->set];

		for (size_t k = 0; k < st->field_count; k++) {
			bool mac = st->field[k] == FIELD_MAC;
			bool mark = st->field[k] == FIELD_MARK ||
				    st->field[k] == FIELD_CT_MARK;

			if (!set->unknown && set->element_count != 0 &&
			    (axis == FIELD_MAC ? mac : mark))
				refine_use(g, st, k);
		}
	}
}

/* The policy's rights: devices are sorted by interface. */
static void refine_devices(struct groups *g)
{
	const struct devices *d = g->s->devices;

	for (uint32_t class = CLASS_FIRST; class <= CLASS_LAST; class ++) {
		begin_round(g);
		for (size_t i = 0; i < d->count; i++) {
			if (i != 0 && d->item[i].iif != d->item[i - 1].iif)
				begin_round(g);
			if (d->item[i].mark >> 24 == class)
				refine_range(g, FIELD_MAC,
					     range_of(d->item[i].mac, d->item[i].mac));
		}
	}
}

/* By the flows that permits are limited to. */
static void refine_limited(struct groups *g)
{
	const struct devices *d = g->s->devices;
	bool named[POLICY_FLOWS_MAX];

	devices_flows(d, named);
	for (size_t flow = 0; flow < POLICY_FLOWS_MAX && g->s->w->error == 0; flow++) {
		if (named[flow])
			begin_round(g);
		for (size_t i = 0; named[flow] && i < d->count; i++) {
			if (revision_permit_names_flow(d->item[i].permit, flow))
				refine_range(g, FIELD_MAC,
					     range_of(d->item[i].mac, d->item[i].mac));
		}
	}
}

/* Cards in quarantine are alike; one that is bound to an address is like no other. */
static void refine_others(struct groups *g)
{
	const struct devices *d = g->s->devices;

	begin_round(g);
	for (size_t i = 0; i < d->isolated_count; i++)
		refine_range(g, FIELD_MAC, range_of(d->isolated[i], d->isolated[i]));
	for (size_t i = 0; i < d->count && g->s->w->error == 0; i++) {
		if (d->item[i].address.family == 0)
			continue;
		begin_round(g);
		refine_range(g, FIELD_MAC, range_of(d->item[i].mac, d->item[i].mac));
	}
}

struct range groups_permits(void)
{
	return range_of(REVISION_MARK_FULL, REVISION_MARK_LIMITED | REVISION_MARK_NUMBER);
}

static void refine_marks(struct groups *g)
{
	const struct devices *d = g->s->devices;

	begin_round(g);
	refine_range(g, FIELD_MARK, range_of(0, 0));
	begin_round(g);
	refine_range(g, FIELD_MARK, groups_permits());
	for (uint32_t top = CLASS_FIRST; top <= CLASS_LAST; top++) {
		begin_round(g);
		for (size_t i = 0; i < d->count; i++) {
			if (d->item[i].mark >> 24 == top)
				refine_range(g, FIELD_MARK,
					     range_of(d->item[i].mark, d->item[i].mark));
		}
	}
}

/* Numbers without gaps, in the order of their first values. */
static void renumber(struct groups *g, struct axis *a)
{
	uint32_t *to = work_alloc(g->s->w, a->class_count, sizeof(*to));
	uint32_t next = 0;

	if (to == NULL)
		return;
	for (size_t i = 0; i < a->count; i++) {
		if (to[a->class[i]] == 0)
			to[a->class[i]] = ++next;
		a->class[i] = to[a->class[i]] - 1;
	}
	a->class_count = next;
}

static void build_axis(struct groups *g, enum field f)
{
	struct axis *a = &g->s->axis[f];

	a->class = work_alloc(g->s->w, a->count, sizeof(*a->class));
	a->class_count = 1;
	if (a->class == NULL)
		return;
	refine_tests(g, f);
	refine_uses(g, f);
	if (f == FIELD_MAC) {
		begin_round(g);
		refine_range(g, f, (struct range){ field_max(f), field_max(f) });
		refine_devices(g);
		refine_limited(g);
		refine_others(g);
	} else
		refine_marks(g);
	if (g->s->w->error == 0)
		renumber(g, a);
}

void groups_build(struct groups *g)
{
	build_axis(g, FIELD_MARK);
	if (g->s->w->error == 0)
		build_axis(g, FIELD_MAC);
}

/* One element's key as spans of atoms; groups can make several of it. */
struct spread {
	struct span *span[STEP_FIELDS_MAX];
	size_t count[STEP_FIELDS_MAX];
};

static int compare_element(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct use_element));
}

static void add_element(struct space *s, struct use *u, size_t *room,
			const struct use_element *e)
{
	void *p =
		work_grow(s->w, u->element, sizeof(*u->element), u->element_count, room);

	if (p == NULL)
		return;
	u->element = p;
	u->element[u->element_count++] = *e;
}

static void spread_element(struct space *s, struct use *u, size_t *room,
			   const struct element *from)
{
	struct use_element e;
	struct spread sp = { 0 };
	size_t n = u->set->field_count, all = 1;

	memset(&e, 0, sizeof(e));
	e.timed = from->timeout_ms != 0;
	if (u->map)
		e.data = space_atom(s, FIELD_MARK, num_from(from->data));
	for (size_t k = 0; k < n; k++) {
		sp.count[k] = space_spans(s, u->field[k], from->key[k], &sp.span[k]);
		all *= sp.count[k];
	}
	for (size_t i = 0; i < all && work_step(s->w, 1) == 0; i++) {
		size_t rest = i;

		for (size_t k = 0; k < n; k++) {
			e.key[k] = sp.span[k][rest % sp.count[k]];
			rest /= sp.count[k];
		}
		add_element(s, u, room, &e);
	}
}

int space_use(struct space *s, struct use *u)
{
	size_t room = 0, n = 1;

	for (size_t i = 0; i < u->set->element_count && s->w->error == 0; i++)
		spread_element(s, u, &room, &u->set->element[i]);
	if (s->w->error < 0 || u->element_count == 0)
		return s->w->error;
	qsort(u->element, u->element_count, sizeof(*u->element), compare_element);
	for (size_t i = 1; i < u->element_count; i++) {
		if (compare_element(&u->element[i], &u->element[n - 1]) != 0)
			u->element[n++] = u->element[i];
	}
	u->element_count = n;
	return 0;
}
