/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/allow/schedule.h"
#include "lib/attr.h"

#define DAY  86400
#define HOUR 3600

static int64_t day_of(const char *date)
{
	int32_t day;

	assert_int_equal(allow_schedule_date(date, &day), 0);
	return day;
}

/* Minutes into a local day, as UTC for an offset. */
static int64_t at(const char *date, int hour, int minute, int offset_s)
{
	return day_of(date) * DAY + hour * HOUR + minute * 60 - offset_s;
}

static void test_texts(void **state)
{
	static const char *const bad_zone[] = { "",      "JST",    "Europe/Berlin",
						"+9:00", "+09:60", "+15:00",
						"09:00", "+09:00x" };
	static const char *const bad_clock[] = { "",      "8:30", "24:01",
						 "12:60", "1234", "12:345" };
	static const char *const bad_date[] = { "",           "2026-02-29", "2026-13-01",
						"2026-00-10", "2026-1-1",   "1969-12-31",
						"2026-11-31", "2026-11-00" };
	int32_t offset, day;
	uint16_t minutes;
	unsigned weekday;

	(void)state;
	assert_int_equal(allow_schedule_zone("Asia/Tokyo", &offset), 0);
	assert_int_equal(offset, 9 * HOUR);
	assert_int_equal(allow_schedule_zone("UTC", &offset), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(allow_schedule_zone("-03:30", &offset), 0);
	assert_int_equal(offset, -(3 * HOUR + 1800));
	for (size_t i = 0; i < ARRAY_LEN(bad_zone); i++)
		assert_int_equal(allow_schedule_zone(bad_zone[i], &offset), -EINVAL);
	assert_int_equal(allow_schedule_clock("24:00", &minutes), 0);
	assert_int_equal(minutes, 1440);
	for (size_t i = 0; i < ARRAY_LEN(bad_clock); i++)
		assert_int_equal(allow_schedule_clock(bad_clock[i], &minutes), -EINVAL);
	assert_int_equal(allow_schedule_day("sun", &weekday), 0);
	assert_int_equal(weekday, 6);
	assert_int_equal(allow_schedule_day("Sun", &weekday), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(bad_date); i++)
		assert_int_equal(allow_schedule_date(bad_date[i], &day), -EINVAL);
}

/* Every day of 200 years, against the C library. */
static void test_dates(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 200 * 365; day++) {
		time_t t = (time_t)(day * DAY);
		struct tm tm;
		char text[32];

		assert_non_null(gmtime_r(&t, &tm));
		(void)strftime(text, sizeof(text), "%Y-%m-%d", &tm);
		assert_int_equal(day_of(text), day);
	}
}

/* Monday to Friday 08:30 to 17:15 in Tokyo; 2026-11-23 is a Monday and a holiday. */
static struct allow_schedule office(void)
{
	struct allow_schedule s = {
		.offset_s = 9 * HOUR,
		.span = { { .days = 0x1f, .from = 8 * 60 + 30, .to = 17 * 60 + 15 } },
		.span_count = 1
	};

	assert_int_equal(allow_schedule_add_holiday(&s, (int32_t)day_of("2026-11-23")),
			 0);
	return s;
}

static void test_open(void **state)
{
	struct allow_schedule s = office();

	(void)state;
	assert_true(allow_schedule_is_open(NULL, 0));
	assert_false(allow_schedule_is_open(&s, at("2026-11-20", 8, 30, s.offset_s) - 1));
	assert_true(allow_schedule_is_open(&s, at("2026-11-20", 8, 30, s.offset_s)));
	assert_true(allow_schedule_is_open(&s, at("2026-11-20", 17, 15, s.offset_s) - 1));
	assert_false(allow_schedule_is_open(&s, at("2026-11-20", 17, 15, s.offset_s)));
	assert_false(allow_schedule_is_open(&s, at("2026-11-21", 12, 0, s.offset_s)));
	assert_false(allow_schedule_is_open(&s, at("2026-11-23", 12, 0, s.offset_s)));
	assert_true(allow_schedule_is_open(&s, at("2026-11-24", 12, 0, s.offset_s)));
	s.span_count = 0;
	assert_false(allow_schedule_is_open(&s, at("2026-11-24", 12, 0, s.offset_s)));
	assert_false(allow_schedule_is_open(&s, INT32_MIN));
}

static void test_next_change(void **state)
{
	struct allow_schedule s = office();
	int64_t noon = at("2026-11-20", 12, 0, s.offset_s); /* a Friday */

	(void)state;
	assert_int_equal(allow_schedule_next_change(&s, noon, 30 * DAY),
			 5 * HOUR + 15 * 60);
	/* closed over the weekend and the holiday */
	assert_int_equal(allow_schedule_next_change(&s, noon + 6 * HOUR, 30 * DAY),
			 at("2026-11-24", 8, 30, s.offset_s) - noon - 6 * HOUR);
	assert_int_equal(allow_schedule_next_change(&s, noon + 6 * HOUR, DAY), DAY);
	assert_int_equal(allow_schedule_next_change(NULL, noon, DAY), DAY);
	/* open all day but for the holiday: midnight counts */
	s.span[0] = (struct allow_span){ .days = 0x7f, .from = 0, .to = 1440 };
	assert_int_equal(allow_schedule_next_change(&s, noon, 30 * DAY),
			 at("2026-11-23", 0, 0, s.offset_s) - noon);
}

/* Second by second it is the same. */
static void test_next_change_is_next(void **state)
{
	struct allow_schedule s = office();
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 200; i++) {
		int64_t now = at("2026-11-16", 0, 0, 0) + rand() % (14 * DAY);
		int64_t n = allow_schedule_next_change(&s, now, DAY);
		bool open = allow_schedule_is_open(&s, now);

		for (int64_t t = now; t < now + n; t += 60 - t % 60)
			assert_int_equal(allow_schedule_is_open(&s, t), open);
		if (n < DAY)
			assert_int_not_equal(allow_schedule_is_open(&s, now + n), open);
	}
}

static void test_holidays(void **state)
{
	struct allow_schedule s = { 0 };

	(void)state;
	for (int32_t i = 0; i < ALLOW_HOLIDAYS_MAX; i++)
		assert_int_equal(allow_schedule_add_holiday(&s, i * 37 % 521), 0);
	assert_int_equal(s.holiday_count, ALLOW_HOLIDAYS_MAX);
	for (size_t i = 1; i < s.holiday_count; i++)
		assert_true(s.holiday[i - 1] < s.holiday[i]);
	assert_int_equal(allow_schedule_add_holiday(&s, s.holiday[5]), 0);
	assert_int_equal(allow_schedule_add_holiday(&s, 9999), -EDQUOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_next_change),
		cmocka_unit_test(test_next_change_is_next),
		cmocka_unit_test(test_holidays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
