/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/allow/list.h"
#include "lib/attr.h"

#define NOW 1000

static char alpha[] = "alpha", beta[] = "beta", gamma_[] = "gamma";
static char *names[] = { alpha, beta, gamma_ };
static struct allow_schedule closed,
	open_ = { .span = { { 0x7f, 0, 1440 } }, .span_count = 1 };

static void test_who(void **state)
{
	static const struct {
		struct allow_list list;
		bool fits, counts;
	} rows[] = {
		{ { .id = ALLOW_LIST_DEFAULT }, true, true },
		{ { .zones = 1u << 2 }, true, true },
		{ { .zones = 1u << 1 }, false, false },
		{ { .group = names, .group_count = 3 }, true, true },
		{ { .group = names + 1, .group_count = 2 }, false, false },
		{ { .user = names, .user_count = 3 }, true, true },
		{ { .user = names, .user_count = 2 }, false, false },
		{ { .zones = 1u << 2, .user = names, .user_count = 1 }, false, false },
		{ { .schedule = &open_ }, true, true },
		{ { .schedule = &closed }, true, false },
		{ { .schedule = &open_, .zones = 1u << 1 }, false, false },
	};
	struct allow_client client = { .zone = 2, .group = "alpha", .user = "gamma" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct allow_lists l = allow_lists_of(&rows[i].list, 1, &client, NOW);

		if (l.fits[0] != rows[i].fits || l.counts[0] != rows[i].counts)
			fail_msg("row %zu", i);
	}
}

/* Without a group or a user, lists for some are not for this one. */
static void test_nobody(void **state)
{
	struct allow_list list[] = { { .group = names, .group_count = 3 },
				     { .user = names, .user_count = 3 },
				     { .zones = 1 } };
	struct allow_client client = { .zone = 64, .group = "", .user = "" };
	struct allow_lists l = allow_lists_of(list, 3, &client, NOW);

	(void)state;
	assert_int_equal(l.fits[0], 0);
	assert_int_equal(l.counts[0], 0);
}

static void test_observe(void **state)
{
	struct allow_list list[] = { { .observe = true, .zones = 2 },
				     { .observe = true, .schedule = &closed },
				     { .observe = true },
				     { .observe = true } };
	struct allow_client client = { .zone = 0, .group = "", .user = "" };

	(void)state;
	assert_int_equal(allow_lists_of(list, 4, &client, NOW).observe, 2);
	assert_int_equal(allow_lists_of(list, 2, &client, NOW).observe, ALLOW_LIST_NONE);
}

static void test_many(void **state)
{
	static struct allow_list list[ALLOW_LISTS_MAX + 10];
	struct allow_client client = { .zone = 0, .group = "", .user = "" };
	struct allow_lists l = allow_lists_of(list, ARRAY_LEN(list), &client, NOW);

	(void)state;
	for (size_t i = 0; i < ALLOW_LIST_WORDS; i++)
		assert_true(l.counts[i] == UINT64_MAX);
}

static void test_next_change(void **state)
{
	struct allow_schedule early = { .span = { { 0x7f, 60, 120 } }, .span_count = 1 };
	struct allow_schedule later = { .span = { { 0x7f, 90, 120 } }, .span_count = 1 };
	struct allow_list list[] = { { .id = ALLOW_LIST_DEFAULT },
				     { .schedule = &later },
				     { .schedule = &early } };

	(void)state;
	assert_int_equal(allow_lists_next_change(list, 1, 0), ALLOW_CHANGE_MAX_S);
	assert_int_equal(allow_lists_next_change(list, 2, 0), 90 * 60);
	assert_int_equal(allow_lists_next_change(list, 3, 0), 60 * 60);
	assert_int_equal(allow_lists_next_change(list, 3, 120 * 60 - 1), 1);
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(allow_list_id_is_valid("ldefault"));
	assert_true(allow_list_id_is_valid("l0123456789abcdef"));
	assert_false(allow_list_id_is_valid("a0123456789abcdef"));
	assert_false(allow_list_id_is_valid("lother"));
	assert_false(allow_list_id_is_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),         cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_observe),     cmocka_unit_test(test_many),
		cmocka_unit_test(test_next_change), cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
