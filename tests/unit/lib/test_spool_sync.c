/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spool whose writer does not wait for the disk, and disks that do not get through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <aio.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/spool.h"

static struct {
	bool stuck; /* nothing that was begun ends */
	bool alone; /* the system gives no thread */
	int error; /* of what is done without one */
} disk;

int __real_aio_error(const struct aiocb *job);
int __wrap_aio_error(const struct aiocb *job);
int __real_aio_fsync(int op, struct aiocb *job);
int __wrap_aio_fsync(int op, struct aiocb *job);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_aio_error(const struct aiocb *job)
{
	return disk.stuck ? EINPROGRESS : __real_aio_error(job);
}

int __wrap_aio_fsync(int op, struct aiocb *job)
{
	if (!disk.alone)
		return __real_aio_fsync(op, job);
	errno = EAGAIN;
	return -1;
}

int __wrap_fdatasync(int fd)
{
	if (disk.error == 0)
		return __real_fdatasync(fd);
	errno = disk.error;
	return -1;
}

struct box {
	char dir[64];
	struct spool *s;
	uint64_t count;
};

static int setup(void **state)
{
	static struct box b;

	memset(&disk, 0, sizeof(disk));
	b = (struct box){ .dir = "/tmp/test-spool-sync-XXXXXX" };
	*state = &b;
	return mkdtemp(b.dir) != NULL ? spool_open(b.dir, &b.s) : -1;
}

static int teardown(void **state)
{
	struct box *b = *state;
	DIR *d = opendir(b->dir);
	struct dirent *e;

	memset(&disk, 0, sizeof(disk));
	spool_close(b->s);
	while ((e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	return rmdir(b->dir);
}

static void append(struct box *b)
{
	struct record r = { .kind = RECORD_SERVICE, .conn = ++b->count };

	memset(r.detail, 'x', sizeof(r.detail) - 1);
	assert_int_equal(spool_append(b->s, &r), 0);
}

/* More than a segment holds. */
static void append_much(struct box *b)
{
	uint64_t from = b->count;

	while ((b->count - from) * sizeof(((struct record *)NULL)->detail) <
	       SPOOL_SEGMENT_MAX)
		append(b);
}

static unsigned segments(const struct box *b)
{
	DIR *d = opendir(b->dir);
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)) != NULL)
		n += strstr(e->d_name, ".spool") != NULL;
	(void)closedir(d);
	return n;
}

static int ended(struct box *b)
{
	int r;

	while ((r = spool_sync_state(b->s)) == -EINPROGRESS)
		(void)usleep(1000);
	return r;
}

static void expect_all(const struct box *b)
{
	struct spool_reader *reader = NULL;
	struct record r;
	uint64_t seq = 0, lost = 0;

	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &reader), 0);
	for (uint64_t n = 1; n <= b->count; n++) {
		assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), 1);
		assert_int_equal(r.conn, n);
	}
	assert_int_equal(spool_reader_next(reader, &r, &seq, &lost), 0);
	spool_reader_close(reader);
}

static void test_beside(void **state)
{
	struct box *b = *state;

	assert_int_equal(spool_sync_start(b->s), 0); /* nothing there yet */
	assert_int_equal(spool_sync_state(b->s), 0);
	append(b);
	assert_int_equal(spool_sync_start(b->s), 0);
	assert_int_equal(ended(b), 0);
	disk.stuck = true;
	assert_int_equal(spool_sync_start(b->s), 0);
	append(b);
	assert_int_equal(spool_sync_state(b->s), -EINPROGRESS);
	assert_int_equal(spool_sync_start(b->s), -EBUSY);
	expect_all(b);
	disk.stuck = false;
	assert_int_equal(ended(b), 0);
	assert_int_equal(spool_sync_start(b->s), 0);
}

/* The end of a segment keeps nobody waiting either. */
static void test_segments(void **state)
{
	struct box *b = *state;

	assert_int_equal(spool_sync_start(b->s), 0);
	disk.stuck = true;
	append_much(b);
	assert_int_equal(segments(b), 2);
	assert_int_equal(spool_sync_state(b->s), -EINPROGRESS);
	append_much(b);
	append_much(b);
	assert_int_equal(segments(b), 2); /* it grows on */
	disk.stuck = false;
	assert_int_equal(ended(b), 0);
	append(b);
	assert_int_equal(segments(b), 3);
	expect_all(b);
}

static void test_without_a_thread(void **state)
{
	struct box *b = *state;

	disk.alone = true;
	append(b);
	assert_int_equal(spool_sync_start(b->s), 0);
	assert_int_equal(spool_sync_state(b->s), 0);
	disk.error = EIO;
	assert_int_equal(spool_sync_start(b->s), -EIO);
	append_much(b); /* the segment that is left does not get to the disk */
	assert_int_equal(spool_sync_state(b->s), -EIO);
	disk.error = 0;
	assert_int_equal(spool_sync_start(b->s), 0);
	assert_int_equal(spool_sync_state(b->s), 0);
	expect_all(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_a_thread, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
