/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/proxy/stand.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/loop.h"
#include "proxy/worker.h"
#include "tests/unit/allow/made.h"

void stand_open(struct stand *s)
{
	*s = (struct stand){ .dir = "/tmp/proxy-test.XXXXXX" };
	assert_non_null(mkdtemp(s->dir));
	assert_int_equal(spool_open(s->dir, &s->spool), 0);
	assert_int_equal(engine_new(s->spool, 1, &s->e), 0);
}

struct snapshot *stand_snapshot(const char *text, const struct allow_entry *entry)
{
	struct revision *rev = NULL;
	struct snapshot *snap;
	struct diags diags = { 0 };
	struct made m;
	char why[512];
	int r = revision_parse(text, strlen(text), &rev, &diags);

	(void)diag_print(&diags, "revision", why, sizeof(why));
	if (r < 0)
		fail_msg("%s", why);
	assert_int_equal(made_new(entry, entry != NULL ? 1 : 0, &m), 0);
	assert_int_equal(snapshot_new(rev, made_image(&m), &snap), 0);
	made_close(&m);
	return snap;
}

size_t stand_use(struct stand *s, const char *text, const struct allow_entry *entry)
{
	struct snapshot *snap = stand_snapshot(text, entry);
	size_t ended;

	assert_int_equal(engine_prepare(s->e, snap), 0);
	ended = engine_use(s->e, snap);
	snapshot_unref(snap);
	return ended;
}

struct arrival {
	struct worker *w;
	int fd;
	struct sockaddr_storage from;
};

static void arrive(void *user)
{
	const struct arrival *a = user;

	worker_accept(a->w, a->fd, (const struct sockaddr *)&a->from);
}

int stand_arrive(struct stand *s, const int fd[2], const char *from)
{
	struct arrival a = { .w = engine_worker(s->e, 0), .fd = fd[0] };
	struct timeval limit = { .tv_sec = 10 };
	struct addr src;

	assert_int_equal(addr_parse(from, &src), 0);
	(void)addr_to_sockaddr(src, 40000, &a.from);
	assert_int_equal(
		setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(loop_call(a.w->loop, arrive, &a), 0);
	return fd[1];
}

int stand_connect(struct stand *s, const char *from, uint32_t mark)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	if (mark != 0)
		assert_int_equal(
			setsockopt(fd[0], SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), 0);
	return stand_arrive(s, fd, from);
}

void stand_read(int fd, char *dst, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while ((n = read(fd, dst + got, size - 1 - got)) > 0)
		got += (size_t)n;
	dst[got] = '\0';
	(void)close(fd);
}

static void remove_file(const struct stand *s, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	(void)unlink(path);
}

size_t stand_close(struct stand *s, stand_record_fn *fn, void *user)
{
	struct spool_reader *r;
	struct record rec;
	uint64_t seq, lost;
	size_t n = 0;

	engine_free(s->e);
	spool_close(s->spool);
	assert_int_equal(spool_reader_open(s->dir, (struct spool_pos){ 0 }, &r), 0);
	for (; spool_reader_next(r, &rec, &seq, &lost) == 1; n++) {
		if (fn != NULL)
			fn(&rec, user);
	}
	spool_reader_close(r);
	remove_file(s, "0000000000000001.spool");
	remove_file(s, "lock");
	(void)rmdir(s->dir);
	return n;
}
