/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/worker.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"

#define ROUNDS_MAX 100
#define HOST       "Host: a.example\r\n\r\n"

static const char revision[] =
	"{\"format\":2,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n"
	"    networks: [10.40.0.0/24]\\n    admission: off\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [lab], via: wan, resolvers: [192.0.2.53] }\\n"
	"\"," REVISION_PARTS("") ",\"permits\":[]}";

/* A worker with a spool of its own; clients are ends of socket pairs. */
struct box {
	char dir[64];
	sd_event *event;
	struct declog log;
	struct worker *w;
};

static void box_new(struct box *b)
{
	*b = (struct box){ .dir = "/tmp/test_worker.XXXXXX" };
	assert_non_null(mkdtemp(b->dir));
	assert_int_equal(spool_open(b->dir, &b->log.spool), 0);
	assert_true(sd_event_new(&b->event) >= 0);
	assert_int_equal(worker_new(b->event, &b->log, &b->w), 0);
}

static void box_free(struct box *b)
{
	char path[128];

	worker_free(b->w);
	spool_close(b->log.spool);
	sd_event_unref(b->event);
	(void)snprintf(path, sizeof(path), "%s/0000000000000001.spool", b->dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/lock", b->dir);
	(void)unlink(path);
	(void)rmdir(b->dir);
}

static void box_use_revision(struct box *b)
{
	struct revision *rev = NULL;
	struct snapshot *snap;
	struct diags diags = { 0 };
	struct made m;

	assert_int_equal(revision_parse(revision, sizeof(revision) - 1, &rev, &diags), 0);
	assert_int_equal(made_new(NULL, 0, &m), 0);
	assert_int_equal(snapshot_new(rev, made_image(&m), &snap), 0);
	made_close(&m);
	assert_int_equal(worker_use(b->w, snap), 0);
}

/* Connect from an address, send, and give back what came until the close. */
static void ask(struct box *b, const char *from, const char *request, char *dst,
		size_t size)
{
	struct sockaddr_storage ss;
	struct addr src;
	int fd[2];
	ssize_t n = -1;
	size_t got = 0;

	assert_int_equal(addr_parse(from, &src), 0);
	(void)addr_to_sockaddr(src, 40000, &ss);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	assert_int_equal(write(fd[1], request, strlen(request)), strlen(request));
	worker_accept(b->w, fd[0], (const struct sockaddr *)&ss);
	for (int i = 0; i < ROUNDS_MAX && n != 0; i++) {
		assert_true(sd_event_run(b->event, 1000) >= 0);
		n = read(fd[1], dst + got, size - 1 - got);
		got += n > 0 ? (size_t)n : 0;
	}
	dst[got] = '\0';
	(void)close(fd[1]);
	while (sd_event_run(b->event, 0) > 0)
		continue;
}

static size_t records(const struct box *b, struct record *ret_last)
{
	struct spool_reader *r;
	struct record rec;
	uint64_t seq, lost;
	size_t n = 0;

	assert_int_equal(spool_reader_open(b->dir, (struct spool_pos){ 0 }, &r), 0);
	for (; spool_reader_next(r, &rec, &seq, &lost) == 1; n++)
		*ret_last = rec;
	spool_reader_close(r);
	return n;
}

static const struct {
	bool policy;
	const char *from, *request;
	unsigned status;
	enum reason reason;
} rows[] = {
	{ false, "10.40.0.2", "GET http://a.example/ HTTP/1.1\r\n" HOST, 503,
	  REASON_NO_POLICY },
	{ true, "10.40.0.2", "GET http://a.example/ HTTP/1.1\r\n" HOST, 403,
	  REASON_NOT_LISTED },
	{ true, "::ffff:10.40.0.2", "HEAD http://a.example/ HTTP/1.1\r\n" HOST, 403,
	  REASON_NOT_LISTED },
	{ true, "10.40.0.2", "CONNECT a.example:443 HTTP/1.1\r\n" HOST, 403,
	  REASON_NOT_LISTED },
	{ true, "10.40.0.2", "CONNECT 192.0.2.1:443 HTTP/1.0\r\n\r\n", 403,
	  REASON_NOT_LISTED },
	{ true, "10.50.0.2", "GET http://a.example/ HTTP/1.1\r\n" HOST, 403,
	  REASON_ZONE },
	{ true, "10.40.0.2", "GET http://b.example/ HTTP/1.1\r\n" HOST, 400,
	  REASON_BAD_REQUEST },
	{ true, "10.40.0.2", "GET / HTTP/1.1\r\n" HOST, 400, REASON_BAD_REQUEST },
	{ true, "10.40.0.2", "GET http://a.example/ HTTP/1.1\n", 400,
	  REASON_BAD_REQUEST },
	{ true, "10.40.0.2", "GET http://a.example/ HTTP/2.0\r\n" HOST, 505,
	  REASON_BAD_REQUEST },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char answer[8192], want[32];
		struct record rec = { 0 };
		struct box b;

		box_new(&b);
		if (rows[i].policy)
			box_use_revision(&b);
		ask(&b, rows[i].from, rows[i].request, answer, sizeof(answer));
		(void)snprintf(want, sizeof(want), "HTTP/1.1 %u ", rows[i].status);
		if (strncmp(answer, want, strlen(want)) != 0)
			fail_msg("row %zu: %s", i, answer);
		assert_int_equal(records(&b, &rec), 1);
		assert_int_equal(rec.kind, RECORD_PROXY_DENY);
		assert_int_equal(rec.reason, rows[i].reason);
		assert_int_equal(rec.revision, rows[i].policy ? 7 : 0);
		assert_int_equal(rec.src_port, 40000);
		assert_int_equal(b.w->live_count, 0);
		box_free(&b);
	}
}

/* One address cannot take every place; the refusals are summed up in records. */
static void test_ceiling(void **state)
{
	int fd[WORKER_SOURCE_CONNS_MAX + 3][2];
	struct sockaddr_storage ss;
	struct addr src;
	struct record rec;
	struct box b;
	char answer[16] = "";

	(void)state;
	box_new(&b);
	assert_int_equal(addr_parse("10.40.0.2", &src), 0);
	(void)addr_to_sockaddr(src, 40000, &ss);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd[i]), 0);
		worker_accept(b.w, fd[i][0], (const struct sockaddr *)&ss);
	}
	assert_int_equal(b.w->live_count, WORKER_SOURCE_CONNS_MAX);
	assert_true(read(fd[ARRAY_LEN(fd) - 1][1], answer, 12) == 12);
	assert_string_equal(answer, "HTTP/1.1 503");
	worker_flush_overloads(b.w);
	assert_int_equal(records(&b, &rec), 2);
	assert_int_equal(rec.count, 2);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i][1]);
	box_free(&b);
}

/* Whatever fails, the client is answered or cut, and nothing is left. */
static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		char answer[8192];
		struct box b;

		box_new(&b);
		box_use_revision(&b);
		alloc_fail_at(n);
		ask(&b, "10.40.0.2", rows[1].request, answer, sizeof(answer));
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(b.w->live_count, 0);
		if (!fired)
			assert_true(strncmp(answer, "HTTP/1.1 403", 12) == 0);
		box_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
