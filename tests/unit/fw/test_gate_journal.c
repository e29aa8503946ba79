/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal against a spool and an apply role of the test's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aio.h>
#include <cmocka.h>

#include "fw/apply/request.h"
#include "fw/gated/journal.h"
#include "lib/ipc.h"

/* A disk that does not get through with what it was given. */
static bool stuck;
static int sync_error;
static const struct aiocb *asked_for;

int __real_aio_error(const struct aiocb *job);
int __wrap_aio_error(const struct aiocb *job);

int __wrap_aio_error(const struct aiocb *job)
{
	int r = __real_aio_error(job);

	asked_for = job;
	return stuck || r == EINPROGRESS ? EINPROGRESS : sync_error != 0 ? sync_error : r;
}

/* The disk gets through with what it has. */
static void get_through(void)
{
	while (__real_aio_error(asked_for) == EINPROGRESS)
		(void)usleep(1000);
	stuck = false;
}

struct fixture {
	char dir[64];
	struct journal j;
	pid_t apply;
	int seen; /* a byte for each request: '1' renew, '0' stop */
};

/* Answer every request with success and tell the test what it was. */
static _Noreturn void be_apply(int channel, int tell)
{
	for (;;) {
		struct fw_recording m = { 0 };
		const struct fw_result ok = { .rule = FW_NO_RULE };
		uint16_t type = 0;
		size_t len = 0;

		if (ipc_recv(channel, &type, &m, sizeof(m), &len) < 0 ||
		    type != FW_REQ_RECORDING || len != sizeof(m) ||
		    write(tell, m.on != 0 ? "1" : "0", 1) != 1 ||
		    ipc_send(channel, FW_ANS_RESULT, &ok, sizeof(ok)) < 0)
			_exit(EXIT_SUCCESS);
	}
}

static int setup(void **state)
{
	static struct fixture f;
	int pair[2], told[2];

	f = (struct fixture){ .dir = "/tmp/sekisho-journal-XXXXXX" };
	assert_non_null(mkdtemp(f.dir));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(pipe2(told, O_NONBLOCK), 0);
	f.apply = fork();
	if (f.apply == 0) {
		(void)close(pair[0]);
		be_apply(pair[1], told[1]);
	}
	(void)close(pair[1]);
	(void)close(told[1]);
	f.seen = told[0];
	f.j.channel = pair[0];
	f.j.enabled = true;
	assert_int_equal(spool_open(f.dir, &f.j.spool), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[512];
	struct dirent *e;
	DIR *dir;

	stuck = false;
	sync_error = 0;
	journal_free(&f->j);
	(void)close(f->j.channel);
	(void)waitpid(f->apply, NULL, 0);
	(void)close(f->seen);
	if ((dir = opendir(f->dir)) != NULL) {
		while ((e = readdir(dir)) != NULL) {
			(void)snprintf(path, sizeof(path), "%s/%s", f->dir, e->d_name);
			(void)unlink(path);
		}
		(void)closedir(dir);
	}
	(void)rmdir(f->dir);
	return 0;
}

static void expect_asked(struct fixture *f, const char *want)
{
	char got[16] = "";

	(void)!read(f->seen, got, sizeof(got) - 1);
	assert_string_equal(got, want);
}

/* Writing past the file size limit fails as a full disk would. */
static void limit_files(rlim_t bytes)
{
	const struct rlimit l = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void test_renewed_every_tick(void **state)
{
	struct fixture *f = *state;

	assert_false(journal_ok(&f->j));
	journal_tick(&f->j);
	journal_tick(&f->j);
	expect_asked(f, "11");
	assert_true(journal_ok(&f->j));
	f->j.enabled = false; /* no revision is in force */
	journal_tick(&f->j);
	expect_asked(f, "");
	assert_false(journal_ok(&f->j));
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };
	struct spool_reader *r = NULL;
	uint64_t seq = 0, lost = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	journal_tick(&f->j);
	journal_write(&f->j, &rec);
	expect_asked(f, "1");
	limit_files(400);
	for (int i = 0; i < 20; i++)
		journal_write(&f->j, &rec);
	expect_asked(f, "0"); /* at once, and once */
	assert_false(journal_ok(&f->j));
	journal_tick(&f->j);
	expect_asked(f, ""); /* not renewed while it lasts */
	limit_files(RLIM_INFINITY);
	journal_tick(&f->j);
	expect_asked(f, "1");
	assert_true(journal_ok(&f->j));
	/* what was lost is on record, with its number */
	assert_int_equal(spool_reader_open(f->dir, (struct spool_pos){ 0 }, &r), 0);
	do
		assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	while (rec.kind != RECORD_GAP);
	assert_int_equal(rec.count + f->j.records - 2, 21);
	assert_int_equal(f->j.lost, rec.count);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_SERVICE);
	spool_reader_close(r);
}

/* It keeps nobody waiting; but what it does not take counts as not recorded. */
static void test_stuck_disk(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };
	struct spool_reader *r = NULL;
	uint64_t seq = 0, lost = 0;

	journal_write(&f->j, &rec);
	stuck = true;
	journal_tick(&f->j);
	f->j.behind_since = mono_now(); /* however long this process was not run */
	journal_tick(&f->j);
	expect_asked(f, "11");
	assert_true(journal_ok(&f->j));
	f->j.behind_since.us -= 3000000;
	rec.kind = RECORD_FLOW_DENY;
	journal_write(&f->j, &rec);
	journal_tick(&f->j);
	journal_tick(&f->j);
	expect_asked(f, "0"); /* once, and not renewed while it lasts */
	assert_false(journal_ok(&f->j));
	/* it is not written to: that could hold us up */
	assert_int_equal(spool_reader_open(f->dir, (struct spool_pos){ 0 }, &r), 0);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_FLOW_OPEN);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 0);
	get_through();
	journal_tick(&f->j);
	assert_true(journal_ok(&f->j));
	expect_asked(f, "1");
	assert_int_equal(f->j.lost, 0);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_FLOW_DENY);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_SERVICE);
	assert_non_null(strstr(rec.detail, "stuck"));
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 0);
	spool_reader_close(r);
}

/* What has no room in memory meanwhile is counted, and is a gap afterwards. */
static void test_stuck_disk_in_a_flood(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_DENY };
	struct spool_reader *r = NULL;
	uint64_t seq = 0, lost = 0, held = 0;

	journal_write(&f->j, &rec);
	stuck = true;
	journal_tick(&f->j);
	expect_asked(f, "1");
	f->j.behind_since.us -= 1000000;
	while (f->j.missing < 100) {
		journal_write(&f->j, &rec);
		held += f->j.missing == 0;
	}
	expect_asked(f, "0"); /* at once, and once */
	journal_tick(&f->j);
	expect_asked(f, "");
	assert_int_equal(f->j.records, 1);
	get_through();
	journal_tick(&f->j);
	assert_true(journal_ok(&f->j));
	assert_int_equal(f->j.lost, 100);
	assert_int_equal(spool_reader_open(f->dir, (struct spool_pos){ 0 }, &r), 0);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_GAP);
	assert_int_equal(rec.count, 100);
	while (spool_reader_next(r, &rec, &seq, &lost) == 1 &&
	       rec.kind == RECORD_FLOW_DENY)
		held--;
	assert_int_equal(held, 0);
	spool_reader_close(r);
}

/* One that fails now and again stops nothing; one that only fails does. */
static void test_failing_disk(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };

	journal_write(&f->j, &rec);
	sync_error = EIO;
	journal_tick(&f->j);
	expect_asked(f, "1");
	while (!f->j.sync_failed)
		journal_tick(&f->j);
	f->j.behind_since = mono_now(); /* however long that took */
	journal_tick(&f->j);
	assert_true(f->j.behind);
	assert_true(journal_ok(&f->j));
	f->j.behind_since.us -= 3000000;
	journal_tick(&f->j);
	assert_false(journal_ok(&f->j));
	sync_error = 0;
	do
		journal_tick(&f->j);
	while (!journal_ok(&f->j));
}

/* Records that were added are in the spool after one commit, in order, gaps among them. */
static void test_together(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };
	struct spool_reader *r = NULL;
	uint64_t seq = 0, lost = 0;

	journal_tick(&f->j);
	assert_int_equal(spool_reader_open(f->dir, (struct spool_pos){ 0 }, &r), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		rec.conn = i;
		journal_add(&f->j, &rec);
	}
	journal_lost(&f->j, 5, "gated: a test");
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 0);
	journal_commit(&f->j);
	journal_commit(&f->j);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
		assert_int_equal(rec.conn, i);
		assert_int_not_equal(rec.time_us, 0);
	}
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 1);
	assert_int_equal(rec.kind, RECORD_GAP);
	assert_int_equal(rec.count, 5);
	assert_int_equal(spool_reader_next(r, &rec, &seq, &lost), 0);
	assert_int_equal(f->j.records, 4);
	assert_int_equal(f->j.lost, 5);
	spool_reader_close(r);
}

/* A batch that cannot be written is lost as a whole, and counted as a whole. */
static void test_together_on_a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };

	(void)signal(SIGXFSZ, SIG_IGN);
	journal_tick(&f->j);
	expect_asked(f, "1");
	limit_files(400);
	for (int i = 0; i < 50; i++)
		journal_add(&f->j, &rec);
	expect_asked(f, "");
	journal_commit(&f->j);
	expect_asked(f, "0");
	assert_int_equal(f->j.lost, 50);
	limit_files(RLIM_INFINITY);
	journal_tick(&f->j);
	expect_asked(f, "1");
	assert_int_equal(f->j.missing, 0);
}

/* More than a batch holds goes out by itself. */
static void test_more_than_a_batch(void **state)
{
	struct fixture *f = *state;
	struct record rec = { .kind = RECORD_FLOW_OPEN };
	uint64_t count = JOURNAL_MEMORY_MAX / 64;

	memset(rec.detail, 'x', sizeof(rec.detail) - 1);
	for (uint64_t i = 0; i < count; i++)
		journal_add(&f->j, &rec);
	journal_commit(&f->j);
	assert_int_equal(f->j.records, count);
	assert_int_equal(f->j.lost, 0);
}

static void test_the_other_role_dies(void **state)
{
	struct fixture *f = *state;

	(void)kill(f->apply, SIGKILL);
	(void)waitpid(f->apply, NULL, 0);
	journal_tick(&f->j);
	assert_true(f->j.peer_gone);
	assert_false(journal_ok(&f->j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_renewed_every_tick, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stuck_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stuck_disk_in_a_flood, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_failing_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_together_on_a_full_disk, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_more_than_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_other_role_dies, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
