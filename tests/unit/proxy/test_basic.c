/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/basic.h"

#define FIELD "Proxy-Authorization: "

static struct http1_span span(const char *text)
{
	return (struct http1_span){ .p = text, .len = strlen(text) };
}

/* "Basic " and the bytes in base64. The caller frees. */
static char *encode(const char *bytes, size_t len)
{
	size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(6 + size);

	assert_non_null(text);
	memcpy(text, "Basic ", 6);
	(void)sodium_bin2base64(text + 6, size, (const uint8_t *)bytes, len,
				sodium_base64_VARIANT_ORIGINAL);
	return text;
}

static int parse_bytes(const char *bytes, size_t len, struct basic *b)
{
	char *text = encode(bytes, len);
	int r = basic_parse(span(text), b);

	free(text);
	return r;
}

static void test_good(void **state)
{
	struct basic b;

	(void)state;
	/* RFC 7617 2 and 2.1 */
	assert_int_equal(basic_parse(span("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), &b), 0);
	assert_string_equal(b.login, "Aladdin");
	assert_string_equal(b.password, "open sesame");
	assert_int_equal(basic_parse(span("bASIC   dGVzdDoxMjPCow=="), &b), 0);
	assert_string_equal(b.login, "test");
	assert_string_equal(b.password, "123\xc2\xa3");
	/* the first colon parts the two */
	assert_int_equal(parse_bytes("a::b:", 5, &b), 0);
	assert_string_equal(b.login, "a");
	assert_string_equal(b.password, ":b:");
	assert_int_equal(parse_bytes("佐藤:馬", strlen("佐藤:馬"), &b), 0);
	assert_string_equal(b.login, "佐藤");
	basic_wipe(&b);
	for (size_t i = 0; i < sizeof(b); i++)
		assert_int_equal(((const uint8_t *)&b)[i], 0);
}

static const struct {
	const char *value;
	int error;
} bad[] = {
	{ "", -EPROTONOSUPPORT },
	{ "Basic", -EPROTONOSUPPORT },
	{ "Basic\tYTpi", -EPROTONOSUPPORT },
	{ "BasicYTpi", -EPROTONOSUPPORT },
	{ "Bearer YTpi", -EPROTONOSUPPORT },
	{ "Negotiate YTpi", -EPROTONOSUPPORT },
	{ "Basic ", -EBADMSG },
	{ "Basic YTpi YTpi", -EBADMSG },
	{ "Basic YTpi, Basic YTpi", -EBADMSG },
	{ "Basic YTpiYw", -EBADMSG }, /* no padding */
	{ "Basic YTpiYw=", -EBADMSG },
	{ "Basic YTpiYw===", -EBADMSG },
	{ "Basic YTpiYx==", -EBADMSG }, /* bits left over */
	{ "Basic YTp-", -EBADMSG }, /* the other alphabet */
	{ "Basic YT\npi", -EBADMSG },
	{ "Basic YTpi=", -EBADMSG },
	{ "Basic ====", -EBADMSG },
	{ "Basic user:password", -EBADMSG },
};

static const struct {
	const char *bytes;
	size_t len;
} bad_text[] = {
	{ "nocolon", 7 },    { ":password", 9 },      { "login:", 6 }, { ":", 1 },
	{ "a\0:b", 4 },      { "a:b\0", 4 },          { "a:b\n", 4 },  { "a\x7f:b", 4 },
	{ "a:\x1b", 3 },     { "a:\xc2\x85", 4 },     { "a:\xff", 3 }, { "a:\xc2", 3 },
	{ "a:\xc0\x80", 4 }, { "a:\xed\xa0\x80", 5 },
};

static void test_bad(void **state)
{
	struct basic b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (basic_parse(span(bad[i].value), &b) != bad[i].error)
			fail_msg("row %zu: %s", i, bad[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad_text); i++) {
		if (parse_bytes(bad_text[i].bytes, bad_text[i].len, &b) != -EBADMSG)
			fail_msg("text %zu", i);
	}
}

/* Every byte that is cut off is noticed, as the padding is not complete then. */
static void test_truncated(void **state)
{
	static const char value[] = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
	struct basic b;

	(void)state;
	for (size_t len = 0; len < sizeof(value) - 1; len++) {
		char *cut = malloc(len + 1); /* so that a read behind it is noticed */
		int r;

		assert_non_null(cut);
		memcpy(cut, value, len);
		r = basic_parse((struct http1_span){ .p = cut, .len = len }, &b);
		free(cut);
		/* four characters make whole bytes: shorter, but well-formed */
		if (r == 0)
			assert_true(len % 4 == 2 && strlen(b.password) < 11);
	}
}

static void test_ceilings(void **state)
{
	char text[2 * PROTO_SIGN_IN_MAX + 400];
	struct basic b;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[PROTO_SIGN_IN_MAX] = ':';
	assert_int_equal(parse_bytes(text, 2 * PROTO_SIGN_IN_MAX + 1, &b), 0);
	assert_int_equal(strlen(b.login), PROTO_SIGN_IN_MAX);
	assert_int_equal(strlen(b.password), PROTO_SIGN_IN_MAX);
	assert_int_equal(parse_bytes(text, 2 * PROTO_SIGN_IN_MAX + 2, &b), -EMSGSIZE);
	assert_int_equal(parse_bytes(text, sizeof(text), &b), -EMSGSIZE);
	text[PROTO_SIGN_IN_MAX] = 'a';
	text[PROTO_SIGN_IN_MAX + 1] = ':';
	assert_int_equal(parse_bytes(text, PROTO_SIGN_IN_MAX + 3, &b), -EMSGSIZE);
}

static void test_fields(void **state)
{
	static const struct {
		const char *fields;
		int error;
	} rows[] = {
		{ "", -ENOENT },
		{ "Authorization: Basic YTpi\r\n", -ENOENT },
		{ "proxy-authorization: Basic YTpi\r\n", 0 },
		{ FIELD "Basic YTpi\r\n" FIELD "Basic YTpi\r\n", -EBADMSG },
		{ FIELD "Basic YTpi\r\n" FIELD "\r\n", -EBADMSG },
		{ FIELD "\r\n", -EPROTONOSUPPORT },
	};
	struct http1_head h;
	struct basic b;
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(text, sizeof(text),
			       "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"
			       "%s\r\n",
			       rows[i].fields);
		assert_int_equal(http1_parse_request(text, strlen(text), &h), 0);
		assert_int_equal(basic_of(&h, &b), rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),      cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
