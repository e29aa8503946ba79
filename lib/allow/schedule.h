/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schedule - the hours of a week in which a list is open (level 2)
 *
 * Pure. Times are those of the wall clock at the schedule's offset from UTC: a
 * time zone without daylight saving time, because the system's rules for one can
 * neither be read from a thread nor be the same wherever a revision is looked at.
 */
#ifndef LIB_ALLOW_SCHEDULE_H
#define LIB_ALLOW_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

#define ALLOW_SPANS_MAX    32
#define ALLOW_HOLIDAYS_MAX 512

struct allow_span {
	uint8_t days; /* bit 0: Monday ... bit 6: Sunday */
	uint16_t from, to; /* minutes of the day, 0 <= from < to <= 1440 */
};

struct allow_schedule {
	int32_t offset_s; /* east of UTC */
	struct allow_span span[ALLOW_SPANS_MAX];
	size_t span_count;
	int32_t holiday[ALLOW_HOLIDAYS_MAX]; /* days since 1970-01-01, ascending */
	size_t holiday_count;
};

/*
 * Texts of a schedule. Each returns 0 or -EINVAL: zone "Asia/Tokyo", "UTC" or
 * "+09:00" (to 14 hours); day "mon".."sun" as 0..6; clock "00:00".."24:00" in
 * minutes; date "2026-11-23" in days since 1970-01-01.
 */
int allow_schedule_zone(const char *text, int32_t *ret_offset_s) MUST_CHECK;
int allow_schedule_day(const char *text, unsigned *ret_day) MUST_CHECK;
int allow_schedule_clock(const char *text, uint16_t *ret_minutes) MUST_CHECK;
int allow_schedule_date(const char *text, int32_t *ret_day) MUST_CHECK;

/* Adds a holiday in its place; one that is there stays once. -EDQUOT: table full. */
int allow_schedule_add_holiday(struct allow_schedule *s, int32_t day) MUST_CHECK;

/* On a holiday it is closed. s NULL: open. */
bool allow_schedule_is_open(const struct allow_schedule *s, int64_t now_s);

/* Seconds until it opens or closes, 1..max_s; max_s when it does not before. */
int64_t allow_schedule_next_change(const struct allow_schedule *s, int64_t now_s,
				   int64_t max_s);

#endif
