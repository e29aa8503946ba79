/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/ranges.h"

#include <string.h>

#define FREE_BITS_MAX 8 /* two to that power is RANGES_MAX */

static struct range range_of(u128 min, u128 max)
{
	return (struct range){ .min = num_of(min), .max = num_of(max) };
}

void ranges_none(struct ranges *r)
{
	r->count = 0;
}

void ranges_one(struct ranges *r, u128 min, u128 max)
{
	r->at[0] = range_of(min, max);
	r->count = 1;
}

static unsigned bit_count(u128 v)
{
	return (unsigned)(__builtin_popcountll((uint64_t)v) +
			  __builtin_popcountll((uint64_t)(v >> 64)));
}

bool ranges_of_bits(struct ranges *r, u128 mask, u128 value, u128 max)
{
	u128 low = mask == 0 ? max : (mask & -mask) - 1; /* the free bits at the end */
	u128 holes = ~mask & max & ~low, hole = 0;

	ranges_none(r);
	if (bit_count(holes) > FREE_BITS_MAX)
		return false;
	do {
		u128 base = (value & mask) | hole;

		r->at[r->count++] = range_of(base, base | low);
		hole = (hole - holes) & holes; /* the next larger subset */
	} while (hole != 0);
	return true;
}

void ranges_complement(struct ranges *r, u128 max)
{
	struct ranges out = { .count = 0 };
	u128 from = 0;
	bool to_end = false;

	for (size_t i = 0; i < r->count; i++) {
		u128 min = num_value(r->at[i].min), end = num_value(r->at[i].max);

		if (min > from)
			out.at[out.count++] = range_of(from, min - 1);
		from = end + 1;
		to_end = end >= max;
	}
	if (!to_end)
		out.at[out.count++] = range_of(from, max);
	memcpy(r->at, out.at, out.count * sizeof(out.at[0]));
	r->count = out.count;
}

bool ranges_intersect(struct ranges *r, const struct range *with, size_t count)
{
	struct ranges out = { .count = 0 };
	size_t i = 0, k = 0;

	while (i < r->count && k < count) {
		u128 a = num_value(r->at[i].max), b = num_value(with[k].max);
		u128 min = num_value(r->at[i].min);

		if (num_value(with[k].min) > min)
			min = num_value(with[k].min);
		if (min <= (a < b ? a : b)) {
			if (out.count == RANGES_MAX)
				return false;
			out.at[out.count++] = range_of(min, a < b ? a : b);
		}
		if (a < b)
			i++;
		else
			k++;
	}
	memcpy(r->at, out.at, out.count * sizeof(out.at[0]));
	r->count = out.count;
	return true;
}

bool ranges_add(struct ranges *r, u128 value)
{
	size_t i = 0;

	while (i < r->count && num_value(r->at[i].max) < value)
		i++;
	if (i < r->count && num_value(r->at[i].min) <= value)
		return true;
	if (r->count == RANGES_MAX)
		return false;
	memmove(&r->at[i + 1], &r->at[i], (r->count - i) * sizeof(r->at[0]));
	r->at[i] = range_of(value, value);
	r->count++;
	return true;
}
