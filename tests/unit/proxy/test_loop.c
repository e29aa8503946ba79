/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/loop.h"
#include "tests/support/alloc_fail.h"

struct pair {
	struct loop *l;
	int fd[2];
	struct loop_io *io, *other;
	int calls;
};

static void pair_new(struct pair *p)
{
	*p = (struct pair){ 0 };
	assert_int_equal(loop_new(&p->l), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
}

static void stop(void *user)
{
	loop_stop(user);
}

/* Two ready descriptors of one round: the first to be served frees the other. */
static void on_free_other(struct loop_io *io)
{
	struct pair *p = io->user;

	p->calls++;
	if (io == p->io) {
		loop_io_close(p->other);
		p->other = NULL;
	} else {
		loop_io_close(p->io);
		p->io = NULL;
	}
	loop_stop(p->l);
}

static void test_freed_is_not_served(void **state)
{
	struct pair p;
	int more[2];

	(void)state;
	pair_new(&p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, more), 0);
	assert_int_equal(loop_io_new(p.l, p.fd[0], LOOP_EDGE, on_free_other, &p, &p.io),
			 0);
	assert_int_equal(
		loop_io_new(p.l, more[0], LOOP_EDGE, on_free_other, &p, &p.other), 0);
	assert_int_equal(loop_run(p.l), 0);
	assert_int_equal(p.calls, 1);
	loop_io_close(p.io);
	loop_io_close(p.other);
	assert_int_equal(close(p.fd[1]), 0);
	assert_int_equal(close(more[1]), 0);
	loop_free(p.l);
}

static void on_ready(struct loop_io *io)
{
	struct pair *p = io->user;
	char c;

	p->calls++;
	if ((io->ready & EPOLLIN) == 0)
		return;
	assert_int_equal(read(io->fd, &c, 1), 1);
	assert_int_equal(read(io->fd, &c, 1), -1);
	io->ready &= ~(uint32_t)EPOLLIN;
	loop_stop(p->l);
}

static void say(void *user)
{
	const struct pair *p = user;

	assert_int_equal(write(p->fd[1], "x", 1), 1);
}

static void test_edge_and_timer(void **state)
{
	struct pair p;
	struct loop_timer t = { .fn = say, .user = &p };

	(void)state;
	pair_new(&p);
	assert_int_equal(loop_io_new(p.l, p.fd[0], LOOP_EDGE, on_ready, &p, &p.io), 0);
	assert_int_equal(loop_timer_set(p.l, &t, 10), 0);
	assert_int_equal(loop_run(p.l), 0);
	assert_int_equal(p.calls, 2); /* writable once, then readable once */
	assert_int_equal(t.slot, 0);
	loop_io_free(p.io);
	assert_int_equal(close(p.fd[0]), 0);
	assert_int_equal(close(p.fd[1]), 0);
	loop_free(p.l);
}

static void *run(void *user)
{
	assert_int_equal(loop_run(user), 0);
	return NULL;
}

static void add_one(void *user)
{
	(*(int *)user)++;
}

#define CALLERS 4
#define CALLS   500

struct caller {
	struct loop *l;
	int *sum; /* touched by the loop's thread only */
};

static void *call_often(void *user)
{
	const struct caller *c = user;

	for (int i = 0; i < CALLS; i++)
		assert_int_equal(loop_call(c->l, add_one, c->sum), 0);
	return NULL;
}

static void test_calls_from_other_threads(void **state)
{
	struct loop *l;
	pthread_t loop_thread, thread[CALLERS];
	int sum = 0;
	struct caller c = { .sum = &sum };

	(void)state;
	assert_int_equal(loop_new(&l), 0);
	c.l = l;
	assert_int_equal(pthread_create(&loop_thread, NULL, run, l), 0);
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, call_often, &c), 0);
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(loop_call(l, stop, l), 0);
	assert_int_equal(pthread_join(loop_thread, NULL), 0);
	assert_int_equal(sum, CALLERS * CALLS);
	assert_int_equal(loop_call(l, add_one, &sum), -ESHUTDOWN);
	loop_free(l);
}

struct posted {
	struct loop_post post;
	struct loop *l;
	int *sum, want;
};

/* In the order of posting; what is posted may be freed by its own function. */
static void on_post(void *user)
{
	struct posted *p = user;

	assert_int_equal(*p->sum, p->want);
	++*p->sum;
	free(p);
}

static int post(struct loop *l, int *sum, int want)
{
	struct posted *p = malloc(sizeof(*p));
	int r;

	assert_non_null(p);
	*p = (struct posted){ .l = l, .sum = sum, .want = want };
	p->post = (struct loop_post){ .fn = on_post, .user = p };
	r = loop_post(l, &p->post);
	if (r < 0)
		free(p);
	return r;
}

static void test_posts(void **state)
{
	struct loop *l;
	int sum = 0;

	(void)state;
	assert_int_equal(loop_new(&l), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(post(l, &sum, i), 0);
	loop_stop(l);
	assert_int_equal(loop_run(l), 0);
	assert_int_equal(sum, 5);
	assert_int_equal(post(l, &sum, 5), -ESHUTDOWN);
	loop_free(l);
}

static void test_without_memory(void **state)
{
	struct pair p;
	struct loop *l = NULL;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(loop_new(&l), -ENOMEM);
	assert_null(l);
	pair_new(&p);
	alloc_fail_at(1);
	assert_int_equal(loop_io_new(p.l, p.fd[0], LOOP_EDGE, on_ready, &p, &p.io),
			 -ENOMEM);
	assert_null(p.io);
	alloc_fail_at(0);
	assert_int_equal(close(p.fd[0]), 0);
	assert_int_equal(close(p.fd[1]), 0);
	loop_free(p.l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_freed_is_not_served),
		cmocka_unit_test(test_edge_and_timer),
		cmocka_unit_test(test_calls_from_other_threads),
		cmocka_unit_test(test_posts),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
