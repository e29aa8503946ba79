/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/box.h"

#include <stdlib.h>

#define WIDE_PARTS 8 /* a box of more than this part of all destinations is wide */

struct sorted {
	uint32_t iif, first, last, i;
};

static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->iif != y->iif)
		return x->iif < y->iif ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static size_t sort_boxes(const struct boxes *list, struct box_index *x, struct sorted *to)
{
	uint32_t last = 0;
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->item[i].f[FIELD_DADDR].max > last)
			last = list->item[i].f[FIELD_DADDR].max;
		if (list->item[i].f[FIELD_IIF].max >= x->interfaces)
			x->interfaces = list->item[i].f[FIELD_IIF].max + 1;
	}
	for (size_t i = 0; i < list->count; i++) {
		struct span in = list->item[i].f[FIELD_IIF];
		struct span to_addr = list->item[i].f[FIELD_DADDR];

		if (in.min != in.max || to_addr.max - to_addr.min > last / WIDE_PARTS)
			x->wide[x->wide_count++] = (uint32_t)i;
		else
			to[n++] = (struct sorted){ in.min, to_addr.min, to_addr.max,
						   (uint32_t)i };
	}
	if (n != 0)
		qsort(to, n, sizeof(*to), compare);
	return n;
}

void box_index_make(struct work *w, const struct boxes *list, struct box_index *x)
{
	struct sorted *s = work_alloc(w, list->count + 1, sizeof(*s));
	size_t n;

	*x = (struct box_index){ .count = list->count };
	x->wide = work_alloc(w, list->count + 1, sizeof(*x->wide));
	x->order = work_alloc(w, list->count + 1, sizeof(*x->order));
	x->reach = work_alloc(w, list->count + 1, sizeof(*x->reach));
	if (w->error < 0)
		return;
	n = sort_boxes(list, x, s);
	x->begin = work_alloc(w, (size_t)x->interfaces + 2, sizeof(*x->begin));
	for (size_t i = 0; i < n && w->error == 0; i++) {
		x->order[i] = s[i].i;
		x->reach[i] = s[i].last;
		if (i != 0 && s[i].iif == s[i - 1].iif && x->reach[i - 1] > s[i].last)
			x->reach[i] = x->reach[i - 1];
		x->begin[s[i].iif + 1] = i + 1;
	}
	for (uint32_t i = 0; i < x->interfaces && w->error == 0; i++) {
		if (x->begin[i + 1] < x->begin[i])
			x->begin[i + 1] = x->begin[i];
	}
}

/* The first of one interface whose destinations begin behind last. */
static size_t first_behind(const struct boxes *list, const struct box_index *x,
			   uint32_t interface, uint32_t last)
{
	size_t low = x->begin[interface], high = x->begin[interface + 1];

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list->item[x->order[mid]].f[FIELD_DADDR].min <= last)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void boxes_each(struct work *w, const struct boxes *list, struct box_index *x,
		const struct box *b, box_fn *fn, void *user)
{
	struct span in = b->f[FIELD_IIF], to = b->f[FIELD_DADDR];

	if (x->order == NULL || x->count != list->count)
		box_index_make(w, list, x);
	if (work_step(w, x->wide_count) < 0)
		return;
	for (size_t i = 0; i < x->wide_count; i++) {
		if (box_overlaps(&list->item[x->wide[i]], b) && !fn(user, x->wide[i]))
			return;
	}
	for (uint32_t k = in.min; k <= in.max && k < x->interfaces; k++) {
		size_t i = first_behind(list, x, k, to.max);

		while (i > x->begin[k] && x->reach[i - 1] >= to.min &&
		       work_step(w, 1) == 0) {
			uint32_t at = x->order[--i];

			if (box_overlaps(&list->item[at], b) && !fn(user, at))
				return;
		}
	}
}
