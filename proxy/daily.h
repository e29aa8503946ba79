/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * daily - how much each device has sent on this day, over all workers
 *
 * Thread-safe and bounded: addresses may take half of the places,
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
#define DAILY_SAVED_MAX  (4u << 20) /* bytes of what is saved */

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

/*
 * What is known, as a file for the next proxyd. Returns 1, 0 (nothing has changed since
 * it was asked for last: there is no data), or -ENOMEM. The caller frees the data.
 */
int daily_save(struct daily *d, void **ret_data, size_t *ret_len) MUST_CHECK;

/*
 * Take up what daily_save() gave, in front of everything else. Returns 0, -EBADMSG (it
 * is not that, and nothing was taken up) or -ENOMEM (some of it was).
 */
int daily_load(struct daily *d, const void *data, size_t len) MUST_CHECK;

/* True for the first call with this device and day: tell people only once. */
bool daily_first_alarm(struct daily *d, const struct daily_who *who, int64_t day);

#endif
