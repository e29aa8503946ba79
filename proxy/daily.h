/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * daily - how much each device has sent on this day, over all workers
 *
 * Thread-safe, in memory only, and bounded: addresses may take half of the places,
 * so that somebody who makes addresses up does not take those of admitted devices.
 * Who finds no place is counted together with all others that found none.
 */
#ifndef PROXY_DAILY_H
#define PROXY_DAILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define DAILY_PLACES_MAX 65536

struct daily;

/* Whose bytes: the device when it is known, else the address. */
struct daily_who {
	const char *device; /* id, "" unknown */
	struct addr addr;
};

/* Returns 0 or -ENOMEM. */
int daily_new(struct daily **ret_daily) MUST_CHECK;
void daily_free(struct daily *d);

/*
 * So many bytes more (or 0: only ask). day is any number that is another one on
 * another day; with a new one everything begins at 0. Returns the day's sum.
 */
uint64_t daily_add(struct daily *d, const struct daily_who *who, int64_t day,
		   uint64_t bytes);

/* True for the first call with this device and day: tell people only once. */
bool daily_first_alarm(struct daily *d, const struct daily_who *who, int64_t day);

#endif
