/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/attr.h"
#include "lib/host.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static void test_normalise(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
	} rows[] = {
		{ "www.Example.JP", "www.example.jp" },
		{ "www.example.jp.", "www.example.jp" },
		{ "localhost", "localhost" },
		{ "xn--wgv71a.jp", "xn--wgv71a.jp" },
		{ "_a.example", "_a.example" },
		{ LABEL63 ".jp", LABEL63 ".jp" },
		{ LABEL63 "h.jp", NULL },
		{ "", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ "a..jp", NULL },
		{ ".jp", NULL },
		{ "a.jp..", NULL },
		{ "-a.jp", NULL },
		{ "a-.jp", NULL },
		{ "a.jp-", NULL },
		{ "a b.jp", NULL },
		{ "a%2ejp", NULL },
		{ "a\tb", NULL },
		{ "日本.jp", NULL },
		{ "127.0.0.1", NULL },
		{ "127.1", NULL },
		{ "0x7f.1", NULL },
		{ "2130706433", NULL },
		{ "0x7f000001", NULL },
		{ "1.2.3.4.", NULL },
		{ "[::1]", NULL },
		{ "::1", NULL },
		{ "a:80", NULL },
		{ "*.example.jp", NULL },
		{ "a@b.jp", NULL },
		{ "a/b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char host[HOST_MAX + 1] = "old";
		int r = host_normalise(rows[i].text, host);

		if (r != (rows[i].host != NULL ? 0 : -EINVAL) ||
		    strcmp(host, rows[i].host != NULL ? rows[i].host : "old") != 0)
			fail_msg("row %zu (%s): %d, %s", i, rows[i].text, r, host);
	}
}

static void test_length(void **state)
{
	char text[300], host[HOST_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 50; i < sizeof(text); i += 50)
		text[i] = '.';
	text[HOST_MAX] = '\0';
	assert_int_equal(host_normalise(text, host), 0);
	text[HOST_MAX] = '.';
	text[HOST_MAX + 1] = '\0';
	assert_int_equal(host_normalise(text, host), 0);
	text[HOST_MAX] = 'a';
	assert_int_equal(host_normalise(text, host), -EINVAL);
}

static void test_pattern(void **state)
{
	char p[HOST_PATTERN_MAX + 1];

	(void)state;
	assert_int_equal(host_pattern_normalise("*.Example.jp.", p), 0);
	assert_string_equal(p, "*.example.jp");
	assert_int_equal(host_pattern_normalise("example.jp", p), 0);
	assert_string_equal(p, "example.jp");
	assert_int_equal(host_pattern_normalise("*.jp", p), -EINVAL);
	assert_int_equal(host_pattern_normalise("*", p), -EINVAL);
	assert_int_equal(host_pattern_normalise("*.", p), -EINVAL);
	assert_int_equal(host_pattern_normalise("*.*.example.jp", p), -EINVAL);
	assert_int_equal(host_pattern_normalise("a.*.jp", p), -EINVAL);
	assert_int_equal(host_pattern_normalise("*example.jp", p), -EINVAL);
}

static void test_matches(void **state)
{
	(void)state;
	assert_true(host_pattern_matches("example.jp", "example.jp"));
	assert_false(host_pattern_matches("example.jp", "www.example.jp"));
	assert_true(host_pattern_matches("*.example.jp", "www.example.jp"));
	assert_true(host_pattern_matches("*.example.jp", "a.b.example.jp"));
	assert_false(host_pattern_matches("*.example.jp", "example.jp"));
	assert_false(host_pattern_matches("*.example.jp", "notexample.jp"));
	assert_false(host_pattern_matches("*.example.jp", ".example.jp"));
	assert_false(host_pattern_matches("*.example.jp", "www.example.jp.evil.jp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normalise),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
