/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recordd/box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mgmt/recordd/verify.h"
#include "tests/support/alloc_fail.h"

#define FILE_NAME "2023-11.db"

static void spool_path(const struct box *b, const char *producer, const char *file,
		       char dst[160])
{
	(void)snprintf(dst, 160, "%s/%s/%s", b->spool_dir, producer, file);
}

static int64_t rows(const struct box *b)
{
	return box_sql(b, FILE_NAME, "SELECT count(*) FROM row");
}

static void assert_chain_whole(const struct box *b, uint64_t checked)
{
	struct proto_verify v;

	verify_run(b->records_dir, NULL, NULL, NULL, &v);
	assert_string_equal(v.text, "");
	assert_int_equal(v.checked, checked);
}

static void test_spools_are_merged_by_time(void **state)
{
	box_fill(*state, "proxyd", BOX_NOVEMBER_US, 5, 1);
	box_fill(*state, "sensord", BOX_NOVEMBER_US + 500000, 5, 1);
	box_ingest(*state);
	assert_int_equal(rows(*state), 10);
	assert_int_equal(
		box_sql(*state, FILE_NAME,
			"SELECT count(*) FROM row a JOIN row b ON b.n = a.n + 1"
			" WHERE b.time_us < a.time_us OR a.producer = b.producer"),
		0);
	assert_chain_whole(*state, 10);
}

static void test_goes_on_where_it_was(void **state)
{
	box_fill(*state, "proxyd", BOX_NOVEMBER_US, 5, 1);
	box_ingest(*state);
	box_ingest(*state);
	assert_int_equal(rows(*state), 5);
	box_fill(*state, "proxyd", BOX_NOVEMBER_US, 7, 6);
	box_ingest(*state);
	assert_int_equal(rows(*state), 12);
	assert_int_equal(box_sql(*state, FILE_NAME, "SELECT max(seq) FROM row"), 12);
	assert_chain_whole(*state, 12);
}

/* More than a segment of 8 MiB: read parts are removed, numbers go on. */
static void test_stored_segments_are_removed(void **state)
{
	const struct box *b = *state;
	struct spool *s = box_spool(b, "gated");
	struct record rec = box_record(BOX_NOVEMBER_US, RECORD_FLOW_OPEN, "");
	char path[160];

	memset(rec.detail, 'x', sizeof(rec.detail) - 1);
	for (int i = 0; i < 14000; i++)
		assert_int_equal(spool_append(s, &rec), 0);
	spool_path(b, "gated", "0000000000000001.spool", path);
	assert_int_equal(access(path, F_OK), 0);
	box_ingest(b);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(spool_append(s, &rec), 0);
	spool_close(s);
	box_ingest(b);
	assert_int_equal(rows(b), 14001);
	assert_chain_whole(b, 14001);
}

static void test_damage_becomes_a_gap(void **state)
{
	const struct box *b = *state;
	struct spool *s = box_spool(b, "gated");
	struct record rec = box_record(BOX_NOVEMBER_US, RECORD_FLOW_OPEN, "");
	char path[160];
	int fd;

	memset(rec.detail, 'x', sizeof(rec.detail) - 1);
	for (int i = 0; i < 14000; i++)
		assert_int_equal(spool_append(s, &rec), 0);
	spool_close(s);
	spool_path(b, "gated", "0000000000000001.spool", path);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "????", 4, 4 << 20), 4);
	assert_int_equal(close(fd), 0);
	box_ingest(b);
	assert_int_equal(
		box_sql(b, FILE_NAME, "SELECT count(*) FROM row WHERE kind = 11"), 1);
	/* what is there and what the gap counts is everything */
	assert_int_equal(box_sql(b, FILE_NAME,
				 "SELECT (SELECT count(*) FROM row WHERE kind <> 11) +"
				 " (SELECT b.seq - a.seq FROM row a JOIN row b"
				 " ON b.n = a.n + 1 WHERE a.kind = 11)"),
			 14000);
	box_ingest(b);
	assert_int_equal(
		box_sql(b, FILE_NAME, "SELECT count(*) FROM row WHERE kind = 11"), 1);
}

static void empty_spool(const struct box *b, const char *producer)
{
	char path[160];
	struct dirent *e;
	DIR *d;

	spool_path(b, producer, "", path);
	d = opendir(path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	(void)closedir(d);
}

static void ingest_all(struct ingest *in)
{
	int r;

	while ((r = ingest_step(in)) == 1)
		;
	assert_int_equal(r, 0);
}

static struct ingest *ingest_of(const struct box *b)
{
	struct ingest *in = calloc(1, sizeof(*in));

	assert_int_equal(ingest_init(in, b->spool_dir, b->records_dir), 0);
	ingest_all(in);
	return in;
}

static int64_t breaks(const struct box *b)
{
	return box_sql(b, FILE_NAME,
		       "SELECT count(*) FROM row WHERE kind = 11"
		       " AND detail LIKE '%begun anew at 1 %'");
}

/* A spool of 1000 records begins anew, with n: all are read, and the break is on record. */
static void replace_spool(const struct box *b, struct ingest *in, unsigned n)
{
	int64_t had = rows(b), broken = breaks(b);

	empty_spool(b, "mgmtd");
	box_fill(b, "mgmtd", BOX_NOVEMBER_US + 1, n, 1);
	if (in != NULL)
		ingest_all(in);
	box_ingest(b);
	assert_int_equal(rows(b), had + n + 1);
	assert_int_equal(breaks(b), broken + 1);
	assert_int_equal(
		box_sql(b, FILE_NAME, "SELECT count(*) FROM row WHERE kind = 11"),
		breaks(b));
	box_fill(b, "mgmtd", BOX_NOVEMBER_US + 2, 1, 1);
	box_ingest(b);
	assert_int_equal(rows(b), had + n + 2);
	assert_chain_whole(b, (uint64_t)had + n + 2);
}

/* The new one has its segment under the same name, in these tests with entries as long. */
static void test_replaced_spool(void **state)
{
	const struct box *b = *state;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	box_ingest(b);
	replace_spool(b, NULL, 3);
	replace_spool(b, NULL, 1000); /* is longer than what it replaces */
	replace_spool(b, NULL, 1001); /* ends where its predecessor did */
	replace_spool(b, NULL, 3000);
}

static void test_replaced_while_open(void **state)
{
	static const unsigned n[] = { 3, 1000, 1001, 3000 };
	const struct box *b = *state;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		struct ingest *in = ingest_of(b);

		replace_spool(b, in, n[i]);
		ingest_close(in);
		free(in);
	}
}

/* The folder was moved away, with what we stand in. */
static void test_replaced_folder(void **state)
{
	const struct box *b = *state;
	struct ingest *in;
	char path[160], aside[160];

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	in = ingest_of(b);
	spool_path(b, "mgmtd", "", path);
	spool_path(b, "", "aside", aside);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	replace_spool(b, in, 1000);
	ingest_close(in);
	free(in);
}

/* Several segments away: the one that we stood in is not there. */
static void test_replaced_segments(void **state)
{
	const struct box *b = *state;
	struct record rec = box_record(BOX_NOVEMBER_US, RECORD_FLOW_OPEN, "");
	struct spool *s = box_spool(b, "mgmtd");

	memset(rec.detail, 'x', sizeof(rec.detail) - 1);
	for (int i = 0; i < 14000; i++)
		assert_int_equal(spool_append(s, &rec), 0);
	spool_close(s);
	box_ingest(b);
	replace_spool(b, NULL, 3);
}

static void spoil(const struct box *b, off_t at)
{
	char path[160];
	struct stat st;
	int fd;

	spool_path(b, "mgmtd", "0000000000000001.spool", path);
	fd = open(path, O_WRONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "????", 4, at < 0 ? st.st_size + at : at), 4);
	assert_int_equal(close(fd), 0);
}

/* The producer cuts off its last entry, which is damaged, and gives its number out again. */
static void test_cut_spool(void **state)
{
	const struct box *b = *state;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	for (int i = 1; i <= 2; i++) {
		struct ingest *in = ingest_of(b);
		int64_t had = rows(b);

		spoil(b, -4);
		box_fill(b, "mgmtd", BOX_NOVEMBER_US + i, 2000, 1);
		if (i == 1) /* recordd ran meanwhile */
			ingest_all(in);
		ingest_close(in);
		free(in);
		box_ingest(b);
		assert_int_equal(breaks(b), i);
		assert_true(rows(b) > had + 2000);
	}
}

/* Damage before it was read, and the producer begins again: one record, and that is told. */
static void test_spoilt_and_restarted(void **state)
{
	const struct box *b = *state;
	struct ingest *in;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	spoil(b, 4096);
	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 10, 1001);
	in = ingest_of(b);
	assert_int_equal(in->stored, 1009); /* as the status says */
	assert_int_equal(in->lost, 1);
	ingest_close(in);
	free(in);
	assert_int_equal(rows(b), 1010); /* the gap stands where the record was */
	assert_int_equal(
		box_sql(b, FILE_NAME, "SELECT count(*) FROM row WHERE kind = 11"), 1);
	assert_int_equal(box_sql(b, FILE_NAME, "SELECT max(seq) FROM row"), 1010);
	assert_chain_whole(b, 1010);
}

/* Damage to what was read already: nothing is missing, and nothing is stored twice. */
static void test_spoilt_behind_us(void **state)
{
	const struct box *b = *state;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	box_ingest(b);
	spoil(b, 4096);
	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 10, 1001);
	box_ingest(b);
	assert_int_equal(rows(b), 1010);
	assert_int_equal(
		box_sql(b, FILE_NAME, "SELECT count(*) FROM row WHERE kind = 11"), 0);
}

static unsigned syncs;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	syncs++;
	return __real_fdatasync(fd);
}

/* A step comes before each question, and most of them find nothing. */
static void test_nothing_to_store(void **state)
{
	const struct box *b = *state;
	struct ingest *in;

	box_fill(b, "gated", BOX_NOVEMBER_US, 3, 1);
	box_fill(b, "proxyd", BOX_NOVEMBER_US, 3, 1);
	in = ingest_of(b);
	assert_int_equal(in->stored, 6);
	assert_true(syncs > 0);
	syncs = 0;
	assert_int_equal(ingest_step(in), 0);
	assert_int_equal(syncs, 0);
	box_fill(b, "gated", BOX_NOVEMBER_US, 1, 4);
	assert_int_equal(ingest_step(in), 0);
	assert_int_equal(in->stored, 7);
	assert_true(syncs > 0);
	ingest_close(in);
	free(in);
}

/* A position that an older recordd stored: no break is made up. */
static void test_position_without_mark(void **state)
{
	const struct box *b = *state;

	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 1000, 1);
	box_ingest(b);
	(void)box_sql(b, FILE_NAME, "DROP TABLE mark");
	box_ingest(b);
	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 10, 1001);
	box_ingest(b);
	assert_int_equal(rows(b), 1010);
	assert_int_equal(breaks(b), 0);
	/* and one that it stored after ours */
	(void)box_sql(b, FILE_NAME, "UPDATE mark SET offset = offset - 1, mark = 1");
	box_fill(b, "mgmtd", BOX_NOVEMBER_US, 10, 1011);
	box_ingest(b);
	assert_int_equal(rows(b), 1020);
	assert_int_equal(breaks(b), 0);
	replace_spool(b, NULL, 3000);
}

/* Time that cannot be: kept in the record, filed under now. */
static void test_wrong_clock(void **state)
{
	const struct box *b = *state;
	struct spool *s = box_spool(b, "proxyd");
	struct record rec = box_record(INT64_MAX, RECORD_FLOW_OPEN, "");

	assert_int_equal(spool_append(s, &rec), 0);
	rec.time_us = INT64_MIN;
	assert_int_equal(spool_append(s, &rec), 0);
	rec.time_us = 0;
	assert_int_equal(spool_append(s, &rec), 0);
	spool_close(s);
	box_ingest(b);
	assert_chain_whole(b, 3);
}

static void test_missing_folders(void **state)
{
	const struct box *b = *state;
	struct ingest *in = calloc(1, sizeof(*in));
	char path[160], text[256];

	spool_path(b, "proxyd", "", path);
	assert_int_equal(rmdir(path), 0);
	box_fill(b, "gated", BOX_NOVEMBER_US, 2, 1);
	assert_int_equal(ingest_init(in, b->spool_dir, b->records_dir), 0);
	assert_int_equal(ingest_step(in), 0);
	assert_int_equal(rows(b), 2);
	assert_false(ingest_is_well(in, text, sizeof(text)));
	assert_non_null(strstr(text, "proxyd"));
	assert_int_equal(mkdir(path, 0700), 0);
	box_fill(b, "proxyd", BOX_NOVEMBER_US, 2, 1);
	assert_int_equal(ingest_step(in), 0);
	assert_int_equal(rows(b), 4);
	assert_true(ingest_is_well(in, text, sizeof(text)));
	ingest_close(in);
	free(in);
}

/* A disk that takes no more: nothing is lost, the position stays, then it goes on. */
static void test_full_disk(void **state)
{
	const struct box *b = *state;
	struct ingest *in = calloc(1, sizeof(*in));
	struct rlimit small = { .rlim_cur = 64 << 10 }, old;
	char text[256];
	int r;

	box_fill(b, "proxyd", BOX_NOVEMBER_US, 100, 1);
	box_ingest(b);
	box_fill(b, "proxyd", BOX_NOVEMBER_US, 5900, 101);
	assert_int_equal(ingest_init(in, b->spool_dir, b->records_dir), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while ((r = ingest_step(in)) == 1)
		;
	assert_true(r < 0);
	assert_false(ingest_is_well(in, text, sizeof(text)));
	assert_true(ingest_step(in) < 0); /* still, and it lives */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	while ((r = ingest_step(in)) == 1)
		;
	assert_int_equal(r, 0);
	assert_true(ingest_is_well(in, text, sizeof(text)));
	ingest_close(in);
	free(in);
	assert_int_equal(rows(b), 6000);
	assert_chain_whole(b, 6000);
}

static void test_without_memory(void **state)
{
	const struct box *b = *state;
	struct ingest *in = calloc(1, sizeof(*in));
	unsigned nth = 1;

	box_fill(b, "proxyd", BOX_NOVEMBER_US, 10, 1);
	for (;; nth++) {
		assert_int_equal(ingest_init(in, b->spool_dir, b->records_dir), 0);
		alloc_fail_at(nth);
		if (ingest_step(in) < 0)
			assert_true(alloc_fail_fired());
		ingest_close(in);
		if (!alloc_fail_fired())
			break;
	}
	alloc_fail_at(0);
	free(in);
	assert_true(nth > 5);
	assert_int_equal(rows(b), 10);
	assert_chain_whole(b, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spools_are_merged_by_time, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_goes_on_where_it_was, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_stored_segments_are_removed,
						box_setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_damage_becomes_a_gap, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_replaced_spool, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_replaced_while_open, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_replaced_folder, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_replaced_segments, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_spoilt_and_restarted, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_spoilt_behind_us, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_nothing_to_store, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_cut_spool, box_setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_position_without_mark, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_wrong_clock, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_missing_folders, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, box_setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_without_memory, box_setup,
						box_teardown),
	};

	(void)signal(SIGXFSZ, SIG_IGN); /* writing past the limit is EFBIG then */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
