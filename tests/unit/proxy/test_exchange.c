/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/exchange.h"
#include "proxy/rewrite.h"
#include "tests/support/alloc_fail.h"

#define OK   "HTTP/1.1 200 OK\r\n"
#define VIA  "Via: 1.1 sekisho\r\n\r\n"
#define TAIL "Via: 1.1 sekisho\r\nConnection: close\r\n\r\n"

static const struct {
	const char *request, *want;
} requests[] = {
	{ "GET http://a.example/x?y HTTP/1.1\r\nHost: A.example\r\nAccept: */*\r\n\r\n",
	  "GET /x?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n" VIA },
	{ "GET http://a.example HTTP/1.0\r\n\r\n",
	  "GET / HTTP/1.0\r\nHost: a.example\r\n" TAIL },
	{ "GET http://a.example:81?q HTTP/1.0\r\n\r\n",
	  "GET /?q HTTP/1.0\r\nHost: a.example:81\r\n" TAIL },
	{ "OPTIONS http://a.example HTTP/1.0\r\n\r\n",
	  "OPTIONS * HTTP/1.0\r\nHost: a.example\r\n" TAIL },
	{ "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: x-a, "
	  "close\r\n"
	  "X-A: 1\r\nX-B: 2\r\nProxy-Authorization: s\r\nProxy-Connection: keep-alive\r\n"
	  "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.example\r\nX-B: 2\r\n" VIA },
	/* framing cannot be talked away */
	{ "POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n"
	  "Connection: content-length, host\r\n\r\n",
	  "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n" VIA },
	{ "GET http://a.example/ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\n"
	  "Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
	  "GET /ws HTTP/1.1\r\nHost: a.example\r\nSec-WebSocket-Key: k\r\n"
	  "Connection: Upgrade\r\nUpgrade: websocket\r\n" VIA },
	{ "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\n"
	  "Upgrade: h2c, websocket\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.example\r\n" VIA },
	{ "OPTIONS http://a.example/ HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: "
	  "3\r\n\r\n",
	  "OPTIONS / HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 2\r\n" VIA },
	{ "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 3\r\n\r\n",
	  "GET / HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: 3\r\n" VIA },
};

static void parse(const char *text, struct http1_head *h)
{
	assert_int_equal(http1_parse_request(text, strlen(text), h), 0);
}

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct http1_head h;
		struct target t;
		char out[1024];
		size_t len = 0, want = strlen(requests[i].want);

		parse(requests[i].request, &h);
		assert_int_equal(target_parse_absolute(h.target, &t), 0);
		assert_int_equal(rewrite_request(&h, &t, out, sizeof(out), &len), 0);
		out[len] = '\0';
		assert_string_equal(out, requests[i].want);
		assert_true(len <= strlen(requests[i].request) + REWRITE_GROWTH_MAX);
		for (size_t max = 0; max < want; max++)
			assert_int_equal(rewrite_request(&h, &t, out, max, &len),
					 -EMSGSIZE);
	}
}

struct fed {
	char out[2 * (HTTP1_RESPONSE_HEAD_MAX + 400)];
	bool done, upgraded, keep_client, keep_origin;
};

/* Feed text in steps and then the close, until the end; gather what comes out. */
static int feed(const char *request, const char *text, size_t step, struct fed *ret_fed)
{
	static char out[EXCHANGE_OUT_MAX(5000)];
	struct http1_head h;
	struct exchange x;
	size_t left = strlen(text), got = 0, n = 1;
	ssize_t r = 0;

	parse(request, &h);
	exchange_begin(&x, &h);
	for (; r >= 0 && !exchange_done(&x) && n != 0; text += n, left -= n) {
		n = left < step ? left : step;
		r = exchange_down(&x, text, n, out);
		if (r > 0)
			memcpy(ret_fed->out + got, out, (size_t)r);
		got += r > 0 ? (size_t)r : 0;
	}
	ret_fed->out[got] = '\0';
	ret_fed->done = exchange_done(&x);
	ret_fed->upgraded = x.upgraded;
	ret_fed->keep_client = x.keep_client;
	ret_fed->keep_origin = x.keep_origin;
	exchange_clear(&x);
	return r < 0 ? (int)r : 0;
}

#define GET  "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET0 "GET http://a/ HTTP/1.0\r\n\r\n"
#define HEAD "HEAD http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST "POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
#define WS \
	"GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: " \
	"websocket\r\n\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"

static const struct {
	const char *request, *response, *want;
	bool client, origin; /* may be used again */
} accepted[] = {
	{ GET, OK "Content-Length: 3\r\nKeep-Alive: 5\r\n\r\nabc",
	  OK "Content-Length: 3\r\n" VIA "abc", true, true },
	{ GET, OK "Content-Length: 3\r\nConnection: close\r\n\r\nabc",
	  OK "Content-Length: 3\r\n" VIA "abc", true, false },
	{ GET, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
	  OK "Content-Length: 3\r\n" VIA "abc", true, false },
	{ GET0, OK "Content-Length: 3\r\n\r\nabc", OK "Content-Length: 3\r\n" TAIL "abc",
	  false, true },
	{ GET0, "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
	  OK "Content-Length: 0\r\n" TAIL, false, true },
	{ GET, OK "\r\nuntil the end", OK TAIL "until the end", false, false },
	{ GET, "HTTP/1.0 200\r\n\r\nx", "HTTP/1.1 200 \r\n" TAIL "x", false, false },
	{ GET, OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	  OK "Transfer-Encoding: chunked\r\n" VIA "3\r\nabc\r\n0\r\n\r\n", true, true },
	{ HEAD, OK "Content-Length: 3\r\n\r\n", OK "Content-Length: 3\r\n" VIA, true,
	  true },
	{ GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n",
	  "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n" VIA, true, true },
	{ GET, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
	  "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n" VIA, true, true },
	{ GET, "HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 204 No\r\n" VIA, true, true },
	/* what has no body does not speak of one */
	{ GET, "HTTP/1.1 204 No\r\nContent-Length: 3\r\nA: b\r\n\r\n",
	  "HTTP/1.1 204 No\r\nA: b\r\n" VIA, true, true },
	{ GET, "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
	  "HTTP/1.1 204 No\r\n" VIA, true, true },
	{ GET,
	  "HTTP/1.1 103 Hints\r\nContent-Length: 3\r\n\r\n" OK
	  "Content-Length: 0\r\n\r\n",
	  "HTTP/1.1 103 Hints\r\n" VIA OK "Content-Length: 0\r\n" VIA, true, true },
	/* chunks are undone for who cannot read them */
	{ GET0,
	  OK "Transfer-Encoding: chunked\r\nA: b\r\n\r\n3\r\nabc\r\nA;x=y\r\n"
	     "0123456789\r\n0\r\nB: c\r\n\r\n",
	  OK "A: b\r\n" TAIL "abc0123456789", false, true },
	{ GET0, OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", OK TAIL, false, true },
	/* an answer before the request was whole */
	{ POST, "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
	  "HTTP/1.1 100 Continue\r\n" VIA OK "Content-Length: 0\r\n" TAIL, false, false },
};

static const struct {
	const char *request, *response;
	int error;
} refused[] = {
	{ GET, "", -EPROTO },
	{ GET, OK, -EPROTO },
	{ GET, OK "Content-Length: 3\r\n\r\nab", -ECONNRESET },
	{ GET, OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", -ECONNRESET },
	{ GET, OK "Transfer-Encoding: chunked\r\n\r\nxyz", -EBADMSG },
	{ GET0, OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", -EBADMSG },
	{ GET0, OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", -ECONNRESET },
	{ GET, OK "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", -EBADMSG },
	{ GET, SWITCH "\r\n", -EBADMSG },
	{ GET, SWITCH "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", -EBADMSG },
	{ WS, SWITCH "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", -EBADMSG },
	{ WS, SWITCH "Upgrade: websocket\r\n\r\n", -EBADMSG },
	{ GET, "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", -EBADMSG },
	{ GET, OK "A: b\nC: d\r\n\r\n", -EBADMSG },
};

static const size_t steps[] = { 1, 2, 7, 1000 };

static void test_accepted(void **state)
{
	static struct fed f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted) * ARRAY_LEN(steps); i++) {
		size_t row = i / ARRAY_LEN(steps), step = steps[i % ARRAY_LEN(steps)];

		assert_int_equal(
			feed(accepted[row].request, accepted[row].response, step, &f), 0);
		assert_string_equal(f.out, accepted[row].want);
		assert_true(f.done);
		if (f.keep_client != accepted[row].client ||
		    f.keep_origin != accepted[row].origin)
			fail_msg("row %zu", row);
	}
}

/* What an origin says behind its answer goes nowhere, and it is not asked again. */
static void test_surplus(void **state)
{
	static struct fed f;

	(void)state;
	assert_int_equal(feed(GET, OK "Content-Length: 3\r\n\r\nabc" OK, 1000, &f), 0);
	assert_string_equal(f.out, OK "Content-Length: 3\r\n" VIA "abc");
	assert_true(f.keep_client);
	assert_false(f.keep_origin);
}

static void test_upgrade(void **state)
{
	static const char answer[] =
		SWITCH "Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n\x81\x01x";
	static struct fed f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		assert_int_equal(feed(WS, answer, steps[i], &f), 0);
		assert_true(f.upgraded);
		assert_string_equal(f.out, SWITCH
				    "Connection: Upgrade\r\nUpgrade: websocket\r\n" VIA
				    "\x81\x01x");
	}
}

static void test_refused(void **state)
{
	static struct fed f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused) * ARRAY_LEN(steps); i++) {
		size_t row = i / ARRAY_LEN(steps), step = steps[i % ARRAY_LEN(steps)];
		int r = feed(refused[row].request, refused[row].response, step, &f);

		if (r != refused[row].error)
			fail_msg("row %zu, step %zu: %d", row, step, r);
	}
}

static void test_interim_flood(void **state)
{
	static char text[64 * 40 + 1];
	static struct fed f;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		memcpy(text + strlen(text), "HTTP/1.1 102 P\r\n\r\n", 18);
	assert_int_equal(feed(GET, text, 1000, &f), -EBADMSG);
}

static void test_head_ceiling(void **state)
{
	static char text[HTTP1_RESPONSE_HEAD_MAX + 200];
	static struct fed f;
	size_t len = strlen(OK "A: ");

	(void)state;
	memcpy(text, OK "A: ", len);
	memset(text + len, 'a', HTTP1_RESPONSE_HEAD_MAX - len - 4);
	memcpy(text + HTTP1_RESPONSE_HEAD_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(feed(GET, text, 5000, &f), 0);
	memcpy(text + HTTP1_RESPONSE_HEAD_MAX - 4, "a\r\n\r\n", 5);
	assert_int_equal(feed(GET, text, 5000, &f), -EMSGSIZE);
}

/* What stands behind the request's body is not of this request. */
static void test_up(void **state)
{
	struct http1_head h;
	struct exchange x;

	(void)state;
	parse("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", &h);
	exchange_begin(&x, &h);
	assert_int_equal(exchange_up(&x, "abc", 3), 3);
	assert_false(x.up.done);
	assert_int_equal(exchange_up(&x, "deGET", 5), 2);
	assert_true(x.up.done);
	exchange_clear(&x);
}

static void test_max_forwards(void **state)
{
	struct http1_head h;
	struct target t = { .host = "a", .port = 80 };
	unsigned v = 7;
	char out[1024];
	size_t len;

	(void)state;
	parse("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", &h);
	assert_int_equal(rewrite_max_forwards(&h, &v), 1);
	assert_int_equal(v, 0);
	assert_int_equal(rewrite_request(&h, &t, out, sizeof(out), &len), -EBADMSG);
	parse("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\nMax-Forwards: -1\r\n\r\n", &h);
	assert_int_equal(rewrite_max_forwards(&h, &v), -EBADMSG);
	parse("GET http://a/ HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n", &h);
	assert_int_equal(rewrite_max_forwards(&h, &v), 0);
}

static void test_allocation(void **state)
{
	bool fired = true;
	static struct fed f;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		int r;

		alloc_fail_at(n);
		r = feed(POST, accepted[11].response, 7, &f);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_surplus),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_max_forwards),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_interim_flood),
		cmocka_unit_test(test_head_ceiling),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
