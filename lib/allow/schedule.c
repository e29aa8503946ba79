/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/schedule.h"

#include <errno.h>
#include <string.h>

#include "lib/attr.h"

#define DAY_S      86400
#define MINUTES    1440
#define OFFSET_MAX (14 * 60)
#define EPOCH_DAY  3 /* 1970-01-01 was a Thursday */
#define TOKYO_EAST (9 * 60 * 60)

/* "d" stands for a digit. */
static bool has_shape(const char *s, const char *shape)
{
	if (strlen(s) != strlen(shape))
		return false;
	for (; *s != '\0'; s++, shape++) {
		if (*shape == 'd' ? *s < '0' || *s > '9' : *s != *shape)
			return false;
	}
	return true;
}

static int digits(const char *s, size_t count)
{
	int v = 0;

	for (size_t i = 0; i < count; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

int allow_schedule_zone(const char *text, int32_t *ret_offset_s)
{
	int minutes;

	if (strcmp(text, "Asia/Tokyo") == 0 || strcmp(text, "UTC") == 0) {
		*ret_offset_s = text[0] == 'A' ? TOKYO_EAST : 0;
		return 0;
	}
	if (!has_shape(text, "+dd:dd") && !has_shape(text, "-dd:dd"))
		return -EINVAL;
	minutes = digits(text + 1, 2) * 60 + digits(text + 4, 2);
	if (digits(text + 4, 2) > 59 || minutes > OFFSET_MAX)
		return -EINVAL;
	*ret_offset_s = (text[0] == '-' ? -60 : 60) * minutes;
	return 0;
}

int allow_schedule_day(const char *text, unsigned *ret_day)
{
	static const char *const day[] = {
		"mon", "tue", "wed", "thu", "fri", "sat", "sun"
	};

	for (unsigned i = 0; i < ARRAY_LEN(day); i++) {
		if (strcmp(text, day[i]) == 0) {
			*ret_day = i;
			return 0;
		}
	}
	return -EINVAL;
}

int allow_schedule_clock(const char *text, uint16_t *ret_minutes)
{
	int minutes;

	if (!has_shape(text, "dd:dd") || digits(text + 3, 2) > 59)
		return -EINVAL;
	minutes = digits(text, 2) * 60 + digits(text + 3, 2);
	if (minutes > MINUTES)
		return -EINVAL;
	*ret_minutes = (uint16_t)minutes;
	return 0;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (leap && month == 2 ? 1 : 0);
}

int allow_schedule_date(const char *text, int32_t *ret_day)
{
	int year, month, day, before, sum;

	if (!has_shape(text, "dddd-dd-dd"))
		return -EINVAL;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month))
		return -EINVAL;
	before = year - 1;
	sum = before * 365 + before / 4 - before / 100 + before / 400 -
	      (1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400);
	for (int m = 1; m < month; m++)
		sum += days_in(year, m);
	*ret_day = sum + day - 1;
	return 0;
}

int allow_schedule_add_holiday(struct allow_schedule *s, int32_t day)
{
	size_t i = 0;

	while (i < s->holiday_count && s->holiday[i] < day)
		i++;
	if (i < s->holiday_count && s->holiday[i] == day)
		return 0;
	if (s->holiday_count == ALLOW_HOLIDAYS_MAX)
		return -EDQUOT;
	memmove(&s->holiday[i + 1], &s->holiday[i],
		(s->holiday_count - i) * sizeof(s->holiday[0]));
	s->holiday[i] = day;
	s->holiday_count++;
	return 0;
}

/* Local time as a day since 1970-01-01 and a second of it. */
struct local {
	int64_t day;
	int64_t second;
};

static struct local local_of(const struct allow_schedule *s, int64_t now_s)
{
	int64_t t = now_s + s->offset_s;
	int64_t second = ((t % DAY_S) + DAY_S) % DAY_S;

	return (struct local){ .day = (t - second) / DAY_S, .second = second };
}

static bool is_holiday(const struct allow_schedule *s, int64_t day)
{
	size_t low = 0, high = s->holiday_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->holiday[mid] == day)
			return true;
		if (s->holiday[mid] < day)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool is_open_at(const struct allow_schedule *s, struct local t)
{
	unsigned weekday = (unsigned)(((t.day + EPOCH_DAY) % 7 + 7) % 7);
	int64_t minute = t.second / 60;

	if (is_holiday(s, t.day))
		return false;
	for (size_t i = 0; i < s->span_count; i++) {
		const struct allow_span *span = &s->span[i];

		if ((span->days >> weekday & 1) != 0 && minute >= span->from &&
		    minute < span->to)
			return true;
	}
	return false;
}

bool allow_schedule_is_open(const struct allow_schedule *s, int64_t now_s)
{
	return s == NULL || is_open_at(s, local_of(s, now_s));
}

int64_t allow_schedule_next_change(const struct allow_schedule *s, int64_t now_s,
				   int64_t max_s)
{
	bool open = allow_schedule_is_open(s, now_s);
	int64_t best = max_s, midnight;

	if (s == NULL)
		return max_s;
	/* it can only change where a span begins or ends, or at midnight */
	midnight = now_s - local_of(s, now_s).second;
	for (; midnight - now_s < best; midnight += DAY_S) {
		for (size_t i = 0; i <= 2 * s->span_count; i++) {
			const struct allow_span *span = &s->span[i / 2];
			int64_t at = midnight;

			if (i < 2 * s->span_count)
				at += 60 * (int64_t)(i % 2 == 0 ? span->from : span->to);
			if (at > now_s && at - now_s < best &&
			    allow_schedule_is_open(s, at) != open)
				best = at - now_s;
		}
	}
	return best;
}
