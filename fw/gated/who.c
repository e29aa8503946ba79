/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/who.h"

#include <stdlib.h>

struct slot {
	uint32_t mark;
	const struct revision_permit *permit;
};

struct who {
	size_t count;
	struct slot slot[]; /* by mark */
};

static int compare(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return (x->mark > y->mark) - (x->mark < y->mark);
}

struct who *who_new(const struct revision *rev)
{
	struct who *w = calloc(1, sizeof(*w) + rev->permit_count * sizeof(w->slot[0]));

	if (w == NULL)
		return NULL;
	w->count = rev->permit_count;
	for (size_t i = 0; i < w->count; i++)
		w->slot[i] = (struct slot){ .mark = revision_permit_mark(&rev->permit[i]),
					    .permit = &rev->permit[i] };
	qsort(w->slot, w->count, sizeof(w->slot[0]), compare);
	return w;
}

void who_free(struct who *w)
{
	free(w);
}

const struct revision_permit *who_find(const struct who *w, uint32_t mark)
{
	const struct slot key = { .mark = mark };
	const struct slot *found;

	if (w == NULL || w->count == 0)
		return NULL;
	found = bsearch(&key, w->slot, w->count, sizeof(key), compare);
	return found != NULL ? found->permit : NULL;
}

void who_describe(const struct revision *rev, const struct revision_permit *p,
		  struct record *rec)
{
	rec->mac = p->mac;
	record_set_str(rec->device, sizeof(rec->device), p->device);
	record_set_str(rec->user, sizeof(rec->user), p->user);
	record_set_str(rec->zone, sizeof(rec->zone), rev->policy->zone[p->zone].name);
}
