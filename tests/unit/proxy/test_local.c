/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/desk.h"
#include "proxy/engine.h"
#include "proxy/localpage.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/proxy/fake_mgmtd.h"
#include "tests/unit/proxy/stand.h"

#define ANSWER_MAX (LOCALPAGE_MAX + 1)
#define OURS       "Host: sekisho.internal\r\n"
#define ONE        "10.40.0.2"
#define TWO        "10.40.0.3"

static const char revision[] =
	"{\"format\":2,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n"
	"    networks: [10.40.0.0/24]\\n    admission: off\\n"
	"  other:\\n    kind: office\\n    interfaces: [oth0]\\n"
	"    networks: [10.50.0.0/24]\\n    admission: off\\n"
	"  strict:\\n    kind: office\\n    interfaces: [str0]\\n"
	"    networks: [10.60.0.0/24]\\n    admission: enforce\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [lab, strict], via: wan, port: 3128, resolvers: [192.0.2.53] "
	"}\\n"
	"\"," REVISION_PARTS("") ",\"permits\":[]}";

/* One worker, a mgmtd, and what was answered last. */
struct box {
	struct stand s;
	struct fake_mgmtd mgmtd;
	char answer[ANSWER_MAX];
};

static struct box *box_new(void)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	stand_open(&b->s);
	fake_mgmtd_start(&b->mgmtd);
	assert_int_equal(engine_hire_clerk(b->s.e, b->mgmtd.path), 0);
	assert_int_equal(stand_use(&b->s, revision, NULL), 0);
	return b;
}

/* Returns how many records there are. */
static size_t box_free(struct box *b)
{
	size_t n = stand_close(&b->s, NULL, NULL);

	fake_mgmtd_end(&b->mgmtd);
	free(b);
	return n;
}

/* A real connection over loopback: the proxy's end has an address of its own. */
static void tcp_pair(int fd[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[1], (const struct sockaddr *)&at, sizeof(at)), 0);
	fd[0] = accept(listener, NULL, NULL);
	assert_true(fd[0] != -1);
	(void)close(listener);
}

/* Returns the client's end. */
static int connect_from(struct box *b, const char *from)
{
	int fd[2];

	tcp_pair(fd);
	return stand_arrive(&b->s, fd, from);
}

static unsigned read_answer(struct box *b, int fd)
{
	unsigned status = 0;

	stand_read(fd, b->answer, ANSWER_MAX);
	if (strncmp(b->answer, "HTTP/1.1 ", 9) == 0)
		status = (unsigned)strtoul(b->answer + 9, NULL, 10);
	return status;
}

/* Returns the answer's status. */
static unsigned ask(struct box *b, const char *from, const char *request)
{
	int fd = connect_from(b, from);

	(void)send(fd, request, strlen(request), MSG_NOSIGNAL);
	return read_answer(b, fd);
}

static bool says(const struct box *b, const char *text)
{
	return strstr(b->answer, text) != NULL;
}

/* Have a site refused to this client. */
static void be_refused(struct box *b, const char *from, const char *host)
{
	char request[256];

	(void)snprintf(request, sizeof(request),
		       "CONNECT %s:443 HTTP/1.1\r\nHost: %s\r\n\r\n", host, host);
	assert_int_equal(ask(b, from, request), 403);
}

static unsigned look(struct box *b, const char *from)
{
	return ask(b, from, "GET http://sekisho.internal/ HTTP/1.1\r\n" OURS "\r\n");
}

static const struct {
	const char *from, *request;
	unsigned status;
} pacs[] = {
	{ ONE, "GET /proxy.pac HTTP/1.1\r\nHost: 10.40.0.1:3128\r\n\r\n", 200 },
	{ ONE, "GET /wpad.dat HTTP/1.1\r\nHost: wpad\r\n\r\n", 200 },
	{ ONE, "GET /wpad.dat HTTP/1.0\r\n\r\n", 200 },
	{ ONE, "GET http://sekisho.internal/proxy.pac HTTP/1.1\r\n" OURS "\r\n", 200 },
	{ ONE, "GET http://SEKISHO.internal.:80/wpad.dat?v=1 HTTP/1.1\r\n" OURS "\r\n",
	  200 },
	{ ONE, "GET /proxy.pac?v=1 HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ ONE, "GET /proxy.pac/ HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ ONE, "GET /PROXY.PAC HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ ONE, "GET //proxy.pac HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ ONE, "GET / HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ ONE, "GET /proxy.pac HTTP/1.1\r\n\r\n", 400 }, /* no Host */
	{ ONE, "POST /proxy.pac HTTP/1.1\r\n" OURS "Content-Length: 0\r\n\r\n", 405 },
	{ ONE, "CONNECT /proxy.pac HTTP/1.1\r\n" OURS "\r\n", 400 },
	{ "10.50.0.2", "GET /proxy.pac HTTP/1.1\r\n" OURS "\r\n", 403 },
	{ "10.60.0.2", "GET /proxy.pac HTTP/1.1\r\n" OURS "\r\n", 403 }, /* no permit */
	{ "10.70.0.2", "GET /proxy.pac HTTP/1.1\r\n" OURS "\r\n", 403 },
	{ "10.70.0.2", "GET http://sekisho.internal/ HTTP/1.1\r\n" OURS "\r\n", 403 },
};

static void test_pac(void **state)
{
	struct box *b = box_new();
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pacs); i++) {
		if (ask(b, pacs[i].from, pacs[i].request) != pacs[i].status)
			fail_msg("row %zu: %s", i, b->answer);
		assert_true(says(b, "PROXY 127.0.0.1:3128") == (pacs[i].status == 200));
		refused += pacs[i].status != 200 ? 1 : 0;
	}
	assert_int_equal(ask(b, ONE, "HEAD /proxy.pac HTTP/1.1\r\n" OURS "\r\n"), 200);
	assert_false(says(b, "FindProxyForURL"));
	assert_int_equal(box_free(b), refused); /* what was served is not on record */
}

/* Without a policy there is nothing to serve. */
static void test_no_policy(void **state)
{
	struct box *b = box_new();
	struct engine *with = b->s.e;

	(void)state;
	assert_int_equal(engine_new(b->s.spool, 1, &b->s.e), 0);
	assert_int_equal(ask(b, ONE, "GET /proxy.pac HTTP/1.1\r\n" OURS "\r\n"), 503);
	assert_int_equal(look(b, ONE), 503);
	engine_free(b->s.e);
	b->s.e = with;
	(void)box_free(b);
}

/* Each sees its own denials, in its own language, and nothing of any other. */
static void test_own_denials_only(void **state)
{
	struct box *b = box_new();

	(void)state;
	be_refused(b, ONE, "one.example");
	be_refused(b, TWO, "two.example");
	be_refused(b, ONE, LOCALPAGE_HOST); /* by HTTPS: it is no site */
	assert_int_equal(ask(b, TWO,
			     "GET http://plain.example/secret HTTP/1.1\r\n"
			     "Host: plain.example\r\n\r\n"),
			 403);
	assert_int_equal(look(b, ONE), 200);
	assert_true(says(b, "one.example:443"));
	assert_false(says(b, "two.example"));
	assert_false(says(b, "plain.example"));
	assert_false(says(b, "sekisho.internal:443"));
	assert_true(says(b, "Cache-Control: no-store"));
	assert_int_equal(look(b, TWO), 200);
	assert_true(says(b, "two.example:443"));
	assert_true(says(b, "plain.example:80"));
	assert_false(says(b, "one.example"));
	assert_false(says(b, "secret"));
	assert_int_equal(look(b, "::ffff:10.40.0.3"), 200); /* the same address */
	assert_true(says(b, "two.example:443"));
	assert_int_equal(look(b, "10.40.0.4"), 200);
	assert_true(says(b, "Nothing was refused lately."));
	assert_int_equal(ask(b, "10.40.0.4",
			     "GET http://sekisho.internal/ HTTP/1.1\r\n" OURS
			     "Accept-Language: ja,en;q=0.5\r\n\r\n"),
			 200);
	assert_true(says(b, "<html lang=\"ja\">"));
	assert_int_equal(
		ask(b, ONE, "GET http://sekisho.internal/x HTTP/1.1\r\n" OURS "\r\n"),
		404);
	assert_int_equal(
		ask(b, ONE, "PUT http://sekisho.internal/ HTTP/1.1\r\n" OURS "\r\n"),
		405);
	(void)box_free(b);
}

/* Every refusal is counted, and what was served is none. */
static void test_counted(void **state)
{
	struct box *b = box_new();
	struct proxy_metrics m;

	(void)state;
	be_refused(b, ONE, "one.example");
	be_refused(b, ONE, "one.example");
	assert_int_equal(look(b, ONE), 200);
	assert_int_equal(look(b, "10.60.0.2"), 403);
	assert_int_equal(ask(b, ONE, "GET / HTTP/1.1\r\n" OURS "\r\n"), 400);
	engine_measure(b->s.e, &m);
	assert_int_equal(m.workers, 1);
	assert_int_equal(m.accepted, 5);
	assert_int_equal(m.requests_denied, 3);
	assert_int_equal(m.requests_malformed, 1);
	assert_int_equal(m.requests_allowed, 0);
	assert_int_equal(m.refused[REASON_NOT_LISTED], 2);
	assert_int_equal(m.refused[REASON_NO_PERMIT], 1);
	assert_int_equal(m.records_written, 4);
	assert_int_equal(m.spool_errors, 0);
	(void)box_free(b);
}

/* The token in the page that was answered last. */
static void token_of(const struct box *b, char dst[DESK_TOKEN_SIZE])
{
	static const char mark[] = "name=\"token\" value=\"";
	const char *at = strstr(b->answer, mark);

	assert_non_null(at);
	at += strlen(mark);
	assert_int_equal(strcspn(at, "\""), DESK_TOKEN_SIZE - 1);
	memcpy(dst, at, DESK_TOKEN_SIZE - 1);
	dst[DESK_TOKEN_SIZE - 1] = '\0';
}

static void write_form(char *dst, size_t size, const char *token, const char *host,
		       const char *fields)
{
	char body[512];
	int n = snprintf(body, sizeof(body), "token=%s&host=%s&port=443&purpose=tax+%%31",
			 token, host);

	(void)snprintf(dst, size,
		       "POST http://sekisho.internal/request HTTP/1.1\r\n" OURS
		       "%sContent-Length: %d\r\n\r\n%s",
		       fields, n, body);
}

static unsigned file(struct box *b, const char *from, const char *token, const char *host)
{
	char request[1024];

	write_form(request, sizeof(request), token, host, "");
	return ask(b, from, request);
}

static void test_form(void **state)
{
	struct box *b = box_new();
	char token[DESK_TOKEN_SIZE], wanted[32];
	const struct proto_site_request *m = &b->mgmtd.last;

	(void)state;
	be_refused(b, ONE, "one.example");
	be_refused(b, TWO, "two.example");
	assert_int_equal(look(b, ONE), 200);
	token_of(b, token);
	assert_int_equal(file(b, ONE, token, "One.Example."), 200);
	assert_true(says(b, "The request was filed."));
	assert_int_equal(atomic_load(&b->mgmtd.asked), 1);
	assert_string_equal(m->host, "one.example");
	assert_int_equal(m->port, 443);
	assert_string_equal(m->purpose, "tax 1");
	assert_string_equal(m->zone, "lab");
	assert_string_equal(m->device, "");
	assert_int_equal(m->addr_family, 4);
	assert_memory_equal(m->addr, ((const uint8_t[]){ 10, 40, 0, 2 }), 4);
	(void)snprintf(wanted, sizeof(wanted), "<code>%016llx",
		       (unsigned long long)m->reference);
	assert_true(says(b, wanted));
	atomic_store(&b->mgmtd.code, -EEXIST);
	assert_int_equal(file(b, ONE, token, "one.example"), 200);
	assert_true(says(b, "asked for already"));
	atomic_store(&b->mgmtd.code, -EDQUOT);
	assert_int_equal(file(b, ONE, token, "one.example"), 503);
	assert_true(says(b, "could not be filed"));
	(void)box_free(b);
}

/* What is not this device's own form is not carried anywhere. */
static void test_forged_forms(void **state)
{
	struct box *b = box_new();
	char one[DESK_TOKEN_SIZE], two[DESK_TOKEN_SIZE], request[1024];

	(void)state;
	be_refused(b, ONE, "one.example");
	be_refused(b, TWO, "two.example");
	assert_int_equal(look(b, ONE), 200);
	token_of(b, one);
	assert_int_equal(look(b, TWO), 200);
	token_of(b, two);
	assert_int_equal(file(b, ONE, two, "one.example"), 403); /* another's token */
	assert_int_equal(file(b, ONE, one, "two.example"), 403); /* another's denial */
	assert_false(says(b, "two.example"));
	assert_int_equal(file(b, ONE, one, "never-asked.example"), 403);
	assert_int_equal(file(b, ONE, "", "one.example"), 403);
	assert_int_equal(file(b, "10.60.0.2", one, "one.example"), 403); /* no permit */
	write_form(request, sizeof(request), one, "one.example",
		   "Expect: 100-continue\r\n");
	assert_int_equal(ask(b, ONE, request), 417);
	assert_int_equal(ask(b, ONE,
			     "POST http://sekisho.internal/request HTTP/1.1\r\n" OURS
			     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
			 411);
	assert_int_equal(ask(b, ONE,
			     "POST http://sekisho.internal/request HTTP/1.1\r\n" OURS
			     "Content-Length: 4097\r\n\r\nx"),
			 413);
	assert_int_equal(ask(b, ONE,
			     "POST http://sekisho.internal/request HTTP/1.1\r\n" OURS
			     "\r\n"),
			 403);
	assert_int_equal(ask(b, ONE,
			     "POST http://sekisho.internal/ HTTP/1.1\r\n" OURS
			     "Content-Length: 0\r\n\r\n"),
			 405);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 0);
	(void)box_free(b);
}

/* A form that comes byte by byte, with the next request right behind it. */
static void test_form_in_pieces(void **state)
{
	struct box *b = box_new();
	char token[DESK_TOKEN_SIZE], request[1024];
	size_t len;
	int fd;

	(void)state;
	be_refused(b, ONE, "one.example");
	assert_int_equal(look(b, ONE), 200);
	token_of(b, token);
	write_form(request, sizeof(request), token, "one.example", "");
	len = strlen(request) - 1; /* the last byte comes with what follows */
	(void)snprintf(request + len + 1, sizeof(request) - len - 1,
		       "GET http://sekisho.internal/ HTTP/1.1\r\n" OURS "\r\n");
	fd = connect_from(b, ONE);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		if (i % 16 == 0)
			(void)usleep(300);
	}
	assert_true(send(fd, request + len, strlen(request + len), MSG_NOSIGNAL) > 0);
	assert_int_equal(read_answer(b, fd), 200);
	assert_true(says(b, "The request was filed."));
	assert_int_equal(atomic_load(&b->mgmtd.asked), 1);
	(void)box_free(b);
}

/* mgmtd keeps silent: others are served, who waits may go, and so may the proxy. */
static void test_silent_mgmtd(void **state)
{
	struct box *b = box_new();
	char token[DESK_TOKEN_SIZE], request[1024];
	int gone, waiting;

	(void)state;
	atomic_store(&b->mgmtd.code, FAKE_SILENT);
	be_refused(b, ONE, "one.example");
	assert_int_equal(look(b, ONE), 200);
	token_of(b, token);
	write_form(request, sizeof(request), token, "one.example", "");
	gone = connect_from(b, ONE);
	assert_true(send(gone, request, strlen(request), MSG_NOSIGNAL) > 0);
	waiting = connect_from(b, ONE);
	assert_true(send(waiting, request, strlen(request), MSG_NOSIGNAL) > 0);
	for (int i = 0; i < 5000 && atomic_load(&b->mgmtd.asked) == 0; i++)
		(void)usleep(1000);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 1);
	(void)close(gone);
	assert_int_equal(look(b, ONE), 200);
	(void)box_free(b);
	(void)close(waiting);
}

/* Whatever fails, the client is answered or cut, and nothing is left. */
static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct box *b = box_new();
		char token[DESK_TOKEN_SIZE], request[1024];

		be_refused(b, ONE, "one.example");
		assert_int_equal(look(b, ONE), 200);
		token_of(b, token);
		write_form(request, sizeof(request), token, "one.example", "");
		alloc_fail_at(n);
		(void)ask(b, ONE, request);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		if (!fired)
			assert_true(says(b, "The request was filed."));
		(void)box_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pac),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_own_denials_only),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_forged_forms),
		cmocka_unit_test(test_form_in_pieces),
		cmocka_unit_test(test_silent_mgmtd),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
