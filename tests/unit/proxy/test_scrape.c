/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/scrape.h"
#include "tests/support/alloc_fail.h"

#define HOST "Host: x\r\n\r\n"

static struct {
	sd_event *event;
	int listener;
	struct sockaddr_un at;
	struct scrape *s;
	int asked;
} box;

static void fill(void *user, struct proxy_metrics *m)
{
	++*(int *)user;
	m->accepted = 4711;
}

static int setup(void **state)
{
	static int number;

	(void)state;
	memset(&box, 0, sizeof(box));
	box.at.sun_family = AF_UNIX;
	(void)snprintf(box.at.sun_path, sizeof(box.at.sun_path),
		       "/tmp/test-scrape.%ld.%d", (long)getpid(), number++);
	assert_int_equal(sd_event_new(&box.event), 0);
	box.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(box.listener, (const struct sockaddr *)&box.at, sizeof(box.at)), 0);
	assert_int_equal(listen(box.listener, 32), 0);
	assert_int_equal(scrape_new(box.event, box.listener, fill, &box.asked, &box.s),
			 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scrape_free(box.s);
	(void)sd_event_unref(box.event);
	(void)close(box.listener);
	(void)unlink(box.at.sun_path);
	return 0;
}

/* Everything that is ready now. */
static void turn(void)
{
	while (sd_event_run(box.event, 0) > 0)
		;
}

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&box.at, sizeof(box.at)),
			 0);
	turn();
	return fd;
}

static bool is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void ask(const char *request, size_t step, char *dst, size_t size)
{
	size_t len = strlen(request), got = 0;
	int fd = dial();
	ssize_t n;

	for (size_t i = 0; i < len; i += step) {
		size_t part = len - i < step ? len - i : step;

		(void)send(fd, request + i, part, MSG_NOSIGNAL);
		turn();
	}
	while ((n = recv(fd, dst + got, size - 1 - got, 0)) > 0)
		got += (size_t)n;
	/* closed, not left open; reset when it had sent too much */
	assert_true(n == 0 || errno == ECONNRESET);
	dst[got] = '\0';
	(void)close(fd);
}

static void test_answers(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
	} rows[] = {
		{ "GET /metrics HTTP/1.1\r\n" HOST, 200 },
		{ "GET /metrics HTTP/1.0\r\n\r\n", 200 },
		{ "GET /Metrics HTTP/1.1\r\n" HOST, 404 },
		{ "GET / HTTP/1.1\r\n" HOST, 404 },
		{ "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n" HOST, 405 },
		{ "GET /metrics HTTP/1.1\r\n\r\n", 400 },
		{ "GET /metrics\n", 400 },
	};
	static char text[METRICS_MAX + 1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t step = 1; step < 100; step += 98) {
			int before = box.asked;

			ask(rows[i].request, step, text, sizeof(text));
			assert_int_equal(strncmp(text, "HTTP/1.1 ", 9), 0);
			if (strtoul(text + 9, NULL, 10) != rows[i].status)
				fail_msg("row %zu: %s", i, text);
			assert_int_equal(box.asked - before, rows[i].status == 200);
			assert_true((strstr(text, "accepted_total 4711\n") != NULL) ==
				    (rows[i].status == 200));
		}
	}
}

static void test_ceilings(void **state)
{
	static char request[SCRAPE_REQUEST_MAX + 100], text[1024];
	int fd[SCRAPE_PEERS_MAX + 1];

	(void)state;
	memset(request, 'a', sizeof(request) - 1);
	memcpy(request, "GET /", 5);
	ask(request, sizeof(request), text, sizeof(text));
	assert_non_null(strstr(text, " 431 "));
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = dial();
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		assert_false(is_closed(fd[i]));
	assert_true(is_closed(fd[SCRAPE_PEERS_MAX]));
	(void)close(fd[0]); /* its place is free again */
	turn();
	fd[0] = dial();
	assert_false(is_closed(fd[0]));
	/* who says nothing is closed */
	(void)poll(NULL, 0, SCRAPE_MS + 300);
	turn();
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		assert_true(is_closed(fd[i]));
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i]);
	assert_int_equal(box.asked, 0);
}

static void test_without_memory(void **state)
{
	struct scrape *s = NULL;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(scrape_new(box.event, box.listener, fill, NULL, &s), -ENOMEM);
	alloc_fail_at(0);
	assert_null(s);
	scrape_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceilings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
