/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/daily.h"
#include "tests/support/alloc_fail.h"

static struct addr address(uint32_t n)
{
	struct addr a = { .family = 6 };

	a.bytes[0] = 0xfd;
	memcpy(a.bytes + 4, &n, sizeof(n));
	return a;
}

static struct daily_who by_address(uint32_t n)
{
	return (struct daily_who){ "", address(n) };
}

static void test_sums(void **state)
{
	struct daily_who one = { "d0000000000000001", address(1) };
	struct daily_who elsewhere = { "d0000000000000001", address(2) };
	struct daily_who bare = by_address(1);
	struct daily *d;

	(void)state;
	assert_int_equal(daily_new(&d), 0);
	assert_int_equal(daily_add(d, &one, 5, 0), 0);
	assert_int_equal(daily_add(d, &one, 5, 100), 100);
	/* a device is one wherever it is; an address is not the device that has it */
	assert_int_equal(daily_add(d, &elsewhere, 5, 20), 120);
	assert_int_equal(daily_add(d, &bare, 5, 7), 7);
	assert_int_equal(daily_add(d, &bare, 5, UINT64_MAX - 1), UINT64_MAX);
	assert_true(daily_first_alarm(d, &one, 5));
	assert_false(daily_first_alarm(d, &elsewhere, 5));
	assert_true(daily_first_alarm(d, &bare, 5));
	/* another day, also when the clock was set back */
	assert_int_equal(daily_add(d, &one, 6, 1), 1);
	assert_true(daily_first_alarm(d, &one, 6));
	assert_int_equal(daily_add(d, &one, 4, 0), 0);
	daily_free(d);
	daily_free(NULL);
}

/* Made-up addresses fill their half, and then share one sum; devices have their places. */
static void test_full(void **state)
{
	struct daily_who device = { "d0000000000000001", address(0) };
	struct daily_who who;
	struct daily *d;

	(void)state;
	assert_int_equal(daily_new(&d), 0);
	for (uint32_t i = 0; i < DAILY_PLACES_MAX / 2; i++) {
		who = by_address(i);
		assert_int_equal(daily_add(d, &who, 1, 1), 1);
	}
	who = by_address(DAILY_PLACES_MAX);
	assert_int_equal(daily_add(d, &who, 1, 10), 10);
	who = by_address(DAILY_PLACES_MAX + 1);
	assert_int_equal(daily_add(d, &who, 1, 10), 20);
	assert_int_equal(daily_add(d, &device, 1, 10), 10);
	who = by_address(3);
	assert_int_equal(daily_add(d, &who, 1, 1), 2);
	assert_int_equal(daily_add(d, &who, 2, 1), 1);
	daily_free(d);
}

static void test_no_memory(void **state)
{
	struct daily_who one = by_address(1), other = by_address(2);
	struct daily *d = NULL;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(daily_new(&d), -ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(daily_new(&d), 0);
	alloc_fail_at(1);
	assert_int_equal(daily_add(d, &one, 1, 5), 5);
	alloc_fail_at(1);
	assert_int_equal(daily_add(d, &other, 1, 5), 10); /* counted all the same */
	alloc_fail_at(0);
	assert_int_equal(daily_add(d, &one, 1, 5), 5);
	daily_free(d);
}

static void test_saved(void **state)
{
	struct daily_who device = { "d0000000000000001", address(1) };
	struct daily_who bare = by_address(2), unknown = by_address(3);
	struct daily *d, *e;
	void *data = NULL, *more = NULL;
	size_t len = 0, more_len;

	(void)state;
	assert_int_equal(daily_new(&d), 0);
	assert_int_equal(daily_new(&e), 0);
	assert_int_equal(daily_save(d, &data, &len), 0); /* nothing to say */
	(void)daily_add(d, &device, 7, 100);
	(void)daily_add(d, &bare, 7, 20);
	assert_true(daily_first_alarm(d, &device, 7));
	alloc_fail_at(1);
	assert_int_equal(daily_save(d, &data, &len), -ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(daily_save(d, &data, &len), 1);
	assert_int_equal(daily_save(d, &more, &more_len), 0);

	(void)daily_add(e, &unknown, 7, 1); /* it is not added to */
	assert_int_equal(daily_load(e, data, len), 0);
	assert_int_equal(daily_add(e, &device, 7, 0), 100);
	assert_int_equal(daily_add(e, &bare, 7, 0), 20);
	assert_int_equal(daily_add(e, &unknown, 7, 0), 0);
	assert_false(daily_first_alarm(e, &device, 7));
	assert_true(daily_first_alarm(e, &bare, 7));
	assert_int_equal(daily_add(e, &device, 8, 0), 0);

	/* what is damaged changes nothing */
	(void)daily_add(e, &device, 9, 3);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(daily_load(e, data, n), -EBADMSG);
	for (size_t n = 0; n < 8; n++) {
		((uint8_t *)data)[n] ^= 1;
		assert_int_equal(daily_load(e, data, len), -EBADMSG);
		((uint8_t *)data)[n] ^= 1;
	}
	assert_int_equal(daily_add(e, &device, 9, 0), 3);
	alloc_fail_at(1);
	assert_int_equal(daily_load(e, data, len), -ENOMEM);
	alloc_fail_at(0);
	free(data);
	daily_free(d);
	daily_free(e);
}

static void *add_many(void *user)
{
	struct daily_who one = by_address(1);

	for (int i = 0; i < 10000; i++)
		(void)daily_add(user, &one, 1, 1);
	return NULL;
}

static void test_threads(void **state)
{
	struct daily_who one = by_address(1);
	pthread_t t[4];
	struct daily *d;

	(void)state;
	assert_int_equal(daily_new(&d), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, add_many, d), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(daily_add(d, &one, 1, 0), 40000);
	daily_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),      cmocka_unit_test(test_full),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_saved),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
