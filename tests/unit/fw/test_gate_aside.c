/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long answer beside the loop: it goes on, and no end of the other process hurts it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "fw/gated/aside.h"

#define LIMIT_MS 60000

struct seen {
	sd_event *event;
	unsigned ticks;
	int calls, error;
	size_t len;
	char *text;
};

static void done(int error, char *text, size_t len, void *user)
{
	struct seen *s = user;

	s->calls++;
	s->error = error;
	s->text = text;
	s->len = len;
	assert_int_equal(sd_event_exit(s->event, 0), 0);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
	struct seen *s = user;

	(void)usec;
	s->ticks++;
	assert_true(sd_event_source_set_time_relative(source, 1000) >= 0);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static struct seen run(aside_work_fn *work, void *arg, unsigned limit_ms)
{
	struct aside a = { 0 };
	struct seen s = { 0 };

	assert_true(sd_event_new(&s.event) >= 0);
	assert_true(sd_event_add_time_relative(s.event, NULL, CLOCK_MONOTONIC, 0, 1,
					       on_tick, &s) >= 0);
	assert_int_equal(aside_start(&a, s.event, limit_ms, work, arg, done, &s), 0);
	assert_true(aside_is_on(&a));
	assert_int_equal(aside_start(&a, s.event, limit_ms, work, arg, done, &s), -EBUSY);
	assert_true(sd_event_loop(s.event) >= 0);
	assert_int_equal(s.calls, 1);
	assert_false(aside_is_on(&a));
	aside_stop(&a);
	s.event = sd_event_unref(s.event);
	return s;
}

static int say(void *arg, FILE *out)
{
	return fputs(arg, out) == EOF ? -EIO : 0;
}

static void test_answer_comes(void **state)
{
	char text[] = "proved";
	struct seen s = run(say, text, LIMIT_MS);

	(void)state;
	assert_int_equal(s.error, 0);
	assert_int_equal(s.len, strlen(text));
	assert_string_equal(s.text, text);
	free(s.text);
}

static int say_much(void *arg, FILE *out)
{
	const size_t *n = arg;

	for (size_t i = 0; i < *n; i++)
		(void)fputc('a' + (int)(i % 26), out);
	return 0;
}

static void test_long_answers(void **state)
{
	size_t n = 3u << 20;
	struct seen s = run(say_much, &n, LIMIT_MS);

	(void)state;
	assert_int_equal(s.error, 0);
	assert_int_equal(s.len, n);
	assert_int_equal(strlen(s.text), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s.text[i], 'a' + (int)(i % 26));
	free(s.text);
	n = ASIDE_ANSWER_MAX * 2;
	s = run(say_much, &n, LIMIT_MS);
	assert_int_equal(s.error, -E2BIG);
	assert_null(s.text);
}

static int sleep_on(void *arg, FILE *out)
{
	(void)arg;
	(void)fputs("begun", out);
	(void)fflush(out);
	for (;;)
		(void)pause();
	return 0;
}

/* It is killed, and the loop has turned meanwhile. */
static void test_too_long(void **state)
{
	struct seen s = run(sleep_on, NULL, 300);

	(void)state;
	assert_int_equal(s.error, -ETIMEDOUT);
	assert_null(s.text);
	assert_true(s.ticks > 3);
}

static int refuse(void *arg, FILE *out)
{
	(void)arg;
	(void)fputs("half of it", out);
	return -EINVAL;
}

static int crash(void *arg, FILE *out)
{
	(void)arg;
	(void)out;
	(void)raise(SIGKILL);
	return 0;
}

/* Untouched: it is the limit that says no, before the machine does. */
static int devour(void *arg, FILE *out)
{
	const size_t part = 32u << 20;

	(void)arg;
	for (size_t got = 0; got < 2 * ASIDE_MEMORY_MAX; got += part) {
		if (mmap(NULL, part, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0) == MAP_FAILED)
			return -ENOMEM;
	}
	return fputs("there is no limit", out) == EOF ? -EIO : 0;
}

static void test_failures(void **state)
{
	aside_work_fn *const work[] = { refuse, crash, devour };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct seen s = run(work[i], NULL, LIMIT_MS);

		assert_int_equal(s.error, -EPIPE);
		assert_null(s.text);
	}
}

/* Nothing of ours stays open in it: who waits for our end is told of it at once. */
static int wait_for_end(void *arg, FILE *out)
{
	const int *fd = arg;
	char byte;
	ssize_t got = read(*fd, &byte, 1);

	return fprintf(out, "%s", got == -1 && errno == EBADF ? "closed" : "open");
}

static void test_no_descriptors(void **state)
{
	struct seen s;
	int pair[2], high;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	high = dup2(pair[0], 200);
	assert_int_equal(high, 200);
	s = run(wait_for_end, &high, LIMIT_MS);
	assert_int_equal(s.error, 0);
	assert_string_equal(s.text, "closed");
	free(s.text);
	(void)close(high);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void never(int error, char *text, size_t len, void *user)
{
	(void)error;
	(void)text;
	(void)len;
	(void)user;
	fail();
}

static void test_stopped(void **state)
{
	struct aside a = { 0 };
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(aside_start(&a, event, LIMIT_MS, sleep_on, NULL, never, NULL),
			 0);
	aside_stop(&a);
	assert_false(aside_is_on(&a));
	(void)sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_comes),
		cmocka_unit_test(test_long_answers),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
