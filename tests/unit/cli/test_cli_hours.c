/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/attr.h"
#include "mgmt/cli/hours.h"

static const struct {
	const char *text, *printed; /* NULL: refused */
} rows[] = {
	{ "mon-fri 08:30-17:15", "mon,tue,wed,thu,fri 08:30-17:15" },
	{ "wed,mon 09:00-12:00", "mon,wed 09:00-12:00" },
	{ "sat-sun,mon  00:00-24:00", "mon,sat,sun 00:00-24:00" },
	{ "mon 8-9", "mon 8-9" }, /* the server says no */
	{ "", NULL },
	{ "mon", NULL },
	{ "mon ", NULL },
	{ "mon 0830", NULL },
	{ "fri-mon 08:30-17:15", NULL },
	{ "mon- 08:30-17:15", NULL },
	{ "mon, 08:30-17:15", NULL },
	{ "monday 08:30-17:15", NULL },
	{ "08:30-17:15", NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *span = hours_parse(rows[i].text);
		char text[HOURS_TEXT_MAX];

		if ((span == NULL) != (rows[i].printed == NULL))
			fail_msg("\"%s\"", rows[i].text);
		if (span == NULL)
			continue;
		hours_print(span, text);
		assert_string_equal(text, rows[i].printed);
		json_decref(span);
	}
}

/* What a hostile server could answer. */
static void test_odd_spans(void **state)
{
	char text[HOURS_TEXT_MAX];
	json_t *span =
		json_pack("{s:[i,s], s:i}", "days", 1, "a-very-long-day", "from", 5);

	(void)state;
	hours_print(span, text);
	assert_string_equal(text, "?,a-v -");
	json_decref(span);
	hours_print(NULL, text);
	assert_string_equal(text, " -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_odd_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
