/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/body.h"

#define BAD (-EBADMSG)

static const struct {
	const char *text;
	int want; /* bytes taken, or BAD */
	bool done;
} chunked[] = {
	{ "0\r\n\r\n", 5, true },
	{ "0\r\n\r\nGET / HTTP/1.1", 5, true },
	{ "5\r\nhello\r\n0\r\n\r\n", 15, true },
	{ "A\r\n0123456789\r\n0\r\n\r\nx", 20, true },
	{ "00005\r\nhello\r\n000\r\n\r\n", 21, true },
	{ "5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n", 25, true },
	{ "0\r\nDigests: x\r\nB: c\r\n\r\n", 23, true },
	{ "0\r\nHosts: x\r\n\r\n", 15, true },
	{ "5\r\nhel", 6, false },
	{ "5\r\nhello", 8, false },
	{ "", 0, false },
	{ "\r\n", BAD, false },
	{ ";a\r\n", BAD, false },
	{ "g\r\n", BAD, false },
	{ "-5\r\n", BAD, false },
	{ "+5\r\n", BAD, false },
	{ " 5\r\n", BAD, false },
	{ "5 \r\n", BAD, false },
	{ "0x5\r\n", BAD, false },
	{ "5\n", BAD, false },
	{ "5\rhello", BAD, false },
	{ "5\r\nhelloX", BAD, false },
	{ "5\r\nhello\n", BAD, false },
	{ "5\r\nhello\rX", BAD, false },
	{ "0000000000000005\r\n", BAD, false },
	{ "5;a\x01\r\n", BAD, false },
	{ "5;a\n\r\n", BAD, false },
	{ "0\r\n folded\r\n\r\n", BAD, false },
	{ "0\r\n: x\r\n\r\n", BAD, false },
	{ "0\r\nA: b\n\r\n", BAD, false },
	{ "0\r\nno colon\r\n\r\n", BAD, false },
	{ "0\r\nA : b\r\n\r\n", BAD, false },
	{ "0\r\nA\r\n\r\n", BAD, false },
	{ "0\r\nContent-Length: 5\r\n\r\n", BAD, false },
	{ "0\r\nB: c\r\ntransfer-ENCODING: chunked\r\n\r\n", BAD, false },
	{ "0\r\nHost: b\r\n\r\n", BAD, false },
	{ "0\r\n\rX", BAD, false },
};

static void test_chunked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chunked); i++) {
		struct body b = body_of(BODY_CHUNKED, 0);
		ssize_t n = body_take(&b, chunked[i].text, strlen(chunked[i].text));

		if (n != chunked[i].want || b.done != chunked[i].done)
			fail_msg("row %zu: %zd: %s", i, n, chunked[i].text);
	}
}

/* Cut anywhere, the sum is the same. */
static void test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chunked); i++) {
		struct body b = body_of(BODY_CHUNKED, 0);
		const char *p = chunked[i].text;
		ssize_t sum = 0, n = 1;

		for (; *p != '\0' && n >= 0; p++) {
			n = body_take(&b, p, 1);
			sum += n;
		}
		assert_int_equal(n < 0 ? BAD : sum, chunked[i].want);
		assert_int_equal(b.done, chunked[i].done);
	}
}

static void test_ceilings(void **state)
{
	static char text[BODY_TRAILERS_MAX + 64];
	struct body b = body_of(BODY_CHUNKED, 0);

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "5;", 2);
	assert_int_equal(body_take(&b, text, BODY_EXTENSION_MAX + 2),
			 BODY_EXTENSION_MAX + 2);
	assert_int_equal(body_take(&b, "a", 1), BAD);
	b = body_of(BODY_CHUNKED, 0);
	memcpy(text, "0\r\n", 3);
	assert_int_equal(body_take(&b, text, BODY_TRAILERS_MAX + 3),
			 BODY_TRAILERS_MAX + 3);
	assert_int_equal(body_take(&b, "a", 1), BAD);
}

static void test_others(void **state)
{
	struct body b = body_of(BODY_LENGTH, 5);

	(void)state;
	assert_int_equal(body_take(&b, "abc", 3), 3);
	assert_false(body_may_end(&b));
	assert_int_equal(body_take(&b, "defgh", 5), 2);
	assert_true(b.done);
	assert_int_equal(body_take(&b, "x", 1), 0);
	b = body_of(BODY_LENGTH, 0);
	assert_true(b.done);
	b = body_of(BODY_NONE, 0);
	assert_true(b.done);
	b = body_of(BODY_UNTIL_CLOSE, 0);
	assert_int_equal(body_take(&b, "abc", 3), 3);
	assert_false(b.done);
	assert_true(body_may_end(&b));
	b = body_of(BODY_CHUNKED, 0);
	assert_false(body_may_end(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunked),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
