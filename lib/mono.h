/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mono - monotonic time has its own type; wall-clock time is int64_t microseconds UTC (level 0) */
#ifndef LIB_MONO_H
#define LIB_MONO_H

#include <stdint.h>
#include <time.h>

struct mono {
	int64_t us;
};

static inline struct mono mono_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){ .us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 };
}

static inline struct mono mono_after_ms(struct mono t, int64_t ms)
{
	return (struct mono){ .us = t.us + ms * 1000 };
}

static inline int64_t mono_diff_ms(struct mono later, struct mono earlier)
{
	return (later.us - earlier.us) / 1000;
}

/* Microseconds since 1970 UTC, for records and the database only. */
static inline int64_t wall_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

#endif
