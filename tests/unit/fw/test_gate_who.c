/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fw/gated/who.h"
#include "tests/unit/fw/golden.h"

static void test_who(void **state)
{
	struct revision *rev = golden_load("clinic");
	const struct revision_permit *p;
	struct record rec = { 0 };

	(void)state;
	p = who_find(rev, REVISION_MARK_RESTRICTED | 3);
	assert_non_null(p);
	who_describe(rev, p, &rec);
	assert_string_equal(rec.device, "d0000000000000003");
	assert_string_equal(rec.user, "contractor");
	assert_string_equal(rec.zone, "office");
	assert_int_equal(rec.mac.b[5], 0x11);
	assert_non_null(who_find(rev, REVISION_MARK_FULL | 1));
	/* the class belongs to the mark */
	assert_null(who_find(rev, REVISION_MARK_FULL | 3));
	assert_null(who_find(rev, REVISION_MARK_FULL | 99));
	assert_null(who_find(rev, 0));
	assert_null(who_find(NULL, REVISION_MARK_FULL | 1));
	revision_free(rev);
}

static void test_without_permits(void **state)
{
	struct revision *rev = golden_load("smallest");

	(void)state;
	assert_null(who_find(rev, REVISION_MARK_FULL | 1));
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_without_permits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
