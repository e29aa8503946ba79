/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/http1.h"

#define GET     "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"
#define POST    "POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"
#define REPLY   "HTTP/1.1 200 OK\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"

/* End and parse as the connection does. */
static int read_head(const char *text, size_t len, struct http1_head *head,
		     int (*parse)(const char *, size_t, struct http1_head *))
{
	char *copy = malloc(len + 1); /* exact, so that the sanitizer sees overreads */
	size_t scan = 0;
	ssize_t end;
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	end = http1_head_end(copy, len, &scan);
	r = end < 0 ? (int)end : end == 0 ? -EAGAIN : parse(copy, (size_t)end, head);
	free(copy);
	return r;
}

static const struct {
	const char *text;
	int want;
} requests[] = {
	{ GET "\r\n", 0 },
	{ GET "\r\nbody", 0 },
	{ GET "A:b\r\nC:\t d e \t\r\nEmpty:\r\n\r\n", 0 },
	{ "GET http://a.example/ HTTP/1.0\r\n\r\n", 0 },
	{ "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", 0 },
	{ POST "Content-Length: 10\r\n\r\n", 0 },
	{ POST "content-length:0\r\n\r\n", 0 },
	{ POST "Content-Length: 999999999999999999\r\n\r\n", 0 },
	{ POST CHUNKED "\r\n", 0 },
	{ POST "Transfer-Encoding:Chunked\r\n\r\n", 0 },
	/* lines */
	{ "GET http://a.example/ HTTP/1.1\nHost: a.example\n\n", -EBADMSG },
	{ "GET http://a.example/ HTTP/1.1\rHost: a.example\r\n\r\n", -EBADMSG },
	{ GET "A: b\rc\r\n\r\n", -EBADMSG },
	{ GET "A: b\r\r\n\r\n", -EBADMSG },
	{ GET "A: b\n\r\n", -EBADMSG },
	{ GET " folded\r\n\r\n", -EBADMSG },
	{ GET "A: b\r\n\tfolded\r\n\r\n", -EBADMSG },
	{ GET "A : b\r\n\r\n", -EBADMSG },
	{ GET ": b\r\n\r\n", -EBADMSG },
	{ GET "no colon\r\n\r\n", -EBADMSG },
	{ GET "A\x01: b\r\n\r\n", -EBADMSG },
	{ GET "A: b\x01\r\n\r\n", -EBADMSG },
	{ GET "A: b\x7f\r\n\r\n", -EBADMSG },
	{ GET "A\xc3\xa9: b\r\n\r\n", -EBADMSG },
	{ GET "A: \xc3\xa9\r\n\r\n", 0 },
	/* request line */
	{ "GET http://a.example/\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET  http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/  HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/ x HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ " GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET\thttp://a.example/\tHTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "G(T http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "ABCDEFGHIJKLMNOP http://a.example/ HTTP/1.1\r\nHost: a\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/\xc3\xa9 HTTP/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/ HTTP/1.2\r\nHost: a.example\r\n\r\n", -EPROTONOSUPPORT },
	{ "PRI * HTTP/2.0\r\n\r\n", -EPROTONOSUPPORT },
	{ "GET http://a.example/ HTTP/11\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/ http/1.1\r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "GET http://a.example/ HTTP/1.1 \r\nHost: a.example\r\n\r\n", -EBADMSG },
	{ "\r\n\r\n", -EBADMSG },
	/* host */
	{ "GET http://a.example/ HTTP/1.1\r\n\r\n", -EBADMSG },
	{ GET "Host: a.example\r\n\r\n", -EBADMSG },
	{ GET "host: b.example\r\n\r\n", -EBADMSG },
	/* framing */
	{ POST "Content-Length: 5\r\n" CHUNKED "\r\n", -EBADMSG },
	{ POST CHUNKED "Content-Length: 5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: 5, 5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: +5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: -5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: 0x5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: 5 5\r\n\r\n", -EBADMSG },
	{ POST "Content-Length:\r\n\r\n", -EBADMSG },
	{ POST "Content-Length: 1000000000000000000\r\n\r\n", -EBADMSG },
	{ POST CHUNKED CHUNKED "\r\n", -EBADMSG },
	{ POST "Transfer-Encoding: gzip\r\n\r\n", -EOPNOTSUPP },
	{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n", -EOPNOTSUPP },
	{ POST "Transfer-Encoding: chunked, identity\r\n\r\n", -EOPNOTSUPP },
	{ POST "Transfer-Encoding: \x0b"
	       "chunked\r\n\r\n",
	  -EBADMSG },
	{ POST "Transfer-Encoding : chunked\r\n\r\n", -EBADMSG },
	{ "POST http://a.example/ HTTP/1.0\r\n" CHUNKED "\r\n", -EBADMSG },
};

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct http1_head h;
		int r = read_head(requests[i].text, strlen(requests[i].text), &h,
				  http1_parse_request);

		if (r != requests[i].want)
			fail_msg("row %zu: %d: %s", i, r, requests[i].text);
	}
}

static void test_responses(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ REPLY "\r\n", 0 },
		{ "HTTP/1.0 404 Not Found\r\n\r\n", 0 },
		{ "HTTP/1.1 200\r\n\r\n", 0 },
		{ "HTTP/1.1 200 \r\n\r\n", 0 },
		{ REPLY "Content-Length: 3\r\n\r\n", 0 },
		{ REPLY CHUNKED "\r\n", 0 },
		{ REPLY CHUNKED "Content-Length: 3\r\n\r\n", -EBADMSG },
		{ REPLY "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", -EBADMSG },
		{ REPLY " folded\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1 20 OK\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1 2000 OK\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1 099 OK\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1 600 OK\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1  200 OK\r\n\r\n", -EBADMSG },
		{ "HTTP/2.0 200 OK\r\n\r\n", -EPROTONOSUPPORT },
		{ "ICY 200 OK......\r\n\r\n", -EBADMSG },
		{ "HTTP/1.1 200 O\x01K\r\n\r\n", -EBADMSG },
		{ "\r\n\r\n", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http1_head h;
		int r = read_head(rows[i].text, strlen(rows[i].text), &h,
				  http1_parse_response);

		if (r != rows[i].want)
			fail_msg("row %zu: %d: %s", i, r, rows[i].text);
	}
}

/* No part of a good head is a head, and a NUL anywhere spoils it. */
static void test_truncation(void **state)
{
	static const char text[] = POST "A: b\r\nContent-Length: 10\r\n\r\n";
	size_t len = sizeof(text) - 1;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct http1_head h;
		char spoilt[sizeof(text)];

		assert_int_equal(read_head(text, n, &h, http1_parse_request), -EAGAIN);
		memcpy(spoilt, text, sizeof(text));
		spoilt[n] = '\0';
		assert_int_equal(read_head(spoilt, len, &h, http1_parse_request),
				 -EBADMSG);
	}
}

/* However the bytes are cut, the answer is the one for all of them at once. */
static void test_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		const char *text = requests[i].text;
		size_t scan = 0, all = 0, len = strlen(text);
		ssize_t whole = http1_head_end(text, len, &all), end = 0;

		for (size_t n = 1; n <= len && end == 0; n++)
			end = http1_head_end(text, n, &scan);
		assert_int_equal(end, whole);
	}
}

static void test_values(void **state)
{
	static const char text[] =
		"POST http://a/ HTTP/1.1\r\nhost: a\r\nTE:  one, Two ,\r\n"
		"content-length: 42\r\n\r\n";
	struct http1_head h;

	(void)state;
	assert_int_equal(http1_parse_request(text, sizeof(text) - 1, &h), 0);
	assert_true(http1_span_is(h.method, "POST"));
	assert_true(http1_span_is(h.target, "http://a/"));
	assert_true(http1_span_is(h.host, "a"));
	assert_int_equal(h.minor, 1);
	assert_true(h.has_length);
	assert_int_equal(h.length, 42);
	assert_int_equal(h.field_count, 3);
	assert_true(http1_list_has(http1_find(&h, HTTP1_TE)->value,
				   (struct http1_span){ "two", 3 }));
	assert_false(http1_list_has(http1_find(&h, HTTP1_TE)->value,
				    (struct http1_span){ "tw", 2 }));
	assert_null(http1_find(&h, HTTP1_EXPECT));
}

/* Every name that is looked for is found, in any case, and nothing else is taken for it. */
static void test_known(void **state)
{
	static const struct {
		const char *name;
		enum http1_known known;
	} names[] = {
		{ "Accept-Language", HTTP1_ACCEPT_LANGUAGE },
		{ "connection", HTTP1_CONNECTION },
		{ "EXPECT", HTTP1_EXPECT },
		{ "Keep-Alive", HTTP1_KEEP_ALIVE },
		{ "Max-Forwards", HTTP1_MAX_FORWARDS },
		{ "Proxy-Authenticate", HTTP1_PROXY_AUTHENTICATE },
		{ "Proxy-Authentication-Info", HTTP1_PROXY_AUTHENTICATION_INFO },
		{ "proxy-authorization", HTTP1_PROXY_AUTHORIZATION },
		{ "Proxy-Connection", HTTP1_PROXY_CONNECTION },
		{ "te", HTTP1_TE },
		{ "UPGRADE", HTTP1_UPGRADE },
		{ "x", HTTP1_OTHER },
		{ "tf", HTTP1_OTHER },
		{ "connectiom", HTTP1_OTHER },
		{ "proxy-authentication-infos", HTTP1_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char text[128];
		struct http1_head h;
		int n = snprintf(text, sizeof(text),
				 "GET / HTTP/1.1\r\nHost: a\r\n%s: v\r\n\r\n",
				 names[i].name);

		assert_int_equal(http1_parse_request(text, (size_t)n, &h), 0);
		assert_int_equal(h.field[1].known, names[i].known);
	}
}

static void test_field_ceiling(void **state)
{
	char text[4096] = GET;
	size_t len = strlen(text);
	struct http1_head h;

	(void)state;
	for (int i = 1; i < HTTP1_FIELDS_MAX; i++) {
		memcpy(text + len, "A: b\r\n", 6);
		len += 6;
	}
	memcpy(text + len, "\r\n", 2);
	assert_int_equal(http1_parse_request(text, len + 2, &h), 0);
	memcpy(text + len, "A: b\r\n\r\n", 8);
	assert_int_equal(http1_parse_request(text, len + 8, &h), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),         cmocka_unit_test(test_requests),
		cmocka_unit_test(test_responses),     cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_byte_by_byte),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_field_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
