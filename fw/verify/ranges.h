/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ranges - sets of numbers as ascending, disjoint ranges, of a bounded count */
#ifndef FW_VERIFY_RANGES_H
#define FW_VERIFY_RANGES_H

#include "fw/verify/source.h"

#define RANGES_MAX 256 /* a mask with holes makes many; more are not understood */

struct ranges {
	struct range at[RANGES_MAX + 1]; /* a complement has one more */
	size_t count;
};

void ranges_none(struct ranges *r);
void ranges_one(struct ranges *r, u128 min, u128 max);

/*
 * All x up to max (a power of two less one) with (x & mask) == value. Returns false
 * when they are too many.
 */
bool ranges_of_bits(struct ranges *r, u128 mask, u128 value, u128 max);

/* Within 0 to max. */
void ranges_complement(struct ranges *r, u128 max);

/* Returns false when the result has too many. */
bool ranges_intersect(struct ranges *r, const struct range *with, size_t count);

/* Add one value; they come in any order. Returns false when there are too many. */
bool ranges_add(struct ranges *r, u128 value);

#endif
