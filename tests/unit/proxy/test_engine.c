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
#include "proxy/engine.h"
#include "proxy/judge.h"
#include "proxy/worker.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"
#include "tests/unit/proxy/stand.h"

#define SOURCE_CONNS_MAX 256 /* the policy's default */
#define SLOW             3000

#define HOST "Host: a.example\r\n\r\n"

static const char revision[] =
	"{\"format\":2,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n"
	"    networks: [10.40.0.0/24]\\n    admission: off\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [lab], via: wan, resolvers: [192.0.2.53], workers: 1,"
	" limits: { device_connections: 1000, head_seconds: 4 } }\\n"
	"\"," REVISION_PARTS("") ",\"permits\":[]}";

struct last {
	const struct addr *src; /* NULL: of anybody */
	struct record *record;
	size_t count;
};

static void take(const struct record *rec, void *user)
{
	struct last *l = user;

	if (l->src != NULL && !addr_equal(rec->src, *l->src))
		return;
	*l->record = *rec;
	l->count++;
}

/*
 * Returns how many records of src (NULL: of anybody) there are, the last of them in
 * ret_last.
 */
static size_t stop_of(struct stand *b, const struct addr *src, struct record *ret_last)
{
	struct last l = { .src = src, .record = ret_last };

	(void)stand_close(b, take, &l);
	return l.count;
}

static size_t stop(struct stand *b, struct record *ret_last)
{
	return stop_of(b, NULL, ret_last);
}

static void use_revision(struct stand *b)
{
	assert_int_equal(stand_use(b, revision, NULL), 0);
}

static int connect_from(struct stand *b, const char *from)
{
	return stand_connect(b, from, 0);
}

/* Send, and give back what came until the close. */
static void ask_over(int fd, const char *request, char *dst, size_t size)
{
	/* it may have been refused already */
	(void)send(fd, request, strlen(request), MSG_NOSIGNAL);
	stand_read(fd, dst, size);
}

static void ask(struct stand *b, const char *from, const char *request, char *dst,
		size_t size)
{
	ask_over(connect_from(b, from), request, dst, size);
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
	{ true, "10.40.0.2", "\r\nGET http://a.example/ HTTP/1.1\r\n" HOST, 403,
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
	{ true, "10.40.0.2", "TRACE http://a.example/ HTTP/1.1\r\n" HOST, 405,
	  REASON_BAD_REQUEST },
	{ true, "10.40.0.2", "PUT http://a.example/ HTTP/1.1\r\nExpect: x\r\n" HOST, 417,
	  REASON_BAD_REQUEST },
	{ true, "10.40.0.2",
	  "OPTIONS http://a.example/ HTTP/1.1\r\nMax-Forwards: x\r\n" HOST, 400,
	  REASON_BAD_REQUEST },
	/* the body was not read: the answer arrives all the same */
	{ true, "10.40.0.2",
	  "POST http://a.example/ HTTP/1.1\r\nContent-Length: 9\r\nHost: "
	  "a.example\r\n\r\nabc",
	  403, REASON_NOT_LISTED },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char answer[8192], want[32];
		struct record rec = { 0 };
		struct stand b;

		stand_open(&b);
		if (rows[i].policy)
			use_revision(&b);
		ask(&b, rows[i].from, rows[i].request, answer, sizeof(answer));
		(void)snprintf(want, sizeof(want), "HTTP/1.1 %u ", rows[i].status);
		if (strncmp(answer, want, strlen(want)) != 0)
			fail_msg("row %zu: %s", i, answer);
		assert_int_equal(stop(&b, &rec), 1);
		assert_int_equal(rec.kind, RECORD_PROXY_DENY);
		assert_int_equal(rec.reason, rows[i].reason);
		assert_int_equal(rec.revision, rows[i].policy ? 7 : 0);
		assert_int_equal(rec.src_port, 40000);
	}
}

/* A head that comes byte by byte is the same head. */
static void test_byte_by_byte(void **state)
{
	static const char request[] = "GET http://a.example/ HTTP/1.1\r\n" HOST;
	char answer[8192] = "";
	struct record rec = { 0 };
	struct stand b;
	int fd;

	(void)state;
	stand_open(&b);
	use_revision(&b);
	fd = connect_from(&b, "10.40.0.2");
	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		assert_int_equal(write(fd, request + i, 1), 1);
		if (i % 8 == 0)
			(void)usleep(500); /* so that it is read in pieces, too */
	}
	assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
	assert_memory_equal(answer, "HTTP/1.1 403", 12);
	(void)close(fd);
	assert_int_equal(stop(&b, &rec), 1);
}

/* One address cannot take every place; the refusals are summed up in records. */
static void test_ceiling(void **state)
{
	int fd[SOURCE_CONNS_MAX + 3];
	struct record rec = { 0 };
	struct stand b;
	char answer[16] = "";

	(void)state;
	stand_open(&b);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = connect_from(&b, "10.40.0.2");
	assert_int_equal(sources_total(b.e->sources), SOURCE_CONNS_MAX);
	assert_true(read(fd[ARRAY_LEN(fd) - 1], answer, 12) == 12);
	assert_string_equal(answer, "HTTP/1.1 503");
	(void)close(connect_from(&b, "10.40.0.3")); /* another one has its own places */
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i]);
	assert_int_equal(stop(&b, &rec), 2);
	assert_int_equal(rec.reason, REASON_OVERLOAD);
	assert_int_equal(rec.count, 2);
}

static void wait_until_empty(struct stand *b)
{
	for (int i = 0; i < 1000 && sources_total(b->e->sources) != 0; i++)
		(void)usleep(10000);
	assert_int_equal(sources_total(b->e->sources), 0);
}

/*
 * Thousands who never finish a head, some silent and some a byte at a time, on one
 * worker: another client has its answer as if they were not there. They get theirs
 * when their time is over.
 */
static void test_slow_heads(void **state)
{
	static const char part[] = "GET http://a.example/ HTTP/1.1\r\nHos";
	static int slow[SLOW];
	struct record rec = { 0 };
	char answer[8192] = "", from[32];
	struct stand b;

	(void)state;
	stand_open(&b);
	use_revision(&b);
	for (size_t i = 0; i < SLOW; i++) {
		(void)snprintf(from, sizeof(from), "10.40.0.%zu", i % 200 + 2);
		slow[i] = connect_from(&b, from);
		if (i % 2 == 0)
			assert_true(write(slow[i], part, sizeof(part) - 1) > 0);
	}
	assert_int_equal(sources_total(b.e->sources), SLOW);
	for (size_t i = 0; i < 50; i++) {
		assert_true(write(slow[2 * i], "t", 1) == 1);
		ask(&b, "10.40.0.250", rows[1].request, answer, sizeof(answer));
		assert_memory_equal(answer, "HTTP/1.1 403", 12);
	}
	assert_true(sources_total(b.e->sources) >= SLOW); /* all of them were there */
	assert_true(read(slow[0], answer, 12) == 12);
	assert_memory_equal(answer, "HTTP/1.1 408", 12);
	for (size_t i = 0; i < SLOW; i++)
		(void)close(slow[i]);
	wait_until_empty(&b);
	/* one for each head that was begun, none for who said nothing */
	assert_int_equal(stop(&b, &rec), 50 + SLOW / 2);
	assert_int_equal(rec.reason, REASON_BAD_REQUEST);
}

/* A revision with other ceilings is in force for the next connection. */
static void test_limits_follow_the_revision(void **state)
{
	int fd[SOURCE_CONNS_MAX + 20];
	struct record rec = { 0 };
	struct stand b;

	(void)state;
	stand_open(&b);
	for (size_t i = 0; i < SOURCE_CONNS_MAX; i++)
		fd[i] = connect_from(&b, "10.40.0.2");
	(void)close(connect_from(&b, "10.40.0.2"));
	assert_int_equal(sources_total(b.e->sources), SOURCE_CONNS_MAX);
	use_revision(&b);
	for (size_t i = SOURCE_CONNS_MAX; i < ARRAY_LEN(fd); i++)
		fd[i] = connect_from(&b, "10.40.0.2");
	assert_int_equal(sources_total(b.e->sources), ARRAY_LEN(fd));
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i]);
	assert_int_equal(stop(&b, &rec), 1);
	assert_int_equal(rec.reason, REASON_OVERLOAD);
}

/* Whatever fails, the client is answered or cut, and nothing is left. */
static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		char answer[8192];
		struct record rec;
		struct stand b;

		stand_open(&b);
		use_revision(&b);
		alloc_fail_at(n);
		ask(&b, "10.40.0.2", rows[1].request, answer, sizeof(answer));
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		if (!fired)
			assert_true(strncmp(answer, "HTTP/1.1 403", 12) == 0);
		(void)stop(&b, &rec);
	}
}

/* A list of yamada's, with the one entry there is. */
static const char persons[] =
	"{\"format\":2,\"number\":8,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n"
	"    networks: [10.40.0.0/24]\\n    admission: off\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [lab], via: wan, resolvers: [192.0.2.53] }\\n"
	"\",\"lists\":[" REVISION_DEFAULT_LIST
	",{\"id\":\"l0000000000000001\",\"name\":\"n\",\"mode\":\"enforce\",\"zones\":[],"
	"\"groups\":[],\"users\":[\"yamada\"],\"schedule\":null}]," REVISION_ALLOW(
		"80") ",\"permits\":[]}";

/* What is decided about an open request of 10.40.0.2 for http://a.example. */
static struct decide_answer decide_again(const char *text,
					 const struct allow_entry *entry,
					 const char *path, bool upgraded)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct declog_facts f = {
		.host = "a.example", .method = "GET", .dst_port = 80, .user = "yamada"
	};
	struct request rq = { 0 };
	struct conn c = { .w = w, .rq = &rq };
	struct decide_answer a;

	assert_non_null(w);
	rq.path = strdup(path);
	c.path = rq.path;
	if (upgraded)
		c.rq = NULL;
	assert_int_equal(addr_parse("10.40.0.2", &f.src), 0);
	w->snap = stand_snapshot(text, entry);
	a = judge_facts(&c, &f, 1);
	free(rq.path);
	snapshot_unref(w->snap);
	free(w);
	return a;
}

/* Whom a permit was given to is for records: it opens nobody's lists, not later either. */
static void test_person_has_not_signed_in(void **state)
{
	struct allow_entry e = made_entry("a.example");

	(void)state;
	assert_true(decide_again(persons, &e, "/", false).allowed);
	e.list = 1;
	assert_false(decide_again(persons, &e, "/", false).allowed);
}

/* An upgraded connection is still that of its path. */
static void test_path_is_kept(void **state)
{
	struct allow_entry e = made_entry("a.example");

	(void)state;
	e.path = "/socket";
	assert_true(decide_again(persons, &e, "/socket", true).allowed);
	assert_true(decide_again(persons, &e, "/socket", false).allowed);
	assert_false(decide_again(persons, &e, "/other", true).allowed);
}

#define ZONE_MARK 0x0f000000u /* of all devices of a zone without admission */

/* One device's flood is summed up, and does not take another's records along. */
static void test_flood_of_refusals(void **state)
{
	struct record rec = { 0 };
	struct addr src;
	struct stand b;
	char answer[8192];

	(void)state;
	stand_open(&b);
	use_revision(&b);
	for (int i = 0; i < DAMPEN_BURST + 100; i++)
		ask_over(stand_connect(&b, "10.40.0.2", ZONE_MARK), rows[1].request,
			 answer, sizeof(answer));
	ask_over(stand_connect(&b, "10.40.0.3", ZONE_MARK), rows[1].request, answer,
		 sizeof(answer));
	assert_int_equal(addr_parse("10.40.0.3", &src), 0);
	assert_int_equal(stop_of(&b, &src, &rec), 1);
	assert_int_equal(rec.reason, REASON_NOT_LISTED);
	assert_int_equal(rec.count, 0); /* it stands for itself alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_slow_heads),
		cmocka_unit_test(test_limits_follow_the_revision),
		cmocka_unit_test(test_allocation),
		cmocka_unit_test(test_flood_of_refusals),
		cmocka_unit_test(test_person_has_not_signed_in),
		cmocka_unit_test(test_path_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
