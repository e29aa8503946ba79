/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/gated/flowtable.h"
#include "tests/support/alloc_fail.h"

static struct flow_open flow(uint32_t n)
{
	struct ctevent_tuple t = { .src = { 4, { 10, 0, 0, 1 } },
				   .dst = { 4, { 10, 0, 1, (uint8_t)(n >> 16) } },
				   .proto = IPPROTO_TCP,
				   .src_port = (uint16_t)n,
				   .dst_port = 443 };

	return (struct flow_open){ .key = flowtable_key(&t), .conn = n + 1 };
}

static void test_add_find_remove(void **state)
{
	struct flowtable *t = flowtable_new();
	struct flow_open a = flow(1), b = flow(2);

	(void)state;
	assert_null(flowtable_find(t, &a.key));
	assert_int_equal(flowtable_add(t, &a), 0);
	assert_int_equal(flowtable_add(t, &b), 0);
	assert_int_equal(flowtable_find(t, &a.key)->conn, 2);
	a.conn = 77; /* the same key replaces */
	assert_int_equal(flowtable_add(t, &a), 0);
	assert_int_equal(flowtable_count(t), 2);
	assert_int_equal(flowtable_find(t, &a.key)->conn, 77);
	flowtable_remove(t, &a.key);
	assert_null(flowtable_find(t, &a.key));
	flowtable_remove(t, &a.key);
	assert_int_equal(flowtable_count(t), 1);
	assert_int_equal(flowtable_find(t, &b.key)->conn, 3);
	flowtable_free(t);
}

static void test_ceiling(void **state)
{
	struct flowtable *t = flowtable_new();
	struct flow_open f;

	(void)state;
	for (uint32_t i = 0; i < FLOWTABLE_MAX; i++) {
		f = flow(i);
		assert_int_equal(flowtable_add(t, &f), 0);
	}
	f = flow(FLOWTABLE_MAX);
	assert_int_equal(flowtable_add(t, &f), -ENOSPC);
	for (uint32_t i = 0; i < FLOWTABLE_MAX; i++) {
		f = flow(i);
		assert_int_equal(flowtable_find(t, &f.key)->conn, i + 1);
	}
	flowtable_remove(t, &f.key);
	f = flow(FLOWTABLE_MAX);
	assert_int_equal(flowtable_add(t, &f), 0);
	flowtable_free(t);
}

/* Every part of the key tells connections apart. */
static void test_key(void **state)
{
	const struct ctevent_tuple base = { .src = { 4, { 10, 0, 0, 1 } },
					    .dst = { 4, { 10, 0, 0, 2 } },
					    .proto = IPPROTO_TCP,
					    .src_port = 1000,
					    .dst_port = 443 };
	struct ctevent_tuple other[] = { base, base, base, base, base };
	struct flowtable *t = flowtable_new();

	(void)state;
	other[0].src.bytes[3]++;
	other[1].dst.bytes[3]++;
	other[2].proto = IPPROTO_UDP;
	other[3].src_port++;
	other[4].dst_port++;
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		struct flow_open f = { .key = flowtable_key(&base), .conn = 1 };
		struct ctevent_tuple key = flowtable_key(&other[i]);

		assert_int_equal(flowtable_add(t, &f), 0);
		assert_null(flowtable_find(t, &key));
	}
	flowtable_free(t);
}

/* The log knows an echo's type, conntrack also its identifier: they must meet. */
static void test_icmp_key(void **state)
{
	struct ctevent_tuple logged = { .proto = IPPROTO_ICMP, .icmp_type = 8 };
	struct ctevent_tuple tracked = { .proto = IPPROTO_ICMP,
					 .icmp_type = 8,
					 .icmp_id = 99 };
	struct flowtable *t = flowtable_new();
	struct flow_open f = { .key = flowtable_key(&logged), .conn = 5 };

	(void)state;
	assert_int_equal(flowtable_add(t, &f), 0);
	tracked = flowtable_key(&tracked);
	assert_non_null(flowtable_find(t, &tracked));
	flowtable_free(t);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	alloc_fail_at(1);
	assert_null(flowtable_new());
	alloc_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_find_remove),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_icmp_key),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
