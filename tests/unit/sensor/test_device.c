/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "fw/sensor/device.h"
#include "tests/support/alloc_fail.h"

#define FLOOD 100000u

static struct mac mac_of(uint32_t n)
{
	return (struct mac){ { 2, 0x77, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			       (uint8_t)(n >> 8), (uint8_t)n } };
}

static const struct mac real = { { 2, 0, 0, 0, 0, 1 } };

static struct mono at_ms(int64_t ms)
{
	return (struct mono){ .us = 5000000 + ms * 1000 };
}

static struct sight sight_of(struct mac m, uint8_t host)
{
	return (struct sight){
		.mac = m,
		.source = PROTO_SOURCE_ARP,
		.addr = { .family = host != 0 ? 4 : 0, .bytes = { 192, 0, 2, host } },
	};
}

static struct device_news see(struct device_table *t, size_t interface, struct mac m,
			      uint8_t host, int64_t ms)
{
	struct sight s = sight_of(m, host);

	return device_see(t, interface, &s, false, at_ms(ms), ms);
}

static struct device_table *table_of(size_t interfaces)
{
	struct device_table *t = NULL;

	assert_int_equal(device_table_new(interfaces, &t), 0);
	return t;
}

static void test_new_change_refresh(void **state)
{
	struct device_table *t = table_of(1);

	(void)state;
	assert_true(see(t, 0, real, 1, 0).report);
	assert_false(see(t, 0, real, 1, 500).report);
	assert_true(see(t, 0, real, 2, 600).report); /* a second address */
	assert_true(see(t, 0, real, 3, 600).report);
	assert_true(see(t, 0, real, 4, 600).report);
	assert_false(see(t, 0, real, 5, 700).report); /* from now on: once a second */
	assert_true(see(t, 0, real, 5, 1600).report); /* and then not forgotten */
	assert_false(see(t, 0, real, 4, 3000).report); /* this one is known */
	assert_false(see(t, 0, real, 0, 4000).report);
	assert_false(see(t, 0, real, 5, 1600 + DEVICE_REFRESH_MS - 1).report);
	assert_true(see(t, 0, real, 5, 1600 + DEVICE_REFRESH_MS).report);
	assert_int_equal(device_count(t), 1);
	device_table_free(t);
}

static void test_name(void **state)
{
	struct device_table *t = table_of(1);
	struct sight s = sight_of(real, 1);
	struct device_news news;

	(void)state;
	(void)see(t, 0, real, 1, 0);
	(void)snprintf(s.name, sizeof(s.name), "jimu-pc-3");
	news = device_see(t, 0, &s, false, at_ms(2000), 0);
	assert_true(news.report);
	assert_string_equal(news.device->name, "jimu-pc-3");
	assert_false(see(t, 0, real, 1, 4000).report); /* no name is no change */
	device_table_free(t);
}

static void test_moved(void **state)
{
	struct device_table *t = table_of(2);
	struct device_news news = see(t, 0, real, 1, 0);

	(void)state;
	assert_false(news.elsewhere);
	assert_true(news.first);
	news = see(t, 1, real, 1, 10);
	assert_true(news.report);
	assert_true(news.elsewhere);
	assert_int_equal(news.other->interface, 0);
	assert_int_equal(news.before.us, 0);
	news = see(t, 1, real, 1, 30);
	assert_false(news.first);
	assert_int_equal(news.before.us, at_ms(10).us);
	device_table_free(t);
}

static void test_walk(void **state)
{
	struct device_table *t = table_of(1);
	const struct device *d;
	uint64_t cursor = 0;
	struct addr a;
	size_t steps = 0;

	(void)state;
	(void)see(t, 0, mac_of(1), 1, 0);
	(void)see(t, 0, mac_of(1), 2, 2000);
	(void)see(t, 0, mac_of(2), 0, 2000);
	while ((d = device_next(t, &cursor, &a)) != NULL) {
		assert_int_equal(a.family, mac_equal(d->mac, mac_of(1)) ? 4 : 0);
		steps++;
	}
	assert_int_equal(steps, 3);
	device_table_free(t);
}

/* One MAC that changes its address in every frame is held to one report a second. */
static void test_address_flood(void **state)
{
	struct device_table *t = table_of(1);
	unsigned reports = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		reports += see(t, 0, real, (uint8_t)(1 + i % 200), i).report;
	assert_in_range(reports, 9, 11 + DEVICE_ADDRS_MAX);
	device_table_free(t);
}

/*
 * 100,000 invented MACs in ten seconds. A device that comes in the middle of it
 * and speaks once a second is reported within a few seconds, on the same
 * interface too; memory and the number of reports stay bounded.
 */
static void test_flood(void **state)
{
	struct device_table *t = table_of(2);
	int64_t first_report = -1;
	unsigned reports = 0;

	(void)state;
	assert_true(see(t, 1, mac_of(FLOOD + 1), 9, 0).report); /* there before */
	for (uint32_t i = 0; i < FLOOD; i++) {
		int64_t ms = i / 10;

		reports += see(t, 0, mac_of(i), 1, ms).report;
		if (i % 10000 == 5000 && i > FLOOD / 2 && see(t, 0, real, 1, ms).report &&
		    first_report < 0)
			first_report = ms;
		if (i == FLOOD / 2)
			assert_true(see(t, 1, real, 7, ms).report); /* other interface */
	}
	assert_in_range(first_report, 5500, 8000);
	assert_in_range(reports, 1, DEVICE_BURST + 10 * DEVICE_RATE + 1);
	assert_in_range(device_count(t), 2, DEVICE_MAX);
	assert_true(device_lost(t, 0) > FLOOD / 2);
	assert_int_equal(device_lost(t, 0), 0);
	assert_int_equal(device_lost(t, 1), 0);
	assert_false(see(t, 1, mac_of(FLOOD + 1), 9, 9999).report); /* still known */
	device_table_free(t);
}

/* Who was seen before the flood and speaks once a minute stays known through it. */
static void test_flood_evicts_nobody(void **state)
{
	struct device_table *t = table_of(1);

	(void)state;
	see(t, 0, real, 1, 0).device->trail.moves = 7;
	(void)see(t, 0, real, 1, DEVICE_RETURN_MS);
	for (uint32_t i = 0; i < 2 * FLOOD; i++)
		(void)see(t, 0, mac_of(i), 1, 2000 + i);
	assert_int_equal(see(t, 0, real, 1, 2 * FLOOD).device->trail.moves, 7);
	device_table_free(t);
}

/* A device with a permit finds a place in a table full of invented ones that all returned. */
static void test_permitted_gets_in(void **state)
{
	struct device_table *t = table_of(1);
	struct sight s = sight_of(real, 1);
	struct device_news news;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < DEVICE_MAX; i++)
			(void)see(t, 0, mac_of(i), 1, round * 2000);
	}
	assert_null(see(t, 0, mac_of(FLOOD), 1, 2001).device);
	news = device_see(t, 0, &s, true, at_ms(2002), 0);
	assert_non_null(news.device);
	assert_true(news.report);
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < DEVICE_MAX; i++)
			(void)see(t, 0, mac_of(FLOOD + i), 1, 4000 + round * 2000);
	}
	assert_false(device_see(t, 0, &s, true, at_ms(8000), 0).first);
	device_table_free(t);
}

/*
 * An attacker who cycles through more MACs than the share holds makes them all
 * look like real ones. The table stays full of them, but a newcomer is still told.
 */
static void test_returning_flood(void **state)
{
	struct device_table *t = table_of(1);
	int64_t ms = 0;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < DEVICE_MAX; i++)
			(void)see(t, 0, mac_of(i), 1, ms + i / 8);
		ms += 2000;
	}
	assert_int_equal(device_count(t), DEVICE_MAX);
	ms += 30000; /* the rate's allowance is back */
	assert_false(see(t, 0, real, 1, ms).report);
	assert_true(see(t, 0, real, 1, ms + 1500).report);
	assert_null(see(t, 0, real, 1, ms + 3000).device);
	assert_int_equal(device_count(t), DEVICE_MAX);
	/* the attacker falls silent: there is room again */
	assert_non_null(see(t, 0, real, 1, ms + DEVICE_KEEP_MS).device);
	device_table_free(t);
}

/* An office being switched on: everybody is reported, at the latest at the second word. */
static void test_morning(void **state)
{
	struct device_table *t = table_of(4);
	unsigned first = 0, second = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		first += see(t, 2, mac_of(i), 1, i).report;
	for (uint32_t i = 0; i < 1000; i++)
		second += see(t, 2, mac_of(i), 1, 2000 + i).report;
	assert_true(first >= DEVICE_BURST);
	assert_int_equal(first + second, 1000);
	assert_int_equal(device_lost(t, 2), 0);
	device_table_free(t);
}

static void test_new_fails(void **state)
{
	struct device_table *t = NULL;

	(void)state;
	assert_int_equal(device_table_new(0, &t), -EINVAL);
	assert_int_equal(device_table_new(DEVICE_MAX + 1, &t), -EINVAL);
	alloc_fail_at(1);
	assert_int_equal(device_table_new(1, &t), -ENOMEM);
	alloc_fail_at(0);
	assert_null(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permitted_gets_in),
		cmocka_unit_test(test_new_change_refresh),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_address_flood),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_evicts_nobody),
		cmocka_unit_test(test_returning_flood),
		cmocka_unit_test(test_morning),
		cmocka_unit_test(test_new_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
