/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/declog.h"
#include "tests/support/alloc_fail.h"

struct box {
	char dir[64];
	struct declog_sink sink;
	struct declog log;
};

static void box_new(struct box *b)
{
	*b = (struct box){ .dir = "/tmp/test_declog.XXXXXX" };
	assert_non_null(mkdtemp(b->dir));
	assert_int_equal(spool_open(b->dir, &b->sink.spool), 0);
	assert_int_equal(pthread_mutex_init(&b->sink.lock, NULL), 0);
	b->log.sink = &b->sink;
}

/* Returns how many records of that kind there are; their counts in ret_sum. */
static size_t box_free(struct box *b, enum record_kind kind, size_t *ret_sum)
{
	char path[128];
	struct spool_reader *r;
	struct record rec;
	uint64_t seq, lost;
	size_t n = 0;

	declog_clear(&b->log);
	spool_close(b->sink.spool);
	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &r), 0);
	for (*ret_sum = 0; spool_reader_next(r, &rec, &seq, &lost) == 1;) {
		n += rec.kind == kind ? 1 : 0;
		*ret_sum += rec.kind == kind ? rec.count : 0;
	}
	spool_reader_close(r);
	(void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", b->dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/lock", b->dir);
	(void)unlink(path);
	(void)rmdir(b->dir);
	return n;
}

/* A revision that cuts everything ends more in one round than a batch can hold. */
static void test_more_than_a_batch(void **state)
{
	enum { COUNT = 12000 };
	struct declog_facts f = { .conn = 1, .host = "a.example", .method = "CONNECT" };
	struct declog_end end = { .reason = REASON_WITHDRAWN };
	struct declog_ticket *t;
	struct box b;
	size_t sum;

	(void)state;
	box_new(&b);
	assert_int_equal(declog_open(&b.log, &f, REASON_ENTRY, 1, &t), 0);
	for (size_t i = 0; i < COUNT; i++)
		declog_close(&b.log, t, &end, 2);
	assert_int_equal(declog_flush(&b.log), 0);
	free(t);
	assert_int_equal(b.sink.lost, 0);
	assert_int_equal(b.sink.records, COUNT + 1);
	assert_int_equal(box_free(&b, RECORD_PROXY_CLOSE, &sum), COUNT);
}

/* What could not be gathered is a gap, even when no record follows. */
static void test_gap_at_the_end(void **state)
{
	struct declog_facts f = { .conn = 1, .host = "a.example", .method = "GET" };
	struct box b;
	size_t sum;

	(void)state;
	box_new(&b);
	alloc_fail_at(1);
	declog_deny(&b.log, &f, REASON_NOT_LISTED, 0, 1);
	alloc_fail_at(0);
	assert_int_equal(declog_flush(&b.log), 0);
	assert_int_equal(b.sink.lost, 1);
	assert_int_equal(box_free(&b, RECORD_GAP, &sum), 1);
	assert_int_equal(sum, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_more_than_a_batch),
		cmocka_unit_test(test_gap_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
