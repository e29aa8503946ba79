/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/timers.h"

#include <errno.h>
#include <stdlib.h>

void timers_clear(struct timers *h)
{
	for (size_t i = 0; i < h->count; i++)
		h->item[i].timer->slot = 0;
	free(h->item);
	*h = (struct timers){ 0 };
}

static void put(struct timers *h, size_t i, struct timers_item item)
{
	h->item[i] = item;
	item.timer->slot = (uint32_t)i + 1;
}

static void sift_up(struct timers *h, size_t i, struct timers_item item)
{
	while (i != 0 && h->item[(i - 1) / 2].at_ms > item.at_ms) {
		put(h, i, h->item[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, item);
}

static void sift_down(struct timers *h, size_t i, struct timers_item item)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count &&
		    h->item[child + 1].at_ms < h->item[child].at_ms)
			child++;
		if (h->item[child].at_ms >= item.at_ms)
			break;
		put(h, i, h->item[child]);
		i = child;
	}
	put(h, i, item);
}

static void place(struct timers *h, size_t i, struct timers_item item)
{
	if (i != 0 && h->item[(i - 1) / 2].at_ms > item.at_ms)
		sift_up(h, i, item);
	else
		sift_down(h, i, item);
}

static int make_room(struct timers *h)
{
	size_t room = h->room != 0 ? h->room * 2 : 64;
	struct timers_item *p;

	if (h->count < h->room)
		return 0;
	p = realloc(h->item, room * sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	h->item = p;
	h->room = room;
	return 0;
}

int timers_set(struct timers *h, struct loop_timer *t, int64_t at_ms)
{
	struct timers_item item = { at_ms, t };

	if (t->slot != 0) {
		place(h, t->slot - 1, item);
		return 0;
	}
	if (make_room(h) < 0)
		return -ENOMEM;
	h->count++;
	sift_up(h, h->count - 1, item);
	return 0;
}

void timers_remove(struct timers *h, struct loop_timer *t)
{
	size_t i = t->slot - 1u;
	struct timers_item last;

	if (t->slot == 0)
		return;
	t->slot = 0;
	last = h->item[--h->count];
	if (i != h->count)
		place(h, i, last);
}

int64_t timers_next(const struct timers *h)
{
	return h->count != 0 ? h->item[0].at_ms : INT64_MAX;
}

struct loop_timer *timers_take(struct timers *h, int64_t now_ms)
{
	struct loop_timer *t;

	if (h->count == 0 || h->item[0].at_ms > now_ms)
		return NULL;
	t = h->item[0].timer;
	timers_remove(h, t);
	return t;
}
