/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fw/sensor/journal.h"
#include "lib/event.h"
#include "lib/spool.h"

static const struct wire office = { .interface = "office0", .zone = "office" };

static struct record next_of_kind(struct spool_reader *r, uint16_t kind)
{
	uint64_t seq = 0, lost = 0;
	struct record rec;

	do
		assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	while (rec.kind != kind);
	return rec;
}

static void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	(void)rmdir(dir);
}

static void test_records(void **state)
{
	char dir[] = "/tmp/sekisho-journal.XXXXXX";
	static const struct mac mac = { { 2, 0, 0, 0, 0, 0x11 } };
	struct proto_event event = { .time_us = 1234,
				     .kind = EVENT_GATEWAY_TAKEN,
				     .state = PROTO_EVENT_RAISED,
				     .addr_family = 4,
				     .count = 1,
				     .interface = "office0",
				     .other_interface = "office1",
				     .mac = { 2, 0, 0, 0, 0, 0x11 },
				     .other_mac = { 2, 0, 0, 0, 0, 1 },
				     .addr = { 192, 0, 2, 1 },
				     .detail = "arp" };
	struct wires wires = { .item = { office }, .count = 1 };
	struct spool_reader *r = NULL;
	struct journal *j = NULL;
	struct record rec;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(journal_new(dir, &j), 0);
	journal_set_revision(j, 7);
	journal_started(j, &wires);
	assert_int_equal(journal_event(j, office.zone, &event), 0);
	event.state = PROTO_EVENT_CLOSED;
	event.count = 9;
	assert_int_equal(journal_event(j, office.zone, &event), 0);
	journal_lost(j, 0, &office, 0); /* nothing lost, nothing said */
	journal_lost(j, 0, &office, 5);
	journal_lost(j, 0, &office, 6); /* waits for the minute to be over */
	assert_int_equal(journal_count(j), 4);
	assert_int_equal(journal_lost_total(j), 11);
	assert_null(journal_error(j));
	journal_free(j);

	assert_int_equal(spool_reader_open(dir, (struct spool_pos){ 0 }, &r), 0);
	rec = next_of_kind(r, RECORD_SERVICE);
	assert_non_null(strstr(rec.detail, "office0"));
	rec = next_of_kind(r, RECORD_DEVICE_SEEN);
	assert_int_equal(rec.time_us, 1234);
	assert_int_equal(rec.revision, 7);
	assert_true(mac_equal(rec.mac, mac));
	assert_int_equal(rec.src.family, 4);
	assert_int_equal(rec.src.bytes[3], 1);
	assert_string_equal(rec.rule, "gateway-taken");
	assert_string_equal(rec.zone, "office");
	assert_string_equal(rec.detail,
			    "gateway-taken raised on office0, other interface "
			    "office1, against 02:00:00:00:00:01: arp");
	rec = next_of_kind(r, RECORD_DEVICE_SEEN);
	assert_int_equal(rec.count, 9);
	assert_non_null(strstr(rec.detail, "gateway-taken closed on office0"));
	rec = next_of_kind(r, RECORD_GAP);
	assert_int_equal(rec.count, 5);
	rec = next_of_kind(r, RECORD_GAP); /* written when the journal was closed */
	assert_int_equal(rec.count, 6);
	assert_string_equal(rec.zone, "office");
	spool_reader_close(r);
	remove_folder(dir);
}

/* Writing past the file size limit fails as a full disk would. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit l = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* The next record, whatever it is. */
static struct record next(struct spool_reader *r)
{
	uint64_t seq = 0, lost = 0;
	struct record rec;

	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	return rec;
}

static void expect_gap(struct spool_reader *r, uint32_t count, const char *zone)
{
	struct record rec = next(r);

	assert_int_equal(rec.kind, RECORD_GAP);
	assert_int_equal(rec.count, count);
	assert_string_equal(rec.zone, zone);
}

/* What could not be written stands there as a gap, before what comes next. */
static void test_full_disk(void **state)
{
	char dir[] = "/tmp/sekisho-journal.XXXXXX";
	struct proto_event event = { .time_us = 1, .interface = "office0" };
	struct spool_reader *r = NULL;
	struct journal *j = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(journal_new(dir, &j), 0);
	assert_int_equal(journal_event(j, office.zone, &event), 0);
	limit_files(100);
	assert_true(journal_event(j, office.zone, &event) < 0);
	assert_true(journal_event(j, office.zone, &event) < 0);
	journal_lost(j, 0, &office, 5);
	journal_sync(j);
	assert_non_null(journal_error(j));
	limit_files(RLIM_INFINITY);
	event.time_us = 3;
	assert_int_equal(journal_event(j, office.zone, &event), 0);
	assert_null(journal_error(j));
	limit_files(100);
	assert_true(journal_event(j, office.zone, &event) < 0);
	limit_files(RLIM_INFINITY);
	journal_sync(j); /* nothing else comes for a while */
	assert_null(journal_error(j));
	assert_int_equal(journal_lost_total(j), 8);
	limit_files(100);
	assert_true(journal_event(j, office.zone, &event) < 0);
	limit_files(RLIM_INFINITY);
	journal_free(j);

	assert_int_equal(spool_reader_open(dir, (struct spool_pos){ 0 }, &r), 0);
	assert_int_equal(next(r).time_us, 1);
	expect_gap(r, 2, "");
	assert_int_equal(next(r).time_us, 3);
	expect_gap(r, 1, "");
	expect_gap(r, 1, ""); /* the last two were written when the journal was closed */
	expect_gap(r, 5, "office");
	spool_reader_close(r);
	remove_folder(dir);
}

static void test_no_folder(void **state)
{
	struct journal *j = NULL;

	(void)state;
	assert_int_equal(journal_new("/tmp/sekisho-no-such-folder", &j), -ENOENT);
	assert_null(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_no_folder),
	};

	(void)signal(SIGXFSZ, SIG_IGN); /* writing past the limit is EFBIG then */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
