/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lockout - addresses from which too many sign-ins failed
 *
 * Ten failures within ten minutes shut an address out for ten minutes. A table of
 * fixed size: where a place is needed, the one that failed longest ago goes, those
 * shut out last. Not thread-safe.
 */
#ifndef PROXY_LOCKOUT_H
#define PROXY_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

#define LOCKOUT_FAILURES    10
#define LOCKOUT_MS          600000
#define LOCKOUT_SOURCES_MAX 4096

struct lockout;

/* NULL: no memory. */
struct lockout *lockout_new(void);
void lockout_free(struct lockout *l);

/* A sign-in from src failed. now_ms is of one monotonic clock. */
void lockout_fail(struct lockout *l, struct addr src, int64_t now_ms);

/* Is src shut out? *ret_first: nobody has asked since it was (for the record). */
bool lockout_is(struct lockout *l, struct addr src, int64_t now_ms, bool *ret_first);

#endif
