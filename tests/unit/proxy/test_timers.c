/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "lib/attr.h"
#include "proxy/timers.h"
#include "tests/support/alloc_fail.h"

#define COUNT 500

/* Against a plain array: the same timer must come out first, every time. */
static void test_like_a_naive_one(void **state)
{
	static struct loop_timer timer[COUNT];
	int64_t at[COUNT] = { 0 }; /* 0: disarmed */
	struct timers h = { 0 };
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int step = 0; step < 20000; step++) {
		int i = rand() % COUNT;
		int64_t least = INT64_MAX;

		if (rand() % 3 != 0) {
			at[i] = 1 + rand() % 1000;
			assert_int_equal(timers_set(&h, &timer[i], at[i]), 0);
		} else {
			at[i] = 0;
			timers_remove(&h, &timer[i]);
		}
		for (int k = 0; k < COUNT; k++) {
			assert_int_equal(timer[k].slot != 0, at[k] != 0);
			if (at[k] != 0 && at[k] < least)
				least = at[k];
		}
		assert_int_equal(timers_next(&h), least);
	}
	for (int64_t now = 0, last = 0; now <= 1000; now += 7) {
		struct loop_timer *t;

		while ((t = timers_take(&h, now)) != NULL) {
			int64_t due = at[t - timer];

			assert_in_range(due, last, now);
			assert_int_equal(t->slot, 0);
			last = due;
			at[t - timer] = 0;
		}
		for (int k = 0; k < COUNT; k++)
			assert_true(at[k] == 0 || at[k] > now);
		last = 0;
	}
	timers_clear(&h);
}

static void test_without_memory(void **state)
{
	struct timers h = { 0 };
	struct loop_timer t = { 0 };

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(timers_set(&h, &t, 1), -ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(t.slot, 0);
	assert_int_equal(timers_set(&h, &t, 1), 0);
	timers_clear(&h);
	assert_int_equal(t.slot, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_naive_one),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
