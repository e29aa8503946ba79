/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "proxy/localpage.h"
#include "tests/support/alloc_fail.h"

#define TOKEN "0123456789abcdefABCDEF_-"

static struct denial denial(const char *host, enum reason reason)
{
	struct denial d = { .time_us = 1795246280000000, /* 2026-11-21 07:31:20 UTC */
			    .reference = 0xabc,
			    .reason = reason,
			    .count = 3,
			    .port = 443 };

	(void)str_copy(d.host, sizeof(d.host), host);
	return d;
}

static struct localpage page(const struct denial *d, size_t count)
{
	return (struct localpage){ .denial = d,
				   .count = count,
				   .token = TOKEN,
				   .utc_offset_min = 540,
				   .japanese = true };
}

static char *write_page(const struct localpage *p)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(localpage_write(p, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	assert_true(len < LOCALPAGE_MAX);
	return text;
}

static const char *body(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	size_t len;

	assert_non_null(end);
	assert_int_equal(
		sscanf(strstr(text, "Content-Length: "), "Content-Length: %zu", &len), 1);
	assert_true(end[4] == '\0' || strlen(end + 4) == len);
	return end + 4;
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void test_list(void **state)
{
	struct denial d[] = { denial("www.example.jp", REASON_NOT_LISTED),
			      denial("2001:db8::1", REASON_NO_PERMIT) };
	struct localpage p = page(d, 2);
	CLEANUP(free_p) char *text = write_page(&p);
	const char *ja = strstr(text, "この端末で"), *en = strstr(text, "Sites that");

	(void)state;
	assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(text, "<html lang=\"ja\">"));
	assert_true(ja != NULL && en != NULL && ja < en);
	assert_non_null(strstr(text, "<td>2026-11-21 16:31:20 +09:00</td>"));
	assert_non_null(strstr(text, "<td>www.example.jp:443</td>"));
	assert_non_null(strstr(text, "<td>[2001:db8::1]:443</td>"));
	assert_non_null(strstr(text, "<code>0000000000000abc</code></td><td>3</td>"));
	assert_non_null(strstr(text, reason_text(REASON_NOT_LISTED, "ja")));
	assert_non_null(strstr(text, reason_text(REASON_NOT_LISTED, "en")));
	/* a request helps the first of the two only */
	assert_int_equal(times(text, "<form "), 1);
	assert_non_null(strstr(text, "name=\"host\" value=\"www.example.jp\""));
	assert_non_null(strstr(text, "name=\"port\" value=\"443\""));
	assert_non_null(strstr(text, "name=\"token\" value=\"" TOKEN "\""));
	assert_int_equal(times(text, "<script"), 0);
	(void)body(text);
}

static void test_other_language(void **state)
{
	struct localpage p = page(NULL, 0);
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(free_p) char *head = NULL;

	(void)state;
	p.japanese = false;
	p.utc_offset_min = -210;
	text = write_page(&p);
	assert_non_null(strstr(text, "<html lang=\"en\">"));
	assert_true(strstr(text, "Nothing was refused") < strstr(text, "拒否された"));
	assert_int_equal(times(text, "<table"), 0);
	p.head_only = true;
	head = write_page(&p);
	assert_string_equal(body(head), "");
	assert_memory_equal(head, text, strlen(head));
}

static void test_results(void **state)
{
	static const struct {
		enum localpage_kind kind;
		const char *status, *ja, *en;
	} rows[] = {
		{ LOCALPAGE_FILED, "200 OK", "受け付けました", "was filed" },
		{ LOCALPAGE_ALREADY, "200 OK", "すでに申請", "already" },
		{ LOCALPAGE_FAILED, "503 Service Unavailable", "申請できませんでした",
		  "could not be filed" },
		{ LOCALPAGE_STALE, "403 Forbidden", "古くなった", "too old" },
		{ LOCALPAGE_NOT_FOUND, "404 Not Found", "見つかりません",
		  "no such page" },
	};
	struct denial d = denial("www.example.jp", REASON_NOT_LISTED);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct localpage p = page(&d, 1);
		CLEANUP(free_p) char *text = NULL;

		p.kind = rows[i].kind;
		text = write_page(&p);
		assert_memory_equal(text + 9, rows[i].status, strlen(rows[i].status));
		assert_non_null(strstr(text, rows[i].ja));
		assert_non_null(strstr(text, rows[i].en));
		assert_int_equal(times(text, "role=\"status\""), 1);
		assert_int_equal(times(text, "<form "), 1);
	}
}

/* Whatever a host is, it opens no tag and leaves no attribute. */
static void test_escaping(void **state)
{
	struct denial d = denial("\"'><script>alert(1)</script>&amp;<b x='", REASON_PORT);
	struct denial plain = denial("a", REASON_PORT);
	struct localpage p = page(&d, 1), q = page(&plain, 1);
	CLEANUP(free_p) char *text = write_page(&p);
	CLEANUP(free_p) char *other = write_page(&q);

	(void)state;
	assert_int_equal(times(body(text), "<"), times(body(other), "<"));
	assert_int_equal(times(body(text), ">"), times(body(other), ">"));
	assert_int_equal(times(body(text), "\""), times(body(other), "\""));
	assert_int_equal(times(body(text), "'"), times(body(other), "'"));
	assert_int_equal(times(text,
			       "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
			       "&amp;amp;&lt;b x=&#39;"),
			 2);
}

/* The style that the policy permits is the style that is there. */
static void test_content_security_policy(void **state)
{
	struct localpage p = page(NULL, 0);
	CLEANUP(free_p) char *text = write_page(&p);
	const char *from = strstr(text, "<style>"), *to = strstr(text, "</style>");
	uint8_t hash[crypto_hash_sha256_BYTES];
	char base64[64], want[256];

	(void)state;
	assert_true(from != NULL && to != NULL);
	from += strlen("<style>");
	(void)crypto_hash_sha256(hash, (const uint8_t *)from, (size_t)(to - from));
	(void)sodium_bin2base64(base64, sizeof(base64), hash, sizeof(hash),
				sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(want, sizeof(want),
		       "\r\nContent-Security-Policy: default-src 'none'; style-src "
		       "'sha256-%s'; form-action 'self'; base-uri 'none'; "
		       "frame-ancestors 'none'\r\n",
		       base64);
	assert_non_null(strstr(text, want));
	assert_int_equal(times(text, "style="), 0);
}

/* As many as can be, each with the longest host, all of which must be escaped. */
static void test_largest(void **state)
{
	static struct denial d[DENIALS_A_DEVICE + 10];
	struct localpage p = page(d, ARRAY_LEN(d));
	CLEANUP(free_p) char *text = NULL;
	char token[LOCALPAGE_TOKEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(d); i++) {
		d[i] = denial("", REASON_NOT_IN_PERMIT);
		memset(d[i].host, '"', HOST_MAX);
		d[i].count = UINT32_MAX;
		d[i].reference = UINT64_MAX;
		d[i].time_us = i % 2 == 0 ? INT64_MAX : INT64_MIN;
	}
	memset(token, 'x', LOCALPAGE_TOKEN_MAX);
	token[LOCALPAGE_TOKEN_MAX] = '\0';
	p.token = token;
	text = write_page(&p);
	assert_int_equal(times(text, "<form "), DENIALS_A_DEVICE);
	assert_non_null(strstr(text, "</table>\n"));
}

static void test_token(void **state)
{
	static const char *const bad[] = {
		"", "a b", "a\"", "a\r\n",
		"01234567890123456789012345678901234567890123456"
		"789012345678901234"
	};
	struct localpage p = page(NULL, 0);
	char *text = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		p.token = bad[i];
		assert_int_equal(localpage_write(&p, &text, &len), -EINVAL);
	}
	assert_null(text);
}

static void test_can_ask(void **state)
{
	struct denial d = denial("a.example", REASON_NOT_LISTED);

	(void)state;
	assert_true(localpage_can_ask(&d));
	d.port = 0;
	assert_false(localpage_can_ask(&d));
	d = denial("", REASON_NOT_LISTED);
	assert_false(localpage_can_ask(&d));
	d = denial("a.example", REASON_OVERLOAD);
	assert_false(localpage_can_ask(&d));
}

static void test_no_memory(void **state)
{
	struct localpage p = page(NULL, 0);
	char *text = NULL;
	size_t len;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(localpage_write(&p, &text, &len), -ENOMEM);
	assert_true(alloc_fail_fired());
	alloc_fail_at(0);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_other_language),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_content_security_policy),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_can_ask),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
