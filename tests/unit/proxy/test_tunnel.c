/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/tunnel.h"
#include "tests/support/alloc_fail.h"

static char scratch[TUNNEL_CHUNK], sink[TUNNEL_CHUNK];

struct pair {
	int client, from; /* a writes, the tunnel reads */
	int to, origin; /* the tunnel writes, b reads */
};

static struct pair pair_new(void)
{
	int a[2], b[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
	return (struct pair){ a[0], a[1], b[0], b[1] };
}

static void pair_free(struct pair *p)
{
	(void)close(p->client);
	(void)close(p->from);
	(void)close(p->to);
	(void)close(p->origin);
}

static void test_passes(void **state)
{
	struct pair p = pair_new();
	struct tunnel_dir d = { 0 };

	(void)state;
	assert_int_equal(tunnel_queue(&d, "he", 2), 0);
	assert_int_equal(tunnel_queue(&d, "ad ", 3), 0);
	assert_true(tunnel_wants_write(&d));
	assert_int_equal(write(p.client, "body", 4), 4);
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), 9);
	assert_int_equal(read(p.origin, sink, sizeof(sink)), 9);
	assert_memory_equal(sink, "head body", 9);
	assert_int_equal(d.bytes, 4);
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), 0);
	assert_true(d.done);
	assert_int_equal(read(p.origin, sink, sizeof(sink)), 0);
	pair_free(&p);
}

#define PERIOD 251 /* no divisor of any buffer size: a byte out of place is seen */

static uint64_t write_pattern(int fd, uint64_t at)
{
	ssize_t n;

	for (size_t i = 0; i < sizeof(sink); i++)
		sink[i] = (char)((at + i) % PERIOD);
	n = write(fd, sink, sizeof(sink));
	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t read_pattern(int fd, uint64_t at)
{
	ssize_t n = read(fd, sink, sizeof(sink));

	for (ssize_t i = 0; i < n; i++)
		assert_int_equal((unsigned char)sink[i], (at + (uint64_t)i) % PERIOD);
	return n > 0 ? (uint64_t)n : 0;
}

/* When the sink does not read, the source is not read either, and nothing is lost. */
static void test_back_pressure(void **state)
{
	struct pair p = pair_new();
	struct tunnel_dir d = { 0 };
	uint64_t in = 0, out = 0, n;

	(void)state;
	for (int i = 0; i < 200; i++) {
		in += write_pattern(p.client, in);
		assert_true(tunnel_pump(&d, p.from, p.to, scratch) >= 0);
		assert_true(d.rest_len <= TUNNEL_CHUNK);
	}
	assert_true(tunnel_wants_write(&d));
	assert_false(tunnel_wants_read(&d));
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	while (!d.done) {
		out += read_pattern(p.origin, out);
		assert_true(tunnel_pump(&d, p.from, p.to, scratch) >= 0);
	}
	while ((n = read_pattern(p.origin, out)) != 0)
		out += n;
	assert_int_equal(in, out);
	assert_int_equal(d.bytes, in);
	assert_null(d.rest);
	pair_free(&p);
}

/* A sink that takes a few bytes at a time goes on where it stopped. */
static void test_small_sink(void **state)
{
	struct pair p = pair_new();
	struct tunnel_dir d = { 0 };
	int small = 2048;
	uint64_t out = 0;

	(void)state;
	assert_int_equal(setsockopt(p.to, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
			 0);
	for (size_t i = 0; i < sizeof(sink); i++)
		sink[i] = (char)(i % PERIOD);
	assert_int_equal(tunnel_queue(&d, sink, sizeof(sink)), 0);
	while (tunnel_wants_write(&d) || out < sizeof(scratch)) {
		assert_true(tunnel_flush(&d, p.to) >= 0);
		out += read_pattern(p.origin, out);
	}
	assert_int_equal(out, sizeof(scratch));
	pair_free(&p);
}

static void test_sink_gone(void **state)
{
	struct pair p = pair_new();
	struct tunnel_dir d = { 0 };

	(void)state;
	(void)close(p.origin);
	p.origin = -1;
	assert_int_equal(write(p.client, "x", 1), 1);
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), -EPIPE);
	pair_free(&p);
}

static int first_three(void *user, const char *in, size_t len, struct tunnel_out *ret_out)
{
	int *left = user;
	size_t n = len < (size_t)*left ? len : (size_t)*left;

	*left -= (int)n;
	*ret_out = (struct tunnel_out){ in, n, *left == 0 };
	return len == 0 ? -ECONNRESET : 0;
}

static void test_filter(void **state)
{
	struct pair p = pair_new();
	int left = 3;
	struct tunnel_dir d = { .filter = first_three, .user = &left, .keep_open = true };

	(void)state;
	assert_int_equal(write(p.client, "abcdef", 6), 6);
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), 6);
	assert_true(d.done);
	assert_int_equal(read(p.origin, sink, sizeof(sink)), 3);
	assert_int_equal(read(p.origin, sink, sizeof(sink)), -1); /* still open */
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), 0);
	pair_free(&p);
}

static void test_allocation(void **state)
{
	struct pair p = pair_new();
	struct tunnel_dir d = { 0 };

	(void)state;
	while (write(p.to, scratch, sizeof(scratch)) > 0)
		continue; /* fill the sink, so that the rest must be kept */
	assert_int_equal(write(p.client, "abc", 3), 3);
	alloc_fail_at(1);
	assert_int_equal(tunnel_pump(&d, p.from, p.to, scratch), -ENOMEM);
	alloc_fail_at(1);
	assert_int_equal(tunnel_queue(&d, "a", 1), -ENOMEM);
	alloc_fail_at(0);
	tunnel_clear(&d);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),     cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_small_sink), cmocka_unit_test(test_sink_gone),
		cmocka_unit_test(test_filter),     cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
