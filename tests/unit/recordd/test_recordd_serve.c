/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recordd's answers, of a process in which nothing stores records but the questions. */
#include "tests/unit/recordd/box.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ipc.h"
#include "lib/mono.h"
#include "mgmt/recordd/serve.h"

#define STORED (SERVE_BATCHES * INGEST_BATCH) /* by one question */

static char path[100];

static _Noreturn void be_recordd(const struct box *b, int listener)
{
	const struct ipc_roles roles = { .mgmtd = getuid() };
	static struct ingest in;
	struct serve serve = { .ingest = &in };
	struct ipc_server *server;
	sd_event *event;

	/* a test that failed leaves nobody behind */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || sd_event_new(&event) < 0 ||
	    ingest_init(&in, b->spool_dir, b->records_dir) < 0 ||
	    ipc_server_new(event, listener, &roles, serve_permits, serve_permit_count,
			   &serve, &server) < 0)
		_exit(1);
	(void)sd_event_loop(event);
	_exit(1);
}

static pid_t start(const struct box *b)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/sock", b->dir);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		be_recordd(b, fd);
	assert_int_equal(close(fd), 0);
	return pid;
}

static void stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Returns how many rows came. */
static unsigned ask_for(uint32_t limit, struct proto_query_end *end)
{
	const struct proto_query q = { .limit = limit };
	struct proto_row row;
	unsigned rows = 0;
	uint16_t type = 0;
	size_t len = 0;
	int fd = -1;

	assert_int_equal(ipc_connect(path, 60000, &fd), 0);
	assert_int_equal(ipc_send(fd, PROTO_QUERY, &q, sizeof(q)), 0);
	for (;; rows++) {
		assert_int_equal(ipc_recv(fd, &type, &row, sizeof(row), &len), 0);
		if (type != PROTO_ROW)
			break;
	}
	assert_int_equal(type, PROTO_QUERY_END);
	assert_int_equal(len, sizeof(*end));
	memcpy(end, &row, sizeof(*end));
	assert_int_equal(close(fd), 0);
	return rows;
}

static unsigned ask(struct proto_query_end *end)
{
	return ask_for(PROTO_QUERY_LIMIT_MAX, end);
}

/* Nothing but questions, and still all is stored; the answers say what they cannot know. */
static void test_questions_without_end(void **state)
{
	const struct box *b = *state;
	struct proto_query_end end;
	unsigned n, was;
	pid_t pid;

	box_fill(b, "gated", BOX_NOVEMBER_US, STORED + 10, 1);
	pid = start(b);
	n = ask(&end);
	assert_int_equal(end.code, 0);
	assert_in_range(n, INGEST_BATCH, STORED); /* fewer on a slow machine */
	/* in each answer the oldest that are stored, and from when on they are missing */
	while (end.behind != 0) {
		assert_int_equal(n % INGEST_BATCH, 0);
		assert_int_equal(end.until_us, BOX_NOVEMBER_US + n * INT64_C(1000000));
		was = n;
		n = ask(&end);
		assert_true(n >= was);
	}
	assert_int_equal(n, STORED + 10);
	assert_int_equal(end.until_us, 0);
	box_fill(b, "gated", BOX_NOVEMBER_US, 1, 1);
	do
		n = ask(&end);
	while (end.behind != 0);
	assert_int_equal(n, STORED + 11);
	stop(pid);
}

/* Not each of many questions one after the other waits until some is stored. */
static void test_many_questions(void **state)
{
	enum { QUESTIONS = 12 };
	const struct box *b = *state;
	struct proto_query_end end;
	unsigned stored = 0;
	int64_t until = 0;
	pid_t pid;

	box_fill(b, "gated", BOX_NOVEMBER_US, (QUESTIONS + 1) * STORED, 1);
	pid = start(b);
	for (int i = 0; i < QUESTIONS; i++) {
		assert_int_equal(ask_for(1, &end), 1);
		assert_int_equal(end.behind, 1);
		stored += end.until_us > until;
		until = end.until_us;
	}
	assert_in_range(stored, 1, QUESTIONS - 1);
	stop(pid);
}

/* Written while the clock was ahead: that tells nothing of what was written afterwards. */
static void test_clock_was_ahead(void **state)
{
	const struct box *b = *state;
	const unsigned all = STORED + 30;
	struct proto_query_end end;
	unsigned n;
	pid_t pid;

	box_fill(b, "gated", wall_us() + INT64_C(86400000000), 1, 1);
	box_fill(b, "gated", BOX_NOVEMBER_US, 19, 2);
	box_fill(b, "proxyd", BOX_NOVEMBER_US, STORED + 10, 1);
	pid = start(b);
	while ((n = ask(&end)) < all) {
		assert_int_equal(end.behind, 1);
		assert_int_equal(end.until_us, 0);
	}
	assert_int_equal(n, all);
	assert_int_equal(end.behind, 0);
	stop(pid);
}

/* The same, and it is the next one. */
static void test_clock_was_ahead_in_between(void **state)
{
	const struct box *b = *state;
	struct proto_query_end end;
	pid_t pid;

	box_fill(b, "gated", BOX_NOVEMBER_US, STORED, 1);
	box_fill(b, "gated", wall_us() + INT64_C(86400000000), 1, STORED + 1);
	box_fill(b, "gated", BOX_NOVEMBER_US, INGEST_BATCH, STORED + 2);
	pid = start(b);
	while (ask(&end) < STORED + 1 + INGEST_BATCH)
		assert_int_equal(end.behind, 1);
	assert_int_equal(end.behind, 0);
	stop(pid);
}

/* A spool that cannot be read: nobody knows since when. */
static void test_unreadable_spool(void **state)
{
	const struct box *b = *state;
	struct proto_query_end end;
	char dir[128];
	pid_t pid;

	box_fill(b, "gated", BOX_NOVEMBER_US, 3, 1);
	(void)snprintf(dir, sizeof(dir), "%s/proxyd", b->spool_dir);
	assert_int_equal(rmdir(dir), 0);
	pid = start(b);
	assert_int_equal(ask(&end), 3);
	assert_int_equal(end.code, 0);
	assert_int_equal(end.behind, 1);
	assert_int_equal(end.until_us, 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(ask(&end), 3);
	assert_int_equal(end.behind, 0);
	stop(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_questions_without_end, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_many_questions, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_clock_was_ahead, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_clock_was_ahead_in_between,
						box_setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable_spool, box_setup,
						box_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
