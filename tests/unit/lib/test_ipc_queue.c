/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/ipc_queue.h"
#include "tests/support/alloc_fail.h"

#define MAX (1u << 20)

static void expect_first(const struct ipc_queue *q, uint32_t number, size_t len)
{
	const uint8_t *data = NULL;
	uint32_t head;
	size_t got = 0;

	assert_true(ipc_queue_first(q, (const void **)&data, &got));
	assert_int_equal(got, sizeof(head) + len);
	memcpy(&head, data, sizeof(head));
	assert_int_equal(head, number);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(data[sizeof(head) + i], (uint8_t)(number + i));
}

static int add(struct ipc_queue *q, uint32_t number, size_t len)
{
	uint8_t payload[8192];

	for (size_t i = 0; i < len; i++)
		payload[i] = (uint8_t)(number + i);
	return ipc_queue_add(q, &number, sizeof(number), payload, len, MAX);
}

/* Sizes that move the beginning to every place, with room made again and again. */
static void test_first_in_first_out(void **state)
{
	struct ipc_queue q = { 0 };
	uint32_t in = 0, out = 0;

	(void)state;
	for (uint32_t round = 0; round < 300; round++) {
		for (uint32_t i = 0; i < 1 + round % 7; i++, in++)
			assert_int_equal(add(&q, in, in * 37 % 8192), 0);
		for (uint32_t i = 0; i < 1 + round % 5 && out < in; i++, out++) {
			expect_first(&q, out, out * 37 % 8192);
			ipc_queue_pop(&q);
		}
		while (ipc_queue_bytes(&q) > MAX / 2) {
			expect_first(&q, out, out * 37 % 8192);
			ipc_queue_pop(&q);
			out++;
		}
	}
	while (out < in) {
		expect_first(&q, out, out * 37 % 8192);
		ipc_queue_pop(&q);
		out++;
	}
	assert_int_equal(ipc_queue_bytes(&q), 0);
	assert_null(q.data);
	ipc_queue_pop(&q);
}

static void test_ceiling(void **state)
{
	struct ipc_queue q = { 0 };
	uint32_t count = 0;
	size_t before;

	(void)state;
	while (add(&q, count, 8192) == 0)
		count++;
	assert_int_equal(count, MAX / (8192 + 8));
	before = ipc_queue_bytes(&q);
	assert_int_equal(add(&q, 0, 8192), -ENOBUFS);
	assert_int_equal(ipc_queue_bytes(&q), before);
	ipc_queue_pop(&q);
	assert_int_equal(add(&q, count, 8192), 0);
	expect_first(&q, 1, 8192);
	ipc_queue_clear(&q);
}

static void test_out_of_memory(void **state)
{
	struct ipc_queue q = { 0 };

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(add(&q, 0, 100), -ENOMEM);
	alloc_fail_at(0);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(add(&q, i, 8192), 0);
	alloc_fail_at(1);
	assert_int_equal(add(&q, 6, 8192), 0); /* it has room */
	assert_int_equal(add(&q, 7, 8192), -ENOMEM);
	alloc_fail_at(0);
	for (uint32_t i = 0; i < 7; i++) {
		expect_first(&q, i, 8192);
		ipc_queue_pop(&q);
	}
	assert_int_equal(ipc_queue_bytes(&q), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
