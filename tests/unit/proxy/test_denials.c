/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/denials.h"
#include "tests/support/alloc_fail.h"

static struct denial list[DENIALS_A_DEVICE];

static struct denials_who who(unsigned n, const char *device)
{
	struct denials_who w = { .addr = { .family = 4 } };

	w.addr.bytes[0] = 10;
	w.addr.bytes[1] = (uint8_t)(n >> 16);
	w.addr.bytes[2] = (uint8_t)(n >> 8);
	w.addr.bytes[3] = (uint8_t)n;
	(void)str_copy(w.device, sizeof(w.device), device);
	return w;
}

static int try_add(struct denials *d, struct denials_who w, unsigned host, uint16_t port,
		   int64_t time)
{
	struct denial what = { .time_us = time,
			       .reference = (uint64_t)time * 2,
			       .reason = REASON_NOT_LISTED,
			       .count = 77,
			       .port = port };

	(void)snprintf(what.host, sizeof(what.host), "h%u.example", host);
	return denials_add(d, &w, &what);
}

static void add(struct denials *d, struct denials_who w, unsigned host, uint16_t port,
		int64_t time)
{
	assert_int_equal(try_add(d, w, host, port, time), 0);
}

static size_t count(const struct denials *d, struct denials_who w)
{
	return denials_list(d, &w, list);
}

static void test_order_and_merging(void **state)
{
	struct denials *d = denials_new();
	struct denials_who w = who(1, "d1");

	(void)state;
	assert_non_null(d);
	assert_int_equal(count(d, w), 0);
	add(d, w, 1, 443, 10);
	add(d, w, 2, 443, 20);
	add(d, w, 1, 80, 30);
	add(d, w, 1, 443, 40);
	assert_int_equal(count(d, w), 3);
	assert_string_equal(list[0].host, "h1.example");
	assert_int_equal(list[0].port, 443);
	assert_int_equal(list[0].count, 2);
	assert_int_equal(list[0].time_us, 40);
	assert_int_equal(list[0].reference, 80);
	assert_int_equal(list[1].port, 80);
	assert_int_equal(list[1].count, 1);
	assert_string_equal(list[2].host, "h2.example");
	denials_free(d);
	denials_free(NULL);
}

/* The address alone, or the id alone, does not show what the two together have. */
static void test_nobody_elses(void **state)
{
	struct denials *d = denials_new();

	(void)state;
	assert_non_null(d);
	add(d, who(1, "d1"), 1, 443, 10);
	assert_int_equal(count(d, who(1, "d2")), 0);
	assert_int_equal(count(d, who(1, "")), 0);
	assert_int_equal(count(d, who(2, "d1")), 0);
	assert_int_equal(count(d, who(1, "d1")), 1);
	assert_int_equal(denials_devices(d), 1);
	denials_free(d);
}

static void test_ceiling_of_a_device(void **state)
{
	struct denials *d = denials_new();
	struct denials_who w = who(1, "d1");

	(void)state;
	assert_non_null(d);
	for (unsigned i = 0; i < 3 * DENIALS_A_DEVICE; i++)
		add(d, w, i, 443, i);
	assert_int_equal(count(d, w), DENIALS_A_DEVICE);
	assert_int_equal(list[0].time_us, 3 * DENIALS_A_DEVICE - 1);
	assert_int_equal(list[DENIALS_A_DEVICE - 1].time_us, 2 * DENIALS_A_DEVICE);
	/* the oldest counts on when it comes again */
	add(d, w, 2 * DENIALS_A_DEVICE, 443, 1000);
	assert_int_equal(count(d, w), DENIALS_A_DEVICE);
	assert_int_equal(list[0].count, 2);
	denials_free(d);
}

static void test_ceiling_of_devices(void **state)
{
	struct denials *d = denials_new();

	(void)state;
	assert_non_null(d);
	for (unsigned i = 0; i < DENIALS_DEVICES_MAX; i++)
		add(d, who(i, ""), 1, 443, i);
	add(d, who(0, ""), 2, 443, 1); /* used again: 1 is the oldest now */
	for (unsigned i = 0; i < 10; i++)
		add(d, who(100000 + i, ""), 1, 443, i);
	assert_int_equal(denials_devices(d), DENIALS_DEVICES_MAX);
	assert_int_equal(count(d, who(0, "")), 2);
	for (unsigned i = 1; i <= 10; i++)
		assert_int_equal(count(d, who(i, "")), 0);
	for (unsigned i = 11; i < DENIALS_DEVICES_MAX; i++)
		assert_int_equal(count(d, who(i, "")), 1);
	denials_free(d);
}

/* A device that changes its address pushes out itself and nobody else. */
static void test_ceiling_of_addresses(void **state)
{
	struct denials *d = denials_new();

	(void)state;
	assert_non_null(d);
	add(d, who(1, "other"), 1, 443, 1);
	for (unsigned i = 0; i < 3 * DENIALS_ADDRESSES_MAX; i++)
		add(d, who(i, "d1"), 1, 443, i);
	assert_int_equal(denials_devices(d), DENIALS_ADDRESSES_MAX + 1);
	assert_int_equal(count(d, who(1, "other")), 1);
	assert_int_equal(count(d, who(2 * DENIALS_ADDRESSES_MAX - 1, "d1")), 0);
	assert_int_equal(count(d, who(2 * DENIALS_ADDRESSES_MAX, "d1")), 1);
	denials_free(d);
}

static void test_many_of_one(void **state)
{
	struct denials *d = denials_new();
	struct denials_who w = who(1, "d1");
	struct denial what = { .host = "h", .port = 1 };

	(void)state;
	assert_non_null(d);
	for (unsigned i = 1; i <= 1000; i++) {
		what.time_us = i;
		assert_int_equal(denials_add(d, &w, &what), 0);
	}
	assert_int_equal(count(d, w), 1);
	assert_int_equal(list[0].count, 1000);
	denials_free(d);
}

static void test_no_memory(void **state)
{
	struct denials *d;
	struct denials_who w = who(1, "d1");
	unsigned failures = 0;

	(void)state;
	alloc_fail_at(1);
	assert_null(denials_new());
	alloc_fail_at(0);
	d = denials_new();
	assert_non_null(d);
	for (unsigned i = 0; i < DENIALS_A_DEVICE; i++) {
		alloc_fail_at(1);
		if (try_add(d, w, i, 443, i) == -ENOMEM) {
			assert_true(alloc_fail_fired());
			alloc_fail_at(0);
			assert_int_equal(count(d, w), i);
			add(d, w, i, 443, i);
			failures++;
		}
		alloc_fail_at(0);
	}
	assert_int_equal(count(d, w), DENIALS_A_DEVICE);
	assert_true(failures > 3);
	denials_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_merging),
		cmocka_unit_test(test_nobody_elses),
		cmocka_unit_test(test_ceiling_of_a_device),
		cmocka_unit_test(test_ceiling_of_devices),
		cmocka_unit_test(test_ceiling_of_addresses),
		cmocka_unit_test(test_many_of_one),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
