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

static struct revision_permit permits[] = {
	{ .mac = { { 2, 0, 0, 0, 0, 9 } }, .interface = "office0" },
	{ .mac = { { 2, 0, 0, 0, 0, 2 } }, .interface = "office0", .until = 1000 },
	{ .mac = { { 2, 0, 0, 0, 0, 1 } }, .interface = "office0" },
	{ .mac = { { 2, 0, 0, 0, 0, 2 } }, .interface = "office1" },
};

static const struct revision revision = { .permit = permits,
					  .permit_count = ARRAY_LEN(permits) };

static void test_find(void **state)
{
	const struct mac one = permits[2].mac, two = permits[1].mac;
	const struct mac three = { { 2, 0, 0, 0, 0, 3 } };
	struct permitted p = { 0 };

	(void)state;
	assert_null(permitted_at(&p, one, "office0", 0));
	assert_int_equal(permitted_load(&p, &revision), 0);
	assert_ptr_equal(permitted_at(&p, one, "office0", 5000), &permits[2]);
	assert_null(permitted_at(&p, one, "office1", 5000));
	assert_ptr_equal(permitted_at(&p, two, "office0", 999), &permits[1]);
	assert_null(permitted_at(&p, two, "office0", 1000)); /* over */
	assert_ptr_equal(permitted_any(&p, two, 1000), &permits[3]);
	assert_ptr_equal(permitted_any(&p, permits[0].mac, 0), &permits[0]);
	assert_null(permitted_any(&p, three, 0));
	assert_int_equal(permitted_load(&p, NULL), 0);
	assert_null(permitted_any(&p, one, 0));
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
	assert_null(permitted_any(&p, permits[0].mac,
				  0)); /* nobody, rather than the old ones */
	permitted_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
