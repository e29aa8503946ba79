/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/netlink.h>

#include "fw/gated/events/receive.h"

struct pair {
	int in, out;
	uint32_t next; /* the sequence number that is expected */
};

static int setup(void **state)
{
	static struct pair p;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	p = (struct pair){ .in = fd[0], .out = fd[1] };
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	(void)close(p->in);
	(void)close(p->out);
	return 0;
}

/* A datagram of count messages, numbered from first on. */
static void put(const struct pair *p, uint32_t first, uint32_t count)
{
	struct nlmsghdr m[8];

	assert_true(count <= 8);
	for (uint32_t i = 0; i < count; i++)
		m[i] = (struct nlmsghdr){ .nlmsg_len = sizeof(m[i]),
					  .nlmsg_seq = first + i };
	assert_int_equal(send(p->in, m, count * sizeof(m[0]), 0), count * sizeof(m[0]));
}

static void on_message(const struct netlink_msg *m, void *user)
{
	struct pair *p = user;

	assert_int_equal(m->seq, p->next);
	p->next++;
}

static void test_many_in_one_call(void **state)
{
	struct pair *p = *state;
	struct receive_result res;

	for (uint32_t i = 0; i < 5; i++)
		put(p, 3 * i, 3);
	res = receive_all(p->out, RECEIVE_SMALL, 2, on_message, p);
	assert_int_equal(p->next, 15);
	assert_true(res.emptied);
	assert_false(res.overrun);
	res = receive_all(p->out, RECEIVE_BATCH, 1, on_message, p);
	assert_true(res.emptied);
}

/* One call takes no more than its buffer has room for; then it is somebody else's turn. */
static void test_rounds(void **state)
{
	struct pair *p = *state;
	struct receive_result res;

	for (uint32_t i = 0; i < 5; i++)
		put(p, i, 1);
	res = receive_all(p->out, RECEIVE_BATCH, 1, on_message, p);
	assert_int_equal(p->next, 2);
	assert_false(res.emptied);
	res = receive_all(p->out, RECEIVE_BATCH, 9, on_message, p);
	assert_int_equal(p->next, 5);
	assert_true(res.emptied);
}

static void test_too_large(void **state)
{
	static uint8_t large[RECEIVE_SMALL + 1];
	struct pair *p = *state;
	struct receive_result res;

	assert_int_equal(send(p->in, large, sizeof(large), 0), sizeof(large));
	put(p, 0, 1);
	res = receive_all(p->out, RECEIVE_SMALL, 2, on_message, p);
	assert_int_equal(res.cut, 1);
	assert_int_equal(p->next, 1);
}

/* A message whose length cannot be ends its datagram, and no other. */
static void test_garbage(void **state)
{
	const struct nlmsghdr bad = { .nlmsg_len = 4096 };
	struct pair *p = *state;

	assert_int_equal(send(p->in, &bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(send(p->in, "x", 1, 0), 1);
	put(p, 0, 2);
	(void)receive_all(p->out, RECEIVE_SMALL, 2, on_message, p);
	assert_int_equal(p->next, 2);
}

static void test_broken_socket(void **state)
{
	struct pair *p = *state;
	struct receive_result res = receive_all(-1, RECEIVE_SMALL, 9, on_message, p);

	assert_true(res.emptied);
	assert_int_equal(p->next, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_in_one_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_socket, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
