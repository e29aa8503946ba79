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
#define TAIL "Via: 1.1 sekisho\r\nConnection: close\r\n\r\n"

static const struct {
	const char *request, *want;
} requests[] = {
	{ "GET http://a.example/x?y HTTP/1.1\r\nHost: A.example\r\nAccept: */*\r\n\r\n",
	  "GET /x?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n" TAIL },
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
	  "GET / HTTP/1.1\r\nHost: a.example\r\nX-B: 2\r\n" TAIL },
	/* framing cannot be talked away */
	{ "POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n"
	  "Connection: content-length, host\r\n\r\n",
	  "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n" TAIL },
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

/* Feed text in steps and then the close, until the end; gather what comes out. */
static int feed(const char *method, const char *text, size_t step, char *dst,
		bool *ret_end)
{
	struct http1_head h = { .method = { method, strlen(method) } };
	size_t left = strlen(text), got = 0, n = 1;
	struct exchange *x;
	int r = exchange_new(&h, &x);

	if (r < 0)
		return r;
	for (*ret_end = false; r == 0 && !*ret_end && n != 0; text += n, left -= n) {
		struct tunnel_out out = { 0 };

		n = left < step ? left : step;
		r = exchange_down(x, text, n, &out);
		if (out.len != 0)
			memcpy(dst + got, out.p, out.len);
		got += out.len;
		*ret_end = out.end;
	}
	dst[got] = '\0';
	exchange_free(x);
	return r;
}

static const struct {
	const char *method, *response, *want;
} accepted[] = {
	{ "GET", OK "Content-Length: 3\r\nKeep-Alive: 5\r\n\r\nabc",
	  OK "Content-Length: 3\r\n" TAIL "abc" },
	{ "GET", OK "Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n",
	  OK "Content-Length: 3\r\n" TAIL "abc" },
	{ "GET", OK "\r\nuntil the end", OK TAIL "until the end" },
	{ "GET", "HTTP/1.0 200\r\n\r\nx", "HTTP/1.1 200 \r\n" TAIL "x" },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nmore",
	  OK "Transfer-Encoding: chunked\r\n" TAIL "3\r\nabc\r\n0\r\n\r\n" },
	{ "HEAD", OK "Content-Length: 3\r\n\r\n", OK "Content-Length: 3\r\n" TAIL },
	{ "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n",
	  "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n" TAIL },
	{ "GET", "HTTP/1.1 204 No\r\n\r\nx", "HTTP/1.1 204 No\r\n" TAIL },
	{ "POST", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
	  "HTTP/1.1 100 Continue\r\nVia: 1.1 sekisho\r\n\r\n" OK
	  "Content-Length: 0\r\n" TAIL },
};

static const struct {
	const char *method, *response;
	int error;
} refused[] = {
	{ "GET", "", -EPROTO },
	{ "GET", OK, -EPROTO },
	{ "GET", OK "Content-Length: 3\r\n\r\nab", -ECONNRESET },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", -ECONNRESET },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\nxyz", -EBADMSG },
	{ "GET", OK "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", -EBADMSG },
	{ "GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", -EBADMSG },
	{ "GET", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", -EBADMSG },
	{ "GET", OK "A: b\nC: d\r\n\r\n", -EBADMSG },
};

static const size_t steps[] = { 1, 2, 7, 1000 };

static void test_accepted(void **state)
{
	char out[2048];
	bool end;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted) * ARRAY_LEN(steps); i++) {
		size_t row = i / ARRAY_LEN(steps), step = steps[i % ARRAY_LEN(steps)];

		assert_int_equal(feed(accepted[row].method, accepted[row].response, step,
				      out, &end),
				 0);
		assert_string_equal(out, accepted[row].want);
		assert_true(end);
	}
}

static void test_refused(void **state)
{
	char out[2048];
	bool end;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused) * ARRAY_LEN(steps); i++) {
		size_t row = i / ARRAY_LEN(steps), step = steps[i % ARRAY_LEN(steps)];
		int r = feed(refused[row].method, refused[row].response, step, out, &end);

		if (r != refused[row].error)
			fail_msg("row %zu, step %zu: %d", row, step, r);
	}
}

static void test_interim_flood(void **state)
{
	static char text[64 * 40 + 1], out[2 * sizeof(text)];
	bool end;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		memcpy(text + strlen(text), "HTTP/1.1 102 P\r\n\r\n", 18);
	assert_int_equal(feed("GET", text, 1000, out, &end), -EBADMSG);
}

static void test_head_ceiling(void **state)
{
	static char text[HTTP1_RESPONSE_HEAD_MAX + 200], out[2 * sizeof(text)];
	size_t len = strlen(OK "A: ");
	bool end;

	(void)state;
	memcpy(text, OK "A: ", len);
	memset(text + len, 'a', HTTP1_RESPONSE_HEAD_MAX - len - 4);
	memcpy(text + HTTP1_RESPONSE_HEAD_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(feed("GET", text, 5000, out, &end), 0);
	memcpy(text + HTTP1_RESPONSE_HEAD_MAX - 4, "a\r\n\r\n", 5);
	assert_int_equal(feed("GET", text, 5000, out, &end), -EMSGSIZE);
}

static void test_up(void **state)
{
	struct http1_head h;
	struct exchange *x;
	struct tunnel_out out;

	(void)state;
	parse("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", &h);
	assert_int_equal(exchange_new(&h, &x), 0);
	assert_int_equal(exchange_up(x, "abc", 3, &out), 0);
	assert_int_equal(out.len, 3);
	assert_false(out.end);
	assert_int_equal(exchange_up(x, "", 0, &out), -ECONNRESET);
	assert_int_equal(exchange_up(x, "deGET", 5, &out), 0);
	assert_int_equal(out.len, 2);
	assert_true(out.end);
	exchange_free(x);
}

static void test_allocation(void **state)
{
	bool fired = true, end;
	char out[2048];

	(void)state;
	for (unsigned n = 1; fired; n++) {
		int r;

		alloc_fail_at(n);
		r = feed("POST", accepted[8].response, 7, out, &end);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),     cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),      cmocka_unit_test(test_interim_flood),
		cmocka_unit_test(test_head_ceiling), cmocka_unit_test(test_up),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
