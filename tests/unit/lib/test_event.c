/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void every_kind_has_its_words(void **state)
{
	(void)state;
	for (unsigned i = 1; i < EVENT_COUNT; i++) {
		enum event_kind k = (enum event_kind)i;

		assert_string_not_equal(event_name(k), "unknown");
		assert_in_range(event_severity(k), EVENT_NOTICE, EVENT_CRITICAL);
		assert_string_not_equal(event_text(k, "ja"), event_text(k, "en"));
		assert_string_not_equal(event_advice(k, "ja"), event_advice(k, "en"));
		for (unsigned j = 1; j < i; j++)
			assert_string_not_equal(event_name(k),
						event_name((enum event_kind)j));
	}
}

static void numbers_of_others_are_harmless(void **state)
{
	static const unsigned others[] = { 0, EVENT_COUNT, 65535 };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		enum event_kind k = (enum event_kind)others[i];

		assert_string_equal(event_name(k), "unknown");
		assert_true(strlen(event_text(k, "ja")) > 0);
		assert_true(strlen(event_advice(k, "fr")) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_words),
		cmocka_unit_test(numbers_of_others_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
