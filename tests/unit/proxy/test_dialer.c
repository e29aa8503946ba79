/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/dialer.h"
#include "tests/support/alloc_fail.h"

#define GUARD_MS 20000
#define SILENT   3 /* addresses that take no connection and do not refuse one */

/* All on one port: 127.0.0.1 accepts, 127.0.0.2 to .4 are silent, 127.0.0.9 refuses. */
struct world {
	struct loop *loop;
	uint16_t port;
	int good;
	int silent[SILENT], filler[SILENT][2];
	struct loop_timer guard;
	int fds; /* open when a test begins */
};

struct result {
	struct world *w;
	unsigned calls;
	int error;
	struct loop_io *io;
	struct addr addr;
};

static struct addr text(const char *s)
{
	struct addr a;

	assert_int_equal(addr_parse(s, &a), 0);
	return a;
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static int listen_at(const char *s, uint16_t port, int backlog)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(text(s), port, &ss);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A listener whose queue is full lets further SYNs drop. */
static void fill(struct world *w, size_t at, const char *s)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(text(s), w->port, &ss);

	w->silent[at] = listen_at(s, w->port, 0);
	for (size_t i = 0; i < 2; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		assert_int_not_equal(fd, -1);
		(void)connect(fd, (struct sockaddr *)&ss, len);
		w->filler[at][i] = fd;
	}
}

static void on_guard(void *user)
{
	(void)user;
	fail_msg("%s", "nothing happened");
}

static int setup(void **state)
{
	static const char *const silent[SILENT] = { "127.0.0.2", "127.0.0.3",
						    "127.0.0.4" };
	static struct world w;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	w = (struct world){ .guard = { .fn = on_guard } };
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_timer_set(w.loop, &w.guard, GUARD_MS), 0);
	w.good = listen_at("127.0.0.1", 0, 64);
	assert_int_equal(getsockname(w.good, (struct sockaddr *)&ss, &len), 0);
	(void)addr_from_sockaddr((struct sockaddr *)&ss, &w.port);
	for (size_t i = 0; i < SILENT; i++)
		fill(&w, i, silent[i]);
	w.fds = open_fds();
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_fds(), w->fds);
	for (size_t i = 0; i < SILENT; i++) {
		(void)close(w->silent[i]);
		(void)close(w->filler[i][0]);
		(void)close(w->filler[i][1]);
	}
	(void)close(w->good);
	loop_timer_clear(w->loop, &w->guard);
	loop_free(w->loop);
	return 0;
}

static void on_stop(void *user)
{
	loop_stop(user);
}

static void run_ms(struct world *w, int64_t ms)
{
	struct loop_timer t = { .fn = on_stop, .user = w->loop };

	assert_int_equal(loop_timer_set(w->loop, &t, ms), 0);
	assert_int_equal(loop_run(w->loop), 0);
	loop_timer_clear(w->loop, &t);
}

static void on_done(void *user, int error, struct loop_io *io, struct addr addr)
{
	struct result *res = user;

	res->calls++;
	res->error = error;
	res->io = io;
	res->addr = addr;
	loop_stop(res->w->loop);
}

static struct dialer *start(struct world *w, const char *const *list, uint32_t attempt_ms,
			    uint32_t total_ms, struct result *res)
{
	struct addr addr[16];
	struct dialer_target t = { .addr = addr,
				   .port = w->port,
				   .attempt_ms = attempt_ms,
				   .total_ms = total_ms };
	struct dialer *d = NULL;

	while (list[t.count] != NULL) {
		addr[t.count] = text(list[t.count]);
		t.count++;
	}
	*res = (struct result){ .w = w };
	assert_int_equal(dialer_start(w->loop, &t, on_done, res, &d), 0);
	memset(addr, 0, sizeof(addr)); /* it has a copy */
	assert_int_equal(res->calls, 0);
	return d;
}

static void on_nothing(struct loop_io *io)
{
	io->ready = 0;
}

static void assert_won(struct result *res, const char *s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint16_t port;
	int on = 0;

	assert_int_equal(res->calls, 1);
	assert_int_equal(res->error, 0);
	assert_non_null(res->io);
	res->io->fn = on_nothing;
	assert_true(addr_equal(res->addr, text(s)));
	assert_int_not_equal(res->io->ready & EPOLLOUT, 0);
	assert_int_equal(getpeername(res->io->fd, (struct sockaddr *)&ss, &len), 0);
	assert_true(
		addr_equal(addr_from_sockaddr((struct sockaddr *)&ss, &port), text(s)));
	assert_int_equal(port, res->w->port);
	len = sizeof(on);
	assert_int_equal(getsockopt(res->io->fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	assert_int_not_equal(on, 0);
	assert_int_equal(write(res->io->fd, "x", 1), 1);
	/* the others are closed already */
	assert_int_equal(open_fds(), res->w->fds + 1);
	loop_io_close(res->io);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_one(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w, LIST("127.0.0.1"), 0, 5000, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_won(&res, "127.0.0.1");
	run_ms(w, 20);
	assert_int_equal(res.calls, 1);
}

/* Failures lead on at once: with this pace the guard would end it otherwise. */
static void test_refused_then_next(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w,
		    LIST("127.0.0.9", "fe80::1", "127.0.0.9", "127.0.0.1", "127.0.0.2"),
		    10 * GUARD_MS, 10 * GUARD_MS, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_won(&res, "127.0.0.1");
}

static void test_silent_then_next(void **state)
{
	struct world *w = *state;
	struct result res;
	int64_t began = loop_now_ms(w->loop);

	(void)start(w, LIST("127.0.0.2", "127.0.0.1"), 100, 10000, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_true(loop_now_ms(w->loop) - began >= 100);
	assert_won(&res, "127.0.0.1");
}

/* Three silent ones are open at most, and do not keep the fourth away. */
static void test_oldest_is_given_up(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w, LIST("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"), 60,
		    10000, &res);
	assert_int_equal(open_fds(), w->fds + 1);
	run_ms(w, 260);
	if (res.calls == 0)
		assert_int_equal(open_fds(), w->fds + DIALER_OPEN_MAX);
	assert_int_equal(loop_run(w->loop), 0);
	assert_won(&res, "127.0.0.1");
}

static void test_all_fail(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w, LIST("127.0.0.9"), 0, 5000, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.error, -ECONNREFUSED);
	assert_null(res.io);
	(void)start(w, LIST("fe80::1", "127.0.0.9"), 0, 5000, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.error, -ECONNREFUSED);
	assert_true(addr_equal(res.addr, text("127.0.0.9")));
	(void)start(w, LIST("fe80::1"), 0, 5000, &res); /* fails inside connect() */
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.calls, 1);
	assert_true(res.error < 0);
	assert_null(res.io);
	(void)start(w, LIST("127.0.0.2", "127.0.0.9"), 30, 300, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.error, -ETIMEDOUT); /* the first was still open */
}

static void test_total(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w, LIST("127.0.0.2"), 1000, 60, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.error, -ETIMEDOUT);
	(void)start(w, LIST("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2"), 10, 65,
		    &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.calls, 1);
	assert_int_equal(res.error, -ETIMEDOUT);
}

static void test_eight_at_most(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)start(w,
		    LIST("127.0.0.9", "127.0.0.9", "127.0.0.9", "127.0.0.9", "127.0.0.9",
			 "127.0.0.9", "127.0.0.9", "127.0.0.9", "127.0.0.1"),
		    0, 5000, &res);
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.error, -ECONNREFUSED);
}

static void test_refuses(void **state)
{
	struct world *w = *state;
	struct addr a = text("127.0.0.1");
	struct dialer_target t = { .addr = &a, .total_ms = 1 };
	struct dialer *d = NULL;

	assert_int_equal(dialer_start(w->loop, &t, on_done, NULL, &d), -EINVAL);
	t.count = 1;
	t.total_ms = 0;
	assert_int_equal(dialer_start(w->loop, &t, on_done, NULL, &d), -EINVAL);
	assert_null(d);
}

static void test_cancel(void **state)
{
	struct world *w = *state;
	struct result res;

	dialer_cancel(NULL);
	dialer_cancel(start(w, LIST("127.0.0.1"), 0, 5000, &res)); /* connected */
	run_ms(w, 10);
	assert_int_equal(res.calls, 0);
	dialer_cancel(start(w, LIST("127.0.0.9"), 0, 5000, &res)); /* refused */
	run_ms(w, 10);
	assert_int_equal(res.calls, 0);
	dialer_cancel(start(w, LIST("fe80::1"), 0, 5000, &res)); /* to be reported */
	run_ms(w, 10);
	assert_int_equal(res.calls, 0);
	for (int64_t ms = 5; ms < 120; ms += 20) { /* one to three open */
		struct dialer *d =
			start(w, LIST("127.0.0.2", "127.0.0.3", "127.0.0.9", "127.0.0.4"),
			      20, 5000, &res);

		run_ms(w, ms);
		dialer_cancel(d);
		assert_int_equal(open_fds(), w->fds);
		run_ms(w, 30);
		assert_int_equal(res.calls, 0);
	}
}

struct pair {
	struct world *w;
	struct dialer *d[2];
	unsigned calls;
};

/* The first of two to be connected, in one round, cancels the other. */
static void on_done_cancel(void *user, int error, struct loop_io *io, struct addr addr)
{
	struct pair *p = user;

	(void)addr;
	assert_int_equal(error, 0);
	p->calls++;
	/* p->d[1] has an even descriptor: see below */
	dialer_cancel(io->fd % 2 == 0 ? p->d[0] : p->d[1]);
	loop_io_close(io);
	loop_stop(p->w->loop);
}

static void test_cancel_in_round(void **state)
{
	struct world *w = *state;
	struct addr a = text("127.0.0.1");
	struct dialer_target t = { &a, 1, w->port, 0, 5000 };
	struct pair p = { .w = w };
	int odd = -1, next = dup(w->good);

	/* descriptors are given lowest first: let p.d[0] have an odd one, p.d[1] not */
	(void)close(next);
	if (next % 2 == 0)
		odd = dup(w->good);
	assert_int_equal(dialer_start(w->loop, &t, on_done_cancel, &p, &p.d[0]), 0);
	assert_int_equal(dialer_start(w->loop, &t, on_done_cancel, &p, &p.d[1]), 0);
	run_ms(w, 20);
	assert_int_equal(p.calls, 1);
	if (odd != -1)
		(void)close(odd);
}

static void on_done_again(void *user, int error, struct loop_io *io, struct addr addr)
{
	struct result *res = user;
	struct dialer_target t = { &addr, 1, res->w->port, 0, 5000 };
	struct dialer *d;

	assert_int_equal(error, -ECONNREFUSED);
	assert_null(io);
	addr = text("127.0.0.1");
	assert_int_equal(dialer_start(res->w->loop, &t, on_done, res, &d), 0);
}

static void test_start_in_done(void **state)
{
	struct world *w = *state;
	struct addr a = text("127.0.0.9");
	struct dialer_target t = { &a, 1, w->port, 0, 5000 };
	struct result res = { .w = w };
	struct dialer *d;

	assert_int_equal(dialer_start(w->loop, &t, on_done_again, &res, &d), 0);
	assert_int_equal(loop_run(w->loop), 0);
	assert_won(&res, "127.0.0.1");
}

static void test_no_memory(void **state)
{
	struct world *w = *state;
	struct addr a[3] = { text("127.0.0.2"), text("127.0.0.9"), text("127.0.0.1") };
	struct dialer_target t = { a, 3, w->port, 10, 300 };
	bool fired = true;

	for (unsigned n = 1; fired; n++) {
		struct result res = { .w = w };
		struct dialer *d;
		int r;

		alloc_fail_at(n);
		r = dialer_start(w->loop, &t, on_done, &res, &d);
		if (r == 0) {
			assert_int_equal(loop_run(w->loop), 0);
			assert_int_equal(res.calls, 1);
			if (res.io != NULL)
				loop_io_close(res.io);
		} else {
			assert_int_equal(r, -ENOMEM);
			assert_int_equal(res.calls, 0);
		}
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(open_fds(), w->fds);
	}
}

#define DIAL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DIAL_TEST(test_one),
		DIAL_TEST(test_refused_then_next),
		DIAL_TEST(test_silent_then_next),
		DIAL_TEST(test_oldest_is_given_up),
		DIAL_TEST(test_all_fail),
		DIAL_TEST(test_total),
		DIAL_TEST(test_eight_at_most),
		DIAL_TEST(test_refuses),
		DIAL_TEST(test_cancel),
		DIAL_TEST(test_cancel_in_round),
		DIAL_TEST(test_start_in_done),
		DIAL_TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
