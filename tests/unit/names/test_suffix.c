/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/attr.h"
#include "lib/names/names.h"

static void test_suffix(void **state)
{
	static const struct {
		const char *pattern;
		enum names_suffix want;
	} rows[] = {
		{ "*.co.jp", NAMES_SUFFIX_ICANN },
		{ "*.go.jp", NAMES_SUFFIX_ICANN },
		{ "*.tokyo.jp", NAMES_SUFFIX_ICANN },
		{ "*.kawasaki.jp", NAMES_SUFFIX_ICANN }, /* its children are suffixes */
		{ "*.xn--55qx5d.cn", NAMES_SUFFIX_ICANN },
		{ "*.github.io", NAMES_SUFFIX_PRIVATE },
		{ "*.cloudfront.net", NAMES_SUFFIX_PRIVATE },
		{ "*.herokuapp.com", NAMES_SUFFIX_PRIVATE },
		{ "*.city.kawasaki.jp",
		  NAMES_SUFFIX_NONE }, /* an exception of the list */
		{ "*.example.co.jp", NAMES_SUFFIX_NONE },
		{ "*.someone.github.io", NAMES_SUFFIX_NONE },
		{ "*.corp.internal", NAMES_SUFFIX_NONE },
		{ "co.jp", NAMES_SUFFIX_NONE }, /* no wildcard */
		{ "github.io", NAMES_SUFFIX_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (names_public_suffix(rows[i].pattern) != rows[i].want)
			fail_msg("%s", rows[i].pattern);
	}
}

static void test_registrable(void **state)
{
	static const struct {
		const char *pattern, *want; /* NULL: refused */
	} rows[] = {
		{ "www.example.co.jp", "example.co.jp" },
		{ "*.a.b.example.com", "example.com" },
		{ "example.com", "example.com" },
		{ "a.someone.github.io", "someone.github.io" },
		{ "www.city.kawasaki.jp", "city.kawasaki.jp" },
		{ "www.xn--wgv71a119e.jp", "xn--wgv71a119e.jp" },
		{ "a.b.internal", "b.internal" },
		{ "co.jp", "co.jp" },
		{ "*.github.io", "github.io" },
		{ "localhost", "localhost" },
		{ "", NULL },
		{ "*.", NULL },
		{ "WWW.example.com", NULL },
		{ "example.com.", NULL },
		{ "日本語.jp", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char domain[HOST_MAX + 1];
		int r = names_registrable(rows[i].pattern, domain);

		if (r != (rows[i].want != NULL ? 0 : -EINVAL))
			fail_msg("%s: %d", rows[i].pattern, r);
		if (rows[i].want != NULL)
			assert_string_equal(domain, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suffix),
		cmocka_unit_test(test_registrable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
