/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exactly once: recordd is killed at random moments while two producers append,
 * one of them around the turn of a month.
 */
#include "tests/unit/recordd/box.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mono.h"
#include "mgmt/recordd/verify.h"

#define KILLS       60
#define RECORDS_MAX 200000
#define DECEMBER_US (1701356400 * (int64_t)1000000)

static void nap_us(long us)
{
	const struct timespec t = { .tv_nsec = us * 1000 };

	(void)nanosleep(&t, NULL);
}

/* The life of a recordd; it never ends by itself. */
static pid_t start_recordd(const struct box *b)
{
	static struct ingest in;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	if (ingest_init(&in, b->spool_dir, b->records_dir) < 0)
		_exit(1);
	for (;;) {
		int r = ingest_step(&in);

		if (r < 0)
			_exit(1);
		if (r == 0)
			nap_us(200);
	}
}

static void stop_recordd(pid_t pid)
{
	int status = 0;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it did not give up before */
}

/* Append until the deadline; every acknowledged record has the next conn. */
static void produce(struct spool *proxyd, struct spool *gated, uint64_t *acked,
		    struct mono until)
{
	while (mono_now().us < until.us && *acked < RECORDS_MAX) {
		struct record rec = box_record(DECEMBER_US - 600 * (int64_t)1000000 +
						       (int64_t)*acked * 100000,
					       RECORD_FLOW_OPEN, "");

		rec.conn = *acked + 1;
		if (*acked % 50 == 0)
			nap_us(200);
		assert_int_equal(spool_append(*acked % 3 == 0 ? gated : proxyd, &rec), 0);
		(*acked)++;
	}
}

static int64_t count(const struct box *b, const char *what)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM row", what);
	return box_sql(b, "2023-11.db", sql) + box_sql(b, "2023-12.db", sql);
}

static void test_killed_at_random_moments(void **state)
{
	const struct box *b = *state;
	struct spool *proxyd = box_spool(b, "proxyd"), *gated = box_spool(b, "gated");
	struct proto_verify v;
	uint64_t acked = 0;
	unsigned seed = (unsigned)(mono_now().us ^ getpid());

	print_message("seed %u\n", seed);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid = start_recordd(b);

		seed = seed * 1103515245u + 12345u;
		produce(proxyd, gated, &acked,
			mono_after_ms(mono_now(), 2 + seed / 65536 % 60));
		stop_recordd(pid);
	}
	spool_close(proxyd);
	spool_close(gated);
	box_ingest(b);
	print_message("%llu records acknowledged\n", (unsigned long long)acked);
	assert_true(acked > 600); /* past the turn of the month */
	assert_int_equal(count(b, "count(*)"), acked);
	assert_int_equal(count(b, "count(DISTINCT producer || '/' || seq)"), acked);
	assert_int_equal(count(b, "sum(seq) FILTER (WHERE producer = 'gated')"),
			 ((acked + 2) / 3) * ((acked + 2) / 3 + 1) / 2);
	verify_run(b->records_dir, NULL, NULL, NULL, &v);
	assert_string_equal(v.text, "");
	assert_int_equal(v.code, 0);
	assert_int_equal(v.checked, acked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_killed_at_random_moments, box_setup,
						box_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
