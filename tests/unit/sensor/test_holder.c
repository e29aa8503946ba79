/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/holder.h"

static struct mac mac_of(uint32_t n)
{
	return (struct mac){ { 2, 0x77, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			       (uint8_t)(n >> 8), (uint8_t)n } };
}

static struct addr addr_of(uint32_t n)
{
	return (struct addr){ .family = 4,
			      .bytes = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
					 (uint8_t)n } };
}

static struct mono at_ms(int64_t ms)
{
	return (struct mono){ .us = 7000000 + ms * 1000 };
}

static struct holder_news claim(struct holders *h, size_t segment, uint32_t n,
				bool permitted, int64_t ms)
{
	return holders_claim(h, segment, addr_of(n), mac_of(n), 0, permitted, at_ms(ms));
}

static bool knows(struct holders *h, size_t segment, uint32_t n)
{
	struct mac mac;

	return holders_find(h, segment, addr_of(n), &mac) && mac_equal(mac, mac_of(n));
}

/* A segment's share that is full of permitted cards gives way to their like, in time. */
static void test_full(void **state)
{
	const uint32_t share = HOLDER_MAX / 2;
	struct holders *h = NULL;

	(void)state;
	assert_int_equal(holders_new(2, &h), 0);
	(void)claim(h, 1, 7, false, 0);
	for (uint32_t i = 0; i < share; i++)
		(void)claim(h, 0, i, true, 0);
	(void)claim(h, 0, share, false, HOLDER_KEEP_MS); /* never */
	assert_true(knows(h, 0, 0));
	assert_false(knows(h, 0, share));
	(void)claim(h, 0, share, true, HOLDER_KEEP_MS - 1); /* too early */
	assert_true(knows(h, 0, 0));
	(void)claim(h, 0, share, true, HOLDER_KEEP_MS);
	assert_false(knows(h, 0, 0));
	assert_true(knows(h, 0, share));
	assert_true(knows(h, 1, 7)); /* another share */
	holders_free(h);
}

/* Who claims an address that nobody spoke for in a long time holds it. */
static void test_inherited(void **state)
{
	struct holders *h = NULL;
	struct holder_news news;
	struct mac mac;

	(void)state;
	assert_int_equal(holders_new(1, &h), 0);
	(void)claim(h, 0, 1, true, 0);
	news = holders_claim(h, 0, addr_of(1), mac_of(2), 0, true, at_ms(HOLDER_KEEP_MS));
	assert_false(news.taken);
	assert_true(holders_find(h, 0, addr_of(1), &mac) && mac_equal(mac, mac_of(2)));
	/* and is the one whose it is from then on */
	news = holders_claim(h, 0, addr_of(1), mac_of(1), 5, true,
			     at_ms(HOLDER_KEEP_MS + 1));
	assert_true(news.taken);
	assert_true(mac_equal(news.by, mac_of(1)));
	assert_int_equal(news.port, 5);
	holders_free(h);
}

static void test_sizes(void **state)
{
	struct holders *h = NULL;

	(void)state;
	assert_int_equal(holders_new(0, &h), -EINVAL);
	assert_int_equal(holders_new(HOLDER_MAX + 1, &h), -EINVAL);
	assert_null(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
