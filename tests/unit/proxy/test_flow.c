/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/flow.h"
#include "tests/support/alloc_fail.h"

#define PERIOD 251 /* no divisor of any buffer size: a byte out of place is seen */

/* from writes to the flow's source, to reads from its sink. */
struct stand {
	struct loop *l;
	struct loop_io *source, *sink;
	struct loop_defer again;
	struct flow_tools *tools;
	struct flow f;
	int from, to;
	int result;
	bool spliced;
};

static void tcp_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&a, len), 0);
	fd[1] = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	assert_true(fd[1] >= 0);
	(void)close(l);
}

static void pump(void *user)
{
	struct stand *s = user;

	if (s->result < 0 || s->f.done)
		return; /* an event of the same round as the end */
	s->result = flow_pump(&s->f, s->source, s->sink, s->tools);
	s->spliced = s->spliced || s->f.pipe != NULL;
	if (s->result < 0 || s->f.done)
		loop_stop(s->l);
	else if (s->result > 0)
		loop_defer(s->l, &s->again);
}

static void on_event(struct loop_io *io)
{
	pump(io->user);
}

static void stand_new(struct stand *s)
{
	int a[2], b[2];

	*s = (struct stand){ .again = { .fn = pump, .user = s } };
	tcp_pair(a);
	tcp_pair(b);
	s->from = a[0];
	s->to = b[0];
	s->tools = calloc(1, sizeof(*s->tools));
	assert_non_null(s->tools);
	assert_int_equal(loop_new(&s->l), 0);
	assert_int_equal(loop_io_new(s->l, a[1], LOOP_EDGE, on_event, s, &s->source), 0);
	assert_int_equal(loop_io_new(s->l, b[1], LOOP_EDGE, on_event, s, &s->sink), 0);
}

static void stand_free(struct stand *s)
{
	flow_clear(&s->f, s->tools);
	pipes_clear(&s->tools->pipes);
	assert_int_equal(s->tools->pipes.count, 0);
	loop_io_close(s->source);
	loop_io_close(s->sink);
	loop_free(s->l);
	free(s->tools);
	(void)close(s->from);
	(void)close(s->to);
}

struct side {
	int fd;
	uint64_t total; /* to be written, or read */
	size_t step;
};

static void *write_all(void *user)
{
	const struct side *w = user;
	static _Thread_local char data[1 << 20];
	uint64_t at = 0;

	while (at < w->total) {
		size_t n = w->step < w->total - at ? w->step : (size_t)(w->total - at);

		for (size_t i = 0; i < n; i++)
			data[i] = (char)((at + i) % PERIOD);
		for (size_t sent = 0; sent < n;) {
			ssize_t k = write(w->fd, data + sent, n - sent);

			assert_true(k > 0);
			sent += (size_t)k;
		}
		at += n;
	}
	assert_int_equal(shutdown(w->fd, SHUT_WR), 0);
	return NULL;
}

static void *read_all(void *user)
{
	struct side *r = user;
	static _Thread_local char data[1 << 20];
	ssize_t n;

	while ((n = read(r->fd, data, r->step)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal((unsigned char)data[i],
					 (r->total + (uint64_t)i) % PERIOD);
		r->total += (uint64_t)n;
	}
	assert_int_equal(n, 0);
	return NULL;
}

/* Whatever the sizes, what goes in comes out, and the end too. */
static void pass(uint64_t total, size_t write_step, size_t read_step, bool bulk)
{
	struct stand s;
	struct side w, r;
	pthread_t writer, reader;

	stand_new(&s);
	w = (struct side){ s.from, total, write_step };
	r = (struct side){ s.to, 0, read_step };
	assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &r), 0);
	assert_int_equal(loop_run(s.l), 0);
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(s.result, 0);
	assert_true(s.f.done);
	assert_int_equal(r.total, total);
	assert_int_equal(s.f.bytes, total);
	if (bulk)
		assert_true(s.spliced);
	stand_free(&s);
}

static void test_passes(void **state)
{
	(void)state;
	pass(0, 1, 1000, false);
	pass(5, 1, 1000, false);
	pass(200000, 777, 100, false);
	pass(64 << 20, 1 << 20, 1 << 20, true); /* bulk */
	pass(8 << 20, 1 << 20, 1000, true); /* the reader is slow: back-pressure */
	pass(8 << 20, 1000, 1 << 20, false); /* the writer is slow */
}

/* What was queued comes first. */
static void test_queue(void **state)
{
	struct stand s;
	struct side w;
	char got[64];
	pthread_t writer;
	size_t len = 0;
	ssize_t n;

	(void)state;
	stand_new(&s);
	w = (struct side){ s.from, 3, 3 };
	assert_int_equal(flow_queue(&s.f, "he", 2), 0);
	assert_int_equal(flow_queue(&s.f, "ad ", 3), 0);
	assert_true(flow_pending(&s.f));
	assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
	assert_int_equal(loop_run(s.l), 0);
	assert_int_equal(pthread_join(writer, NULL), 0);
	while ((n = read(s.to, got + len, sizeof(got) - len)) > 0)
		len += (size_t)n;
	assert_int_equal(len, 8);
	assert_memory_equal(got, "head \0\1\2", 8);
	stand_free(&s);
}

static void test_sink_gone(void **state)
{
	struct stand s;
	struct side w;
	pthread_t writer;

	(void)state;
	stand_new(&s);
	w = (struct side){ s.from, 1000, 1000 };
	assert_int_equal(setsockopt(s.to, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
				    sizeof(struct linger)),
			 0);
	(void)close(s.to);
	s.to = -1;
	/* its reset may take a while on a busy machine */
	assert_int_equal(poll(&(struct pollfd){ .fd = s.sink->fd }, 1, 10000), 1);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
	assert_int_equal(loop_run(s.l), 0);
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(s.result, -EPIPE);
	stand_free(&s);
}

static void test_without_memory(void **state)
{
	struct stand s;

	(void)state;
	stand_new(&s);
	alloc_fail_at(1);
	assert_int_equal(flow_queue(&s.f, "a", 1), -ENOMEM);
	alloc_fail_at(1);
	assert_null(pipes_take(&s.tools->pipes));
	alloc_fail_at(0);
	assert_false(flow_pending(&s.f));
	stand_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_sink_gone),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
