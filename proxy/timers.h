/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timers - a heap of deadlines (for loop.c)
 *
 * Pure: knows no clock. Timers live inside their owners; the heap holds pointers.
 */
#ifndef PROXY_TIMERS_H
#define PROXY_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "proxy/loop.h"

struct timers_item {
	int64_t at_ms;
	struct loop_timer *timer;
};

/* A cleared one is empty. */
struct timers {
	struct timers_item *item; /* a binary heap, the earliest first */
	size_t count;
	size_t room;
};

void timers_clear(struct timers *h);

/* Arm, or move when it is armed. Returns 0 or -ENOMEM (only when it was not armed). */
int timers_set(struct timers *h, struct loop_timer *t, int64_t at_ms) MUST_CHECK;
void timers_remove(struct timers *h, struct loop_timer *t);

/* When the first one is due; INT64_MAX: none. */
int64_t timers_next(const struct timers *h);

/* Take the first one out when it is due by now_ms, else NULL. */
struct loop_timer *timers_take(struct timers *h, int64_t now_ms);

#endif
