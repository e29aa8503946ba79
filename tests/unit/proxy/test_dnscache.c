/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proxy/dnscache.h"
#include "tests/support/alloc_fail.h"

static const uint8_t key[DNSCACHE_KEY_LEN] = { 1, 2, 3 };

static struct addr v4(uint32_t n)
{
	struct addr a = { .family = 4 };

	for (int i = 0; i < 4; i++)
		a.bytes[i] = (uint8_t)(n >> (24 - 8 * i));
	return a;
}

static struct dnscache *cache_new(size_t entries, size_t bytes)
{
	struct dnscache *c;

	assert_int_equal(dnscache_new(entries, bytes, key, &c), 0);
	return c;
}

static bool put(struct dnscache *c, unsigned n, int64_t now_ms, int64_t ttl_ms)
{
	struct addr a = v4(n);
	char name[32];

	(void)snprintf(name, sizeof(name), "host%u.example", n);
	return dnscache_put(c, name, now_ms, ttl_ms, 0, &a, 1) == 0;
}

static bool has(struct dnscache *c, unsigned n, int64_t now_ms)
{
	struct dnscache_answer a;
	char name[32];

	(void)snprintf(name, sizeof(name), "host%u.example", n);
	if (!dnscache_get(c, name, now_ms, &a))
		return false;
	assert_int_equal(a.error, 0);
	assert_int_equal(a.count, 1);
	assert_true(addr_equal(a.addr[0], v4(n)));
	return true;
}

static void test_ttl(void **state)
{
	struct dnscache *c = cache_new(10, 10000);

	(void)state;
	assert_false(has(c, 1, 0));
	assert_true(put(c, 1, 1000, 500));
	assert_true(has(c, 1, 1000));
	assert_true(has(c, 1, 1499));
	assert_int_equal(dnscache_count(c), 1);
	assert_false(has(c, 1, 1500));
	assert_int_equal(dnscache_count(c), 0);
	assert_int_equal(dnscache_bytes(c), 0);
	assert_true(put(c, 2, 1000, 500));
	assert_true(put(c, 2, 1200, 500));
	assert_true(has(c, 2, 1699));
	assert_true(put(c, 2, 1200, 0)); /* dropped */
	assert_false(has(c, 2, 1200));
	assert_true(put(c, 3, 0, INT64_C(3600) * 1000));
	dnscache_clear(c);
	assert_false(has(c, 3, 0));
	dnscache_free(c);
	dnscache_free(NULL);
}

static void test_answers(void **state)
{
	struct dnscache *c = cache_new(10, 100000);
	struct addr addr[DNSCACHE_ADDRESSES_MAX];
	struct dnscache_answer a;
	char longest[DNSCACHE_NAME_MAX + 2];

	(void)state;
	for (unsigned i = 0; i < DNSCACHE_ADDRESSES_MAX; i++)
		addr[i] = v4(i);
	memset(longest, 'a', sizeof(longest));
	longest[DNSCACHE_NAME_MAX] = '\0';
	assert_int_equal(dnscache_put(c, longest, 0, 9, 0, addr, DNSCACHE_ADDRESSES_MAX),
			 0);
	assert_true(dnscache_get(c, longest, 0, &a));
	assert_int_equal(a.count, DNSCACHE_ADDRESSES_MAX);
	assert_memory_equal(a.addr, addr, sizeof(addr));
	longest[DNSCACHE_NAME_MAX - 1] = '\0'; /* no prefix is taken for the name */
	assert_false(dnscache_get(c, longest, 0, &a));

	assert_int_equal(dnscache_put(c, "none", 0, 9, -ENOENT, NULL, 0), 0);
	assert_true(dnscache_get(c, "none", 0, &a));
	assert_int_equal(a.error, -ENOENT);
	assert_int_equal(a.count, 0);
	assert_int_equal(dnscache_put(c, "none", 0, 9, 0, addr, 1), 0);
	assert_true(dnscache_get(c, "none", 0, &a));
	assert_int_equal(a.count, 1);
	dnscache_free(c);
}

static void test_refuses(void **state)
{
	struct dnscache *c = cache_new(4, 200);
	struct addr addr[DNSCACHE_ADDRESSES_MAX + 1] = { { 0 } };
	char longer[DNSCACHE_NAME_MAX + 2];

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[DNSCACHE_NAME_MAX + 1] = '\0';
	assert_int_equal(dnscache_put(c, longer, 0, 9, 0, addr, 1), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, 9, 0, addr, ARRAY_LEN(addr)), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, 9, 0, addr, 0), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, 9, -EIO, addr, 1), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, 9, EIO, addr, 0), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, -1, 0, addr, 1), -EINVAL);
	assert_int_equal(dnscache_put(c, "a", 0, 9, 0, addr, 1), 0);
	assert_int_equal(dnscache_put(c, "a", 0, 9, 0, addr, 32), -ENOSPC);
	assert_int_equal(dnscache_count(c), 0); /* not the old answer either */
	dnscache_free(c);
	assert_int_equal(dnscache_new(0, 100, key, &c), -EINVAL);
	assert_int_equal(dnscache_new(SIZE_MAX, 100, key, &c), -EINVAL);
}

static void test_makes_room_by_count(void **state)
{
	struct dnscache *c = cache_new(3, 100000);

	(void)state;
	assert_true(put(c, 1, 0, 100) && put(c, 2, 0, 100) && put(c, 3, 0, 100));
	assert_true(has(c, 1, 0)); /* 2 is the one that was not asked for longest */
	assert_true(put(c, 4, 0, 100));
	assert_false(has(c, 2, 0));
	assert_true(has(c, 1, 0) && has(c, 3, 0) && has(c, 4, 0));
	assert_true(put(c, 3, 0, 100));
	assert_int_equal(dnscache_count(c), 3);
	dnscache_free(c);
}

static void test_makes_room_by_bytes(void **state)
{
	struct dnscache *c = cache_new(1000, 4096);
	struct addr addr[DNSCACHE_ADDRESSES_MAX] = { { 0 } };

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		assert_true(put(c, i, 0, 100));
		assert_true(has(c, i, 0));
		assert_true(dnscache_bytes(c) <= 4096);
	}
	assert_true(dnscache_count(c) > 20);
	assert_int_equal(dnscache_put(c, "large", 0, 9, 0, addr, 32), 0);
	assert_true(dnscache_bytes(c) <= 4096);
	assert_true(has(c, 1999, 0)); /* room comes from the old end */
	dnscache_free(c);
}

/* Against a table that cannot be wrong: the last value put for each name. */
static void test_many(void **state)
{
	struct dnscache *c = cache_new(512, 1 << 20);
	int64_t expires[512] = { 0 };
	uint32_t seed = 20261121;

	(void)state;
	for (int64_t now = 0; now < 20000; now++) {
		unsigned n;

		seed = seed * 1664525 + 1013904223;
		n = seed >> 23;
		if ((seed & 3) == 0) {
			assert_true(put(c, n, now, seed % 5000));
			expires[n] = now + seed % 5000;
		} else {
			assert_int_equal(has(c, n, now), expires[n] > now);
		}
	}
	dnscache_free(c);
}

static void test_key_places(void **state)
{
	static const uint8_t other[DNSCACHE_KEY_LEN] = { 9 };
	struct dnscache *c = cache_new(4, 100), *d;

	(void)state;
	assert_int_equal(dnscache_new(4, 100, other, &d), 0);
	assert_true(dnscache_hash(c, "a", 1) == dnscache_hash(c, "ab", 1));
	assert_true(dnscache_hash(c, "a", 1) != dnscache_hash(c, "b", 1));
	assert_true(dnscache_hash(c, "a", 1) != dnscache_hash(d, "a", 1));
	dnscache_free(c);
	dnscache_free(d);
}

static void test_no_memory(void **state)
{
	struct dnscache *c = NULL;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(dnscache_new(4, 1000, key, &c), -ENOMEM);
	assert_null(c);
	c = cache_new(4, 1000);
	assert_true(put(c, 1, 0, 10));
	alloc_fail_at(1);
	assert_true(has(c, 1, 0)); /* takes none */
	assert_false(alloc_fail_fired());
	assert_false(put(c, 1, 0, 10));
	assert_true(alloc_fail_fired());
	assert_false(has(c, 1, 0));
	assert_true(put(c, 1, 0, 10));
	dnscache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_makes_room_by_count),
		cmocka_unit_test(test_makes_room_by_bytes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_key_places),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
