/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "mgmt/mgmtd/journal.h"
#include "tests/unit/mgmtd/fixture.h"

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* Writing past the file size limit fails as a full disk would. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit l = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* What is done without a record stands as a gap before the next; what is refused does not. */
static void test_gap(void **state)
{
	const struct change c = {
		.who = "sato", .what = "lockdown-on", .object = "", .reason = ""
	};
	const struct addr nobody = { 0 };
	struct journal *j = &f.app.journal;
	struct spool_reader *r = NULL;
	struct record rec;
	uint64_t seq = 0, lost = 0;

	(void)state;
	assert_int_equal(journal_change(j, &c, nobody, 1), 0);
	limit_files(100);
	journal_done(j, &c, nobody, 1);
	assert_true(journal_change(j, &c, nobody, 1) < 0);
	journal_done(j, &c, nobody, 1);
	assert_true(journal_probe(j) < 0);
	limit_files(RLIM_INFINITY);
	assert_int_equal(journal_change(j, &c, nobody, 7), 0);
	assert_int_equal(j->written, 3);
	limit_files(100);
	journal_done(j, &c, nobody, 1);
	limit_files(RLIM_INFINITY);
	journal_close(j);

	assert_int_equal(spool_reader_open(j->dir, (struct spool_pos){ 0 }, &r), 0);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_CHANGE);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_GAP);
	assert_int_equal(rec.count, 2);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_CHANGE);
	assert_int_equal(rec.revision, 7);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_GAP); /* when the journal was closed */
	assert_int_equal(rec.count, 1);
	spool_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_gap, setup, teardown),
	};

	(void)signal(SIGXFSZ, SIG_IGN); /* writing past the limit is EFBIG then */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
