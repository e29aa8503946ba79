/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/when.h"

static const struct {
	const char *text;
	int64_t s; /* -1: refused */
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-21T00:00:00Z", 1795219200 },
	{ "2026-11-21T09:00:00+09:00", 1795219200 },
	{ "2026-11-20T19:30:00-04:30", 1795219200 },
	{ "2026-11-21T00:00:00.123456Z", 1795219200 },
	{ "2026-11-21t00:00:00z", 1795219200 },
	{ "2028-02-29T00:00:00Z", 1835395200 },
	{ "2026-11-21", 1795186800 }, /* Tokyo */
	{ "2027-02-29T00:00:00Z", -1 },
	{ "2026-13-01T00:00:00Z", -1 },
	{ "2026-00-01", -1 },
	{ "2026-11-31", -1 },
	{ "2026-11-21T24:00:00Z", -1 },
	{ "2026-11-21T00:60:00Z", -1 },
	{ "2026-11-21T00:00:60Z", -1 },
	{ "2026-11-21T00:00:00", -1 },
	{ "2026-11-21T00:00:00Zx", -1 },
	{ "2026-11-21T00:00:00.Z", -1 },
	{ "2026-11-21T00:00:00+9:00", -1 },
	{ "2026-11-21 00:00:00Z", -1 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "1970-01-01T00:00:00+01:00", -1 },
	{ "+026-11-21", -1 },
	{ "", -1 },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		int64_t s = -1;
		int r = when_parse(times[i].text, false, &s);

		assert_int_equal(r, times[i].s < 0 ? -EINVAL : 0);
		assert_int_equal(s, times[i].s);
	}
}

static void test_day_end(void **state)
{
	int64_t first, end;

	(void)state;
	assert_int_equal(when_parse("2026-12-31", false, &first), 0);
	assert_int_equal(when_parse("2026-12-31", true, &end), 0);
	assert_int_equal(end - first, 86400);
	/* a full time is a point, whatever was asked */
	assert_int_equal(when_parse("2026-12-31T00:00:00+09:00", true, &end), 0);
	assert_int_equal(end, first);
}

static void test_truncation(void **state)
{
	static const char full[] = "2026-11-21T09:00:00.5+09:00";
	char part[sizeof(full)];
	int64_t s;

	(void)state;
	for (size_t len = 0; len < sizeof(full) - 1; len++) {
		memcpy(part, full, len);
		part[len] = '\0';
		/* ten characters are a day */
		assert_int_equal(when_parse(part, false, &s), len == 10 ? 0 : -EINVAL);
	}
}

static void test_format(void **state)
{
	char text[WHEN_TEXT_MAX];

	(void)state;
	when_format(1795219200, text);
	assert_string_equal(text, "2026-11-21T00:00:00Z");
	when_format_us(1795219200000042, text);
	assert_string_equal(text, "2026-11-21T00:00:00.000042Z");
	when_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	when_format_us(-5, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_day_end),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_format),
	};

	when_use_zone("Asia/Tokyo");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
