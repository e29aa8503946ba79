/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/space.h"

#include <stdlib.h>
#include <string.h>

#include "fw/verify/groups.h"
#include "fw/verify/num.h"

static bool is_name(enum field f)
{
	return f == FIELD_IIF || f == FIELD_OIF;
}

static enum field axis_of(enum field f)
{
	switch (f) {
	case FIELD_CT_MARK:
		return FIELD_MARK;
	case FIELD_DADDR:
		return FIELD_SADDR;
	case FIELD_DPORT:
		return FIELD_SPORT;
	default:
		return f;
	}
}

static int compare_num(const void *a, const void *b)
{
	return num_cmp(*(const struct num *)a, *(const struct num *)b);
}

static int compare_device(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	if (x->iif != y->iif)
		return x->iif < y->iif ? -1 : 1;
	return x->mac < y->mac ? -1 : x->mac > y->mac;
}

const struct device *devices_find(const struct devices *d, uint32_t iif, uint64_t mac)
{
	const struct device want = { .iif = iif, .mac = mac };

	return d->count == 0
		       ? NULL
		       : bsearch(&want, d->item, d->count, sizeof(want), compare_device);
}

void devices_flows(const struct devices *d, bool *ret_named)
{
	for (size_t i = 0; i < POLICY_FLOWS_MAX; i++)
		ret_named[i] = false;
	for (size_t i = 0; i < d->count; i++) {
		const struct revision_permit *p = d->item[i].permit;

		for (size_t k = 0; k < p->flow_count; k++)
			ret_named[p->flow[k]] = true;
	}
}

/*
 * Was it added lately? Rules name the same few values over and over, and sorting them
 * was a tenth of a proof. 0 is on every axis, so that a cleared place says the truth.
 */
static bool is_known(struct space *s, struct axis *a, struct num v)
{
	uint64_t mixed = (v.lo ^ v.hi) * UINT64_C(0x9e3779b97f4a7c15);
	struct num *known;

	if (a->known == NULL)
		a->known = work_alloc(s->w, SPACE_KNOWN, sizeof(*a->known));
	if (a->known == NULL)
		return false;
	known = &a->known[mixed >> 32 & (SPACE_KNOWN - 1)];
	if (num_cmp(*known, v) == 0)
		return true;
	*known = v;
	return false;
}

static void append(struct space *s, struct axis *a, struct num v)
{
	void *p = work_grow(s->w, a->start, sizeof(*a->start), a->count, &a->room);

	if (p == NULL)
		return;
	a->start = p;
	a->start[a->count++] = v;
}

static void add_start(struct space *s, enum field f, struct num v)
{
	struct axis *a = &s->axis[axis_of(f)];

	if (num_cmp(v, field_max(f)) <= 0 && !is_known(s, a, v))
		append(s, a, v);
}

void space_border(struct space *s, enum field f, struct range r)
{
	if (is_name(f))
		return;
	add_start(s, f, r.min);
	if (num_cmp(r.max, field_max(f)) < 0)
		add_start(s, f, num_plus(r.max, 1));
}

static void sort_axis(struct space *s, enum field f)
{
	struct axis *a = &s->axis[f];
	size_t n = 1;

	append(s, a, num_from(0));
	if (s->w->error < 0)
		return;
	qsort(a->start, a->count, sizeof(*a->start), compare_num);
	for (size_t i = 1; i < a->count; i++) {
		if (num_cmp(a->start[i], a->start[n - 1]) != 0)
			a->start[n++] = a->start[i];
	}
	a->count = n;
}

static void step_borders(struct space *s, const struct step *st)
{
	const struct set *set;

	if (st->kind == STEP_SET)
		space_border(s, st->field[0], range_of(st->value, st->value));
	for (size_t i = 0; st->kind == STEP_MATCH && i < st->range_count; i++)
		space_border(s, st->field[0], st->range[i]);
	if (st->kind != STEP_LOOKUP && st->kind != STEP_MAP)
		return;
	set = &s->model->set[st->set];
	if (set->unknown)
		return;
	for (size_t i = 0; i < set->element_count; i++) {
		const struct element *e = &set->element[i];

		for (size_t k = 0; k < st->field_count; k++)
			space_border(s, st->field[k], e->key[k]);
		if (st->kind == STEP_MAP)
			space_border(s, FIELD_MARK, range_of(e->data, e->data));
	}
}

static void model_borders(struct space *s, struct groups *g)
{
	const struct model *m = s->model;

	for (size_t c = 0; c < m->chain_count; c++) {
		for (size_t r = 0; r < m->chain[c].rule_count; r++) {
			const struct rule *rule = &m->chain[c].rule[r];

			for (size_t i = 0; i < rule->step_count; i++) {
				const struct step *st = &rule->step[i];
				bool set =
					st->kind == STEP_LOOKUP || st->kind == STEP_MAP;

				/* a set's are the same for all that look into it */
				if (groups_step(g, st) || !set)
					step_borders(s, st);
			}
		}
	}
}

int space_build(struct space *s)
{
	struct groups g = { .s = s };

	for (size_t i = 0; i < s->devices->count; i++) {
		const struct device *d = &s->devices->item[i];

		space_border(s, FIELD_MAC, range_of(d->mac, d->mac));
		space_border(s, FIELD_MARK, range_of(d->mark, d->mark));
		if (d->address.family != 0)
			space_border(s, FIELD_SADDR,
				     (struct range){ num_of_addr(d->address),
						     num_of_addr(d->address) });
	}
	for (size_t i = 0; i < s->devices->isolated_count; i++)
		space_border(s, FIELD_MAC,
			     range_of(s->devices->isolated[i], s->devices->isolated[i]));
	space_border(s, FIELD_MARK, range_of(0, 0));
	space_border(s, FIELD_MARK, groups_permits());
	if (s->devices->count != 0)
		qsort(s->devices->item, s->devices->count, sizeof(*s->devices->item),
		      compare_device);
	model_borders(s, &g);
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (!is_name((enum field)f) && axis_of((enum field)f) == f)
			sort_axis(s, (enum field)f);
	}
	if (s->w->error == 0)
		groups_build(&g);
	return s->w->error;
}

/* The interval that a value lies in. */
static size_t interval_of(const struct axis *a, struct num v)
{
	size_t low = 0, high = a->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (num_cmp(a->start[mid], v) <= 0)
			low = mid;
		else
			high = mid;
	}
	return low;
}

struct span space_intervals(const struct space *s, enum field f, struct range r)
{
	const struct axis *a = &s->axis[axis_of(f)];

	return (struct span){ (uint32_t)interval_of(a, r.min),
			      (uint32_t)interval_of(a, r.max) };
}

uint32_t space_atom(const struct space *s, enum field f, struct num value)
{
	const struct axis *a = &s->axis[axis_of(f)];
	size_t i;

	if (is_name(f))
		return (uint32_t)value.lo;
	i = interval_of(a, value);
	return a->class != NULL ? a->class[i] : (uint32_t)i;
}

struct span space_all(const struct space *s, enum field f)
{
	const struct axis *a = &s->axis[axis_of(f)];

	if (is_name(f))
		return (struct span){ 0, s->names->count - 1 };
	return (struct span){
		0, (a->class != NULL ? a->class_count : (uint32_t)a->count) - 1
	};
}

struct range space_values(const struct space *s, enum field f, uint32_t atom)
{
	const struct axis *a = &s->axis[axis_of(f)];
	size_t i = atom;
	struct range r;

	if (is_name(f))
		return range_of(atom, atom);
	for (i = 0; a->class != NULL && a->class[i] != atom; i++)
		;
	if (a->class == NULL)
		i = atom;
	r = (struct range){ a->start[i], field_max(f) };
	if (i + 1 < a->count) {
		r.max = a->start[i + 1];
		r.max.hi -= r.max.lo == 0;
		r.max.lo--;
	}
	return r;
}

/* Every flag that is set, as spans. */
static size_t spans_of(struct space *s, const bool *flag, size_t n, struct span **ret)
{
	struct span *list = work_alloc(s->w, n / 2 + 1, sizeof(*list));
	size_t count = 0;

	if (list == NULL)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!flag[i])
			continue;
		if (i == 0 || !flag[i - 1])
			list[count++].min = (uint32_t)i;
		list[count - 1].max = (uint32_t)i;
	}
	*ret = list;
	return count;
}

static size_t name_spans(struct space *s, struct range r, struct span **ret)
{
	size_t n = s->names->count;
	bool *flag = work_alloc(s->w, n, sizeof(*flag));

	if (flag == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		flag[i] = range_has(r, num_from(s->names->base[i]));
	return spans_of(s, flag, n, ret);
}

static size_t class_spans(struct space *s, enum field f, struct range r,
			  struct span **ret)
{
	struct axis *a = &s->axis[axis_of(f)];
	struct span in = space_intervals(s, f, r);
	bool *flag;
	size_t n;

	for (size_t i = 0; i < a->cached; i++) {
		if (memcmp(&a->cache[i].range, &r, sizeof(r)) == 0) {
			*ret = a->cache[i].span;
			return a->cache[i].count;
		}
	}
	flag = work_alloc(s->w, a->class_count, sizeof(*flag));
	if (flag == NULL || work_step(s->w, in.max - in.min + 1) < 0)
		return 0;
	for (size_t i = in.min; i <= in.max; i++)
		flag[a->class[i]] = true;
	n = spans_of(s, flag, a->class_count, ret);
	if (a->cached < SPACE_CACHE && n != 0) {
		a->cache[a->cached].range = r;
		a->cache[a->cached].span = *ret;
		a->cache[a->cached++].count = n;
	}
	return n;
}

size_t space_spans(struct space *s, enum field f, struct range r, struct span **ret_span)
{
	struct span *one;

	if (is_name(f))
		return name_spans(s, r, ret_span);
	if (s->axis[axis_of(f)].class != NULL)
		return class_spans(s, f, r, ret_span);
	one = work_alloc(s->w, 1, sizeof(*one));
	if (one == NULL)
		return 0;
	*one = space_intervals(s, f, r);
	*ret_span = one;
	return 1;
}
