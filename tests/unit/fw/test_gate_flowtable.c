/* SPDX-License-Identifier: GPL-3.0-or-later */
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
	assert_null(flowtable_find(t, &a.key, INT64_MAX));
	assert_int_equal(flowtable_add(t, &a), 0);
	assert_int_equal(flowtable_add(t, &b), 0);
	assert_int_equal(flowtable_find(t, &a.key, INT64_MAX)->conn, 2);
	flowtable_remove(t, &a.key, INT64_MAX);
	assert_null(flowtable_find(t, &a.key, INT64_MAX));
	flowtable_remove(t, &a.key, INT64_MAX);
	assert_int_equal(flowtable_count(t), 1);
	assert_int_equal(flowtable_find(t, &b.key, INT64_MAX)->conn, 3);
	flowtable_free(t);
}

/* The next connection with the same ports was recorded before the end of the first came. */
static void test_same_ports_again(void **state)
{
	struct flowtable *t = flowtable_new();
	struct flow_open first = flow(1), second = flow(1);

	(void)state;
	first.opened_us = 1000;
	second.opened_us = 5000;
	second.conn = 77;
	assert_int_equal(flowtable_add(t, &first), 0);
	assert_int_equal(flowtable_add(t, &second), 0);
	assert_null(flowtable_find(t, &first.key, 999));
	assert_int_equal(flowtable_find(t, &first.key, 1000)->conn, 2);
	assert_int_equal(flowtable_find(t, &first.key, 4999)->conn, 2);
	assert_int_equal(flowtable_find(t, &first.key, 5001)->conn, 77);
	flowtable_remove(t, &first.key, 1001);
	assert_null(flowtable_find(t, &first.key, 1001));
	assert_int_equal(flowtable_find(t, &first.key, 5001)->conn, 77);
	flowtable_free(t);
}

/* However often the same ports come without an end, the way through the bucket stays short. */
static void test_same_ports_without_end(void **state)
{
	struct flowtable *t = flowtable_new();
	struct flow_open f = flow(1), other = flow(2);
	unsigned forgotten = 0;

	(void)state;
	assert_int_equal(flowtable_add(t, &other), 0);
	for (int i = 0; i < 100; i++) {
		f.opened_us = i;
		f.conn = (uint64_t)i;
		forgotten += flowtable_add(t, &f);
	}
	assert_int_equal(forgotten, 100 - FLOWTABLE_SAME);
	assert_int_equal(flowtable_count(t), FLOWTABLE_SAME + 1);
	assert_int_equal(flowtable_find(t, &f.key, INT64_MAX)->conn, 99);
	assert_null(flowtable_find(t, &f.key, 99 - FLOWTABLE_SAME));
	assert_non_null(flowtable_find(t, &other.key, INT64_MAX));
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
	f = flow(0); /* what has ended leaves room, and the oldest is another then */
	flowtable_remove(t, &f.key, INT64_MAX);
	assert_int_equal(flowtable_add(t, &f), 0);
	f = flow(FLOWTABLE_MAX);
	assert_int_equal(flowtable_add(t, &f), 1);
	assert_int_equal(flowtable_count(t), FLOWTABLE_MAX);
	for (uint32_t i = 0; i <= FLOWTABLE_MAX; i++) {
		f = flow(i);
		if (i == 1)
			assert_null(flowtable_find(t, &f.key, INT64_MAX));
		else
			assert_int_equal(flowtable_find(t, &f.key, INT64_MAX)->conn,
					 i + 1);
	}
	flowtable_free(t);
}

/* The end of a connection to a published address finds its beginning, which named the server. */
static void test_published(void **state)
{
	const struct addr client = { 4, { 45, 113, 7, 10 } },
			  server = { 4, { 10, 30, 0, 10 } };
	const struct addr published = { 4, { 45, 113, 7, 1 } };
	const struct ctevent_tuple packet = { client, server, .proto = IPPROTO_TCP,
					      .src_port = 1000, .dst_port = 8443 };
	struct ctevent end = { .orig = packet,
			       .reply = { server, published, .proto = IPPROTO_TCP,
					  .src_port = 8443, .dst_port = 1024 } };
	struct ctevent_tuple seen;

	(void)state;
	end.orig.dst = published;
	end.orig.dst_port = 443;
	seen = flowtable_seen(&end);
	assert_memory_equal(&seen, &packet, sizeof(seen));
	end.orig.proto = IPPROTO_ICMP;
	end.reply.proto = IPPROTO_ICMP; /* the answer is of another type */
	end.orig.icmp_type = 8;
	end.orig.icmp_id = 77;
	seen = flowtable_seen(&end);
	assert_true(addr_equal(seen.dst, server));
	assert_int_equal(seen.icmp_type, 8);
	assert_int_equal(seen.icmp_id, 77);
	end.reply = (struct ctevent_tuple){ 0 };
	seen = flowtable_seen(&end);
	assert_true(addr_equal(seen.dst, published));
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
	struct flow_open f = { .key = flowtable_key(&base), .conn = 1 };
	struct flowtable *t = flowtable_new();

	(void)state;
	assert_int_equal(flowtable_add(t, &f), 0);
	other[0].src.bytes[3]++;
	other[1].dst.bytes[3]++;
	other[2].proto = IPPROTO_UDP;
	other[3].src_port++;
	other[4].dst_port++;
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		struct ctevent_tuple key = flowtable_key(&other[i]);

		assert_null(flowtable_find(t, &key, INT64_MAX));
	}
	flowtable_free(t);
}

/* An echo is known by its identifier: thousands of them are not one chain. */
static void test_icmp_key(void **state)
{
	struct ctevent_tuple echo = { .proto = IPPROTO_ICMP,
				      .icmp_type = 8,
				      .icmp_id = 99 };
	struct ctevent_tuple key = flowtable_key(&echo);
	struct flowtable *t = flowtable_new();
	struct flow_open f = { .key = key, .conn = 5 };

	(void)state;
	assert_int_equal(flowtable_add(t, &f), 0);
	assert_non_null(flowtable_find(t, &key, INT64_MAX));
	echo.icmp_id++;
	key = flowtable_key(&echo);
	assert_null(flowtable_find(t, &key, INT64_MAX));
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
		cmocka_unit_test(test_same_ports_again),
		cmocka_unit_test(test_same_ports_without_end),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_icmp_key),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
