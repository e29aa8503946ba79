/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/attr.h"
#include "lib/spool.h"
#include "tests/support/alloc_fail.h"

struct box {
	char dir[64];
};

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/test-spool-XXXXXX");
	*state = b;
	return mkdtemp(b->dir) != NULL ? 0 : -1;
}

static void empty(const struct box *b)
{
	DIR *d = opendir(b->dir);
	struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	(void)closedir(d);
}

static int teardown(void **state)
{
	struct box *b = *state;

	empty(b);
	(void)rmdir(b->dir);
	free(b);
	return 0;
}

static struct spool *open_spool(const struct box *b)
{
	struct spool *s = NULL;

	assert_int_equal(spool_open(b->dir, &s), 0);
	return s;
}

static struct record record_of(uint64_t n)
{
	struct record r = { .kind = RECORD_SERVICE, .conn = n };

	memset(r.detail, 'x', sizeof(r.detail) - 1);
	return r;
}

static void append(struct spool *s, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		struct record r = record_of(n);

		assert_int_equal(spool_append(s, &r), 0);
	}
}

/* Read all there is from *pos on; the records must be from..to, in order. */
static void expect(const struct box *b, struct spool_pos *pos, uint64_t from, uint64_t to)
{
	struct spool_reader *reader = NULL;
	struct record r;
	uint64_t seq = 0, lost = 0;

	assert_int_equal(spool_reader_open(b->dir, *pos, &reader), 0);
	for (uint64_t n = from; n <= to; n++) {
		assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), 1);
		assert_int_equal(seq, n);
		assert_int_equal(r.conn, n);
	}
	assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), 0);
	*pos = spool_reader_pos(reader);
	spool_reader_close(reader);
}

/* Path of the newest segment, and its size. */
static off_t newest(const struct box *b, char path[384])
{
	DIR *d = opendir(b->dir);
	struct dirent *e;
	struct stat st;

	path[0] = '\0';
	while ((e = readdir(d)) != NULL) {
		char at[384];

		(void)snprintf(at, sizeof(at), "%s/%s", b->dir, e->d_name);
		if (strstr(at, ".spool") != NULL && strcmp(at, path) > 0)
			memcpy(path, at, sizeof(at));
	}
	(void)closedir(d);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void test_what_goes_in_comes_out(void **state)
{
	struct spool *s = open_spool(*state), *second = NULL;
	struct spool_pos pos = { 0 };

	expect(*state, &pos, 1, 0);
	append(s, 1, 10);
	expect(*state, &pos, 1, 10);
	append(s, 11, 12);
	expect(*state, &pos, 11, 12);
	assert_int_equal(spool_open(((struct box *)*state)->dir, &second), -EBUSY);
	assert_int_equal(spool_sync(s), 0);
	spool_close(s);
	s = open_spool(*state);
	append(s, 13, 13);
	spool_close(s);
	expect(*state, &pos, 13, 13);
	pos = (struct spool_pos){ 0 };
	expect(*state, &pos, 1, 13);
}

/* Whatever part of the last entry a crash left, the writer goes on after the one before. */
static void test_every_torn_tail(void **state)
{
	char path[384];
	off_t two, three;

	struct spool *s = open_spool(*state);
	append(s, 1, 2);
	two = newest(*state, path);
	append(s, 3, 3);
	three = newest(*state, path);
	spool_close(s);
	for (off_t cut = three - 1; cut >= two; cut -= 7) {
		struct spool_pos pos = { 0 };

		assert_int_equal(truncate(path, cut), 0);
		expect(*state, &pos, 1, 2); /* the reader stops in front of it */
		s = open_spool(*state);
		append(s, 3, 3);
		spool_close(s);
		pos = (struct spool_pos){ 0 };
		expect(*state, &pos, 1, 3);
	}
}

static void test_segments_and_trim(void **state)
{
	struct spool_pos pos = { 0 }, start = { 0 };
	struct box *b = *state;
	char first[384], path[384];
	struct spool *s = open_spool(b);

	append(s, 1, 1);
	(void)newest(b, first);
	append(s, 2, 40000); /* some 20 MiB: three segments */
	expect(b, &pos, 1, 40000);
	(void)newest(b, path);
	assert_string_not_equal(first, path);
	assert_int_equal(access(first, F_OK), 0);
	assert_int_equal(spool_trim(b->dir, start), 0);
	assert_int_equal(access(first, F_OK), 0);
	assert_int_equal(spool_trim(b->dir, pos), 0);
	assert_int_equal(access(first, F_OK), -1);
	append(s, 40001, 40002);
	expect(b, &pos, 40001, 40002);
	spool_close(s);
	s = open_spool(b); /* the numbers go on although the first segments are gone */
	append(s, 40003, 40003);
	expect(b, &pos, 40003, 40003);
	spool_close(s);
}

static void spoil(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);

	assert_int_equal(pwrite(fd, "!!!!", 4, at), 4);
	assert_int_equal(close(fd), 0);
}

/* Read 1 to last but for what is missing, with one report of lost bytes on the way. */
static void expect_but(const struct box *b, uint64_t missing, uint64_t last)
{
	struct spool_reader *reader = NULL;
	uint64_t seq = 0, lost = 0, reports = 0;
	struct record r;

	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &reader), 0);
	for (uint64_t n = 1; n <= last; n++) {
		int code;

		if (n == missing)
			continue;
		while ((code = spool_reader_next(reader, &r, &seq, &lost)) == -EBADMSG) {
			assert_true(lost > 0 && lost < 1024);
			reports++;
		}
		assert_int_equal(code, 1);
		assert_int_equal(seq, n);
		assert_int_equal(r.conn, n);
	}
	assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), 0);
	assert_int_equal(reports, 1);
	spool_reader_close(reader);
}

/* Flipped bytes in an old segment cost the entry that they are in, and no other. */
static void test_damage_is_reported(void **state)
{
	struct box *b = *state;
	struct spool *s = open_spool(b);
	char first[384];

	off_t entry;

	append(s, 1, 1);
	entry = newest(b, first) - 16;
	append(s, 2, 20000);
	spool_close(s);
	spoil(first, 16 + 9999 * entry + 200);
	expect_but(b, 10000, 20000);
}

/* In the newest: what is behind is read at once, and a writer that opens cuts nothing away. */
static void test_damage_in_the_newest(void **state)
{
	static const int parts[] = { 0, 4, 8, 20,
				     300 }; /* length, checksum, number, ... */
	struct box *b = *state;
	char path[384];

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct spool *s = open_spool(b);
		off_t two;

		append(s, 1, 2);
		two = newest(b, path);
		append(s, 3, 10);
		spoil(path, two + parts[i]);
		expect_but(b, 3, 10);
		append(s, 11, 12);
		expect_but(b, 3, 12);
		spool_close(s);
		s = open_spool(b);
		expect_but(b, 3, 12);
		append(s, 13, 14);
		spool_close(s);
		expect_but(b, 3, 14);
		s = open_spool(b);
		append(s, 15, 15);
		spool_close(s);
		expect_but(b, 3, 15);
		empty(b);
	}
}

/* A length that is too long, and too little behind it to tell: nothing waits for more. */
static void test_damaged_length(void **state)
{
	struct box *b = *state;
	struct spool *s = open_spool(b);
	char path[384];
	off_t one;
	int fd;

	append(s, 1, 1);
	one = newest(b, path);
	append(s, 2, 3);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "\0\0\x07", 3, one), 3);
	assert_int_equal(close(fd), 0);
	assert_true(newest(b, path) - one < 0x700);
	expect_but(b, 2, 3);
	append(s, 4, 4);
	spool_close(s);
	expect_but(b, 2, 4);
}

/* The same for a segment's head. */
static void test_damaged_head(void **state)
{
	struct box *b = *state;
	struct spool *s = open_spool(b);
	char path[384];

	append(s, 1, 10);
	spool_close(s);
	(void)newest(b, path);
	spoil(path, 3);
	s = open_spool(b);
	append(s, 11, 12);
	spool_close(s);
	expect_but(b, 0, 12);
}

/* A write that fails leaves nothing behind, and the next one succeeds in its place. */
static void test_no_room(void **state)
{
	struct box *b = *state;
	struct rlimit old, tight;
	struct spool *s = open_spool(b);
	struct record r = record_of(2);
	struct spool_pos pos = { 0 };
	char path[384];
	off_t size;

	append(s, 1, 1);
	size = newest(b, path);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)size + 100; /* a part fits, the whole does not */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_int_equal(spool_append(s, &r), -EFBIG);
	assert_int_equal(spool_state(s), -EFBIG);
	assert_int_equal(newest(b, path), size);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	append(s, 2, 3);
	assert_int_equal(spool_state(s), 0);
	expect(b, &pos, 1, 3);
	spool_close(s);
}

/* kill -9 at any moment: every acknowledged entry is there, once, and no half one. */
static void test_killed_writers(void **state)
{
	struct box *b = *state;
	struct spool_pos pos = { 0 };
	struct spool_reader *reader = NULL;
	struct record r;
	uint64_t seq = 0, lost = 0, count = 0;
	volatile uint64_t *acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (unsigned round = 0; round < 20; round++) {
		pid_t pid = fork();

		if (pid == 0) {
			struct spool *s = NULL;

			if (spool_open(b->dir, &s) < 0)
				_exit(1);
			for (;;) {
				struct record rec = record_of(0);

				if (spool_append(s, &rec) < 0)
					_exit(1);
				(*acknowledged)++;
			}
		}
		(void)usleep(2000 + round * 700);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	spool_close(open_spool(b)); /* cuts the last torn tail */
	assert_int_equal(spool_reader_open(b->dir, pos, &reader), 0);
	while (spool_reader_next(reader, &r, &seq, &lost) == 1)
		assert_int_equal(seq, ++count);
	spool_reader_close(reader);
	/* an entry may have been written and not yet counted when the end came: one a round */
	assert_in_range(count, *acknowledged, *acknowledged + 20);
	assert_true(*acknowledged > 20);
}

/* A position that is read from elsewhere may say anything: it is no reason to stand still. */
static void test_mark_of_nobody(void **state)
{
	static const uint64_t wild[] = { 1, UINT32_MAX, 0x1000000000, UINT64_MAX };
	struct box *b = *state;
	struct spool *s = open_spool(b);
	struct spool_pos pos = { 0 };

	append(s, 1, 3);
	spool_close(s);
	expect(b, &pos, 1, 3);
	for (size_t i = 0; i < ARRAY_LEN(wild); i++) {
		struct spool_reader *reader = NULL;
		struct spool_pos at = pos;
		uint64_t seq, lost;
		struct record r;

		at.mark = wild[i];
		assert_int_equal(spool_reader_open(b->dir, at, &reader), 0);
		assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), -ESTALE);
		spool_reader_close(reader);
	}
}

static void (*on_unlink)(void *user);
static void *on_unlink_user;

int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_unlinkat(int fd, const char *name, int flags);

int __wrap_unlinkat(int fd, const char *name, int flags)
{
	if (on_unlink != NULL)
		on_unlink(on_unlink_user);
	return __real_unlinkat(fd, name, flags);
}

struct follower {
	struct spool_reader *reader;
	uint64_t count; /* read */
	unsigned looks;
};

/* Read all there is: every number once. */
static void follow(void *user)
{
	struct follower *f = user;
	struct record r;
	uint64_t seq = 0, lost = 0;

	f->looks++;
	while (spool_reader_next(f->reader, &r, &seq, &lost) == 1)
		assert_int_equal(seq, ++f->count);
	assert_int_equal(lost, 0);
}

/*
 * A segment whose head cannot be written is nobody's: who has read everything and looks
 * just then goes on in what the writer goes on in.
 */
static void test_segment_that_does_not_begin(void **state)
{
	struct box *b = *state;
	struct follower f = { 0 };
	struct spool *s = open_spool(b);
	struct spool_pos pos;
	struct rlimit was, small;
	struct record r = record_of(0);
	char path[384];
	uint64_t n = 1;

	append(s, n, n);
	for (off_t one = newest(b, path); newest(b, path) + one <= SPOOL_SEGMENT_MAX; n++)
		append(s, n + 1, n + 1);
	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &f.reader),
			 0);
	follow(&f);
	assert_int_equal(f.count, n);
	pos = spool_reader_pos(f.reader);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){ 10, was.rlim_max };
	on_unlink = follow;
	on_unlink_user = &f;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(spool_append(s, &r) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	on_unlink = NULL;
	assert_int_equal(f.looks, 2);
	assert_int_equal(spool_reader_pos(f.reader).segment, pos.segment);

	append(s, n + 1, n + 1000);
	follow(&f);
	assert_int_equal(f.count, n + 1000);
	append(s, n + 1001, n + 40000); /* more segments */
	follow(&f);
	assert_int_equal(f.count, n + 40000);
	spool_reader_close(f.reader);
	spool_close(s);
}

/* Where a crash left a segment without a head, its reader stays in the one that goes on. */
static void test_begun_and_crashed(void **state)
{
	static const char *const left[] = { "0000000000000003.spool", "begun.new" };
	struct box *b = *state;
	struct follower f = { 0 };
	struct spool *s = open_spool(b);
	char path[384];

	append(s, 1, 2);
	spool_close(s);
	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/%s", b->dir, left[i]);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert_true(fd != -1);
		(void)close(fd);
	}
	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &f.reader),
			 0);
	follow(&f);
	assert_int_equal(f.count, 2);
	s = open_spool(b);
	assert_int_equal(access(path, F_OK), -1);
	follow(&f);
	append(s, 3, 10);
	follow(&f);
	assert_int_equal(f.count, 10);
	spool_reader_close(f.reader);
	spool_close(s);
}

static void test_out_of_memory(void **state)
{
	struct box *b = *state;
	struct spool *s = open_spool(b);

	append(s, 1, 3);
	spool_close(s);
	for (unsigned n = 1;; n++) {
		bool fired;
		int r;

		s = NULL;
		alloc_fail_at(n);
		r = spool_open(b->dir, &s);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		spool_close(s);
		if (!fired) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -ENOMEM);
	}
}

static void add(struct spool_batch *b, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		struct record r = record_of(n), back;
		const uint8_t *payload;
		size_t len;

		assert_int_equal(spool_batch_add(b, &r, &payload, &len), 0);
		assert_int_equal(record_decode(payload, len, &back), 0);
		assert_int_equal(back.conn, n);
	}
}

/* A batch is there as a whole, between what was appended before and after. */
static void test_batches(void **state)
{
	struct spool *s = open_spool(*state);
	struct spool_pos pos = { 0 };
	struct spool_batch b = { 0 };

	assert_int_equal(spool_append_batch(s, &b), 0);
	add(&b, 1, 700);
	assert_int_equal(spool_append_batch(s, &b), 0);
	append(s, 701, 701);
	spool_batch_reset(&b);
	add(&b, 702, 703);
	assert_int_equal(spool_append_batch(s, &b), 0);
	expect(*state, &pos, 1, 703);
	/* over the end of segments too */
	for (uint64_t n = 704; n < 704 + 1000 * 20; n += 1000) {
		spool_batch_reset(&b);
		add(&b, n, n + 999);
		assert_int_equal(spool_append_batch(s, &b), 0);
	}
	spool_close(s);
	expect(*state, &pos, 704, 704 + 1000 * 20 - 1);
	while (spool_batch_add(&b, &(struct record){ 0 }, NULL, NULL) == 0)
		continue;
	assert_in_range(b.len, SPOOL_BATCH_MAX - 3000, SPOOL_BATCH_MAX);
	spool_batch_free(&b);
}

/* When the disk is full nothing of a batch is left, and the next one fits in its place. */
static void test_batch_without_room(void **state)
{
	struct spool *s = open_spool(*state);
	struct rlimit was, small;
	struct spool_pos pos = { 0 };
	struct spool_batch b = { 0 };

	append(s, 1, 2);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){ 2000, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	add(&b, 3, 6);
	assert_true(spool_append_batch(s, &b) < 0);
	assert_true(spool_state(s) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	expect(*state, &pos, 1, 2);
	assert_int_equal(spool_append_batch(s, &b), 0);
	spool_close(s);
	spool_batch_free(&b);
	expect(*state, &pos, 3, 6);
}

/* Without a descriptor for the next segment the old one grows on, and nothing is lost. */
static void test_no_descriptor(void **state)
{
	struct spool *s = open_spool(*state);
	struct rlimit was, none;
	struct spool_pos pos = { 0 };
	struct spool_batch b = { 0 };
	uint64_t n = 1;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	append(s, n++, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (uint64_t bytes = 0; bytes < 2 * SPOOL_SEGMENT_MAX; n += 1000) {
		spool_batch_reset(&b);
		add(&b, n, n + 999);
		bytes += b.len;
		assert_int_equal(spool_append_batch(s, &b), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	append(s, n, n);
	spool_close(s);
	spool_batch_free(&b);
	expect(*state, &pos, 1, n);
	assert_int_equal(pos.segment, n); /* the last one stands in a new segment */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_goes_in_comes_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_every_torn_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark_of_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segments_and_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_is_reported, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_in_the_newest, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_damaged_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_batch_without_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segment_that_does_not_begin, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_begun_and_crashed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_writers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
