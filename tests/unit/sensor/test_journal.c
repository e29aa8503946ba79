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
#include <unistd.h>

#include "fw/sensor/journal.h"
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
	struct sight s = { .mac = { { 2, 0, 0, 0, 0, 0x11 } },
			   .vlan = 10,
			   .source = PROTO_SOURCE_DHCP4,
			   .addr = { .family = 4, .bytes = { 192, 0, 2, 11 } },
			   .name = "jimu-pc-3" };
	struct wires wires = { .item = { office }, .count = 1 };
	struct spool_reader *r = NULL;
	struct journal *j = NULL;
	struct record rec;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(journal_new(dir, &j), 0);
	journal_set_revision(j, 7);
	journal_started(j, &wires);
	assert_int_equal(journal_seen(j, &office, &s, true, 1234), 0);
	journal_lost(j, 0, &office, 0); /* nothing lost, nothing said */
	journal_lost(j, 0, &office, 5);
	journal_lost(j, 0, &office, 6); /* waits for the minute to be over */
	assert_int_equal(journal_count(j), 3);
	assert_int_equal(journal_lost_total(j), 11);
	assert_null(journal_error(j));
	journal_free(j);

	assert_int_equal(spool_reader_open(dir, (struct spool_pos){ 0 }, &r), 0);
	rec = next_of_kind(r, RECORD_SERVICE);
	assert_non_null(strstr(rec.detail, "office0"));
	rec = next_of_kind(r, RECORD_DEVICE_SEEN);
	assert_int_equal(rec.time_us, 1234);
	assert_int_equal(rec.revision, 7);
	assert_true(mac_equal(rec.mac, s.mac));
	assert_true(addr_equal(rec.src, s.addr));
	assert_string_equal(rec.zone, "office");
	assert_string_equal(rec.detail, "dhcp4 on office0, vlan 10, name jimu-pc-3, "
					"also seen on another interface");
	rec = next_of_kind(r, RECORD_GAP);
	assert_int_equal(rec.count, 5);
	rec = next_of_kind(r, RECORD_GAP); /* written when the journal was closed */
	assert_int_equal(rec.count, 6);
	assert_string_equal(rec.zone, "office");
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
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
