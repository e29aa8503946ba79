/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/permitted.h"
#include "tests/support/alloc_fail.h"

static const struct revision_card nine[] = { { { { 2, 0, 0, 0, 0, 9 } }, "office0" } };
static const struct revision_card two[] = { { { { 2, 0, 0, 0, 0, 2 } }, "office0" } };
static const struct revision_card dock[] = { { { { 2, 0, 0, 0, 0, 1 } }, "office0" },
					     { { { 2, 0, 0, 0, 0, 2 } }, "office1" } };

static struct revision_permit permits[] = {
	{ .card = nine, .card_count = 1 },
	{ .card = two, .card_count = 1, .until = 1000 },
	{ .card = dock, .card_count = ARRAY_LEN(dock) },
};

static const struct revision revision = { .permit = permits,
					  .permit_count = ARRAY_LEN(permits) };

static void test_find(void **state)
{
	const struct mac three = { { 2, 0, 0, 0, 0, 3 } };
	struct permitted p = { 0 };

	(void)state;
	assert_false(permitted_at(&p, dock[0].mac, "office0", 0));
	assert_int_equal(permitted_load(&p, &revision), 0);
	assert_true(permitted_at(&p, dock[0].mac, "office0", 5000));
	assert_false(permitted_at(&p, dock[0].mac, "office1", 5000));
	assert_true(permitted_at(&p, two[0].mac, "office0", 999));
	assert_false(permitted_at(&p, two[0].mac, "office0", 1000)); /* over */
	assert_string_equal(permitted_home(&p, two[0].mac, 1000), "office1");
	assert_string_equal(permitted_home(&p, nine[0].mac, 0), "office0");
	assert_null(permitted_home(&p, three, 0));
	assert_int_equal(permitted_load(&p, NULL), 0);
	assert_null(permitted_home(&p, nine[0].mac, 0));
	permitted_free(&p);
}

/* People know these cards; one may speak, the others are to be contained. */
static void test_holds(void **state)
{
	static const struct revision_card five[] = { { { { 2, 0, 0, 0, 0, 5 } },
						       "office0" } };
	struct revision_permit mixed[] = {
		{ .card = nine, .card_count = 1, .from = 100, .until = 200 },
		{ .card = five, .card_count = 1, .quarantined = true },
	};
	const struct revision rev = { .permit = mixed, .permit_count = ARRAY_LEN(mixed) };
	struct permitted p = { 0 };

	(void)state;
	assert_int_equal(permitted_load(&p, &rev), 0);
	assert_true(permitted_at(&p, nine[0].mac, "office0", 99));
	assert_false(permitted_holds(&p, nine[0].mac, "office0", 99));
	assert_true(permitted_holds(&p, nine[0].mac, "office0", 100));
	assert_true(permitted_holds(&p, nine[0].mac, "office0", 199));
	assert_false(permitted_holds(&p, nine[0].mac, "office0", 200));
	assert_false(permitted_holds(&p, nine[0].mac, "office1", 100));
	assert_true(permitted_at(&p, five[0].mac, "office0", 100));
	assert_false(permitted_holds(&p, five[0].mac, "office0", 100));
	permitted_free(&p);
}

static void test_no_memory(void **state)
{
	struct permitted p = { 0 };

	(void)state;
	assert_int_equal(permitted_load(&p, &revision), 0);
	alloc_fail_at(1);
	assert_int_equal(permitted_load(&p, &revision), -ENOMEM);
	alloc_fail_at(0);
	assert_null(permitted_home(&p, nine[0].mac,
				   0)); /* nobody, rather than the old ones */
	permitted_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
