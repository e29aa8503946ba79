/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recordd/box.h"

#include <errno.h>

#include "mgmt/recordd/month.h"

#define SECOND_US ((int64_t)1000000)

static void test_month_turns_at_midnight_in_japan(void **state)
{
	/* 2026-11-30T15:00:00Z is the first second of December there */
	int64_t december = 1796050800 * SECOND_US;

	(void)state;
	assert_int_equal(month_of(december - 1), 202611);
	assert_int_equal(month_of(december), 202612);
	assert_int_equal(month_of(december + 31 * 86400 * SECOND_US), 202701);
}

static void test_filing_time(void **state)
{
	int64_t now = 1796050800 * SECOND_US;

	(void)state;
	assert_int_equal(month_filing_time(now - 5, now), now - 5);
	assert_int_equal(month_filing_time(now + 3600 * SECOND_US, now),
			 now + 3600 * SECOND_US);
	assert_int_equal(month_filing_time(0, now), now);
	assert_int_equal(month_filing_time(INT64_MIN, now), now);
	assert_int_equal(month_filing_time(INT64_MAX, now), now);
	assert_int_equal(month_filing_time(now + 86401 * SECOND_US, now), now);
}

static void test_file_names(void **state)
{
	static const char *const bad[] = {
		"",           "2026-13.db",  "2026-00.db",
		"2026-1.db",  "2026-11.dbx", "2026-11.db-wal",
		"x026-11.db", "2026_11.db",  "0026-11.db",
		"2026-+1.db",
	};
	char file[MONTH_FILE_MAX];
	unsigned month = 0;

	(void)state;
	month_file(202603, file);
	assert_string_equal(file, "2026-03.db");
	assert_int_equal(month_of_file(file, &month), 0);
	assert_int_equal(month, 202603);
	assert_int_equal(month_of_file("2026-12.db", &month), 0);
	assert_int_equal(month, 202612);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(month_of_file(bad[i], &month), -EINVAL);
}

static void test_ids(void **state)
{
	(void)state;
	assert_int_equal(month_id(202611, 42), 202611000000000042ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_month_turns_at_midnight_in_japan),
		cmocka_unit_test(test_filing_time),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
