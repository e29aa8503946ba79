/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/attr.h"
#include "lib/id.h"
#include "tests/unit/allow/made.h"

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "192.0.2.1", true },
		{ "10.0.0.1", true },
		{ "2001:db8::1", true },
		{ "fd00::1", true },
		{ "127.0.0.1", false },
		{ "0.0.0.0", false },
		{ "224.0.0.1", false },
		{ "255.255.255.255", false },
		{ "169.254.1.1", false },
		{ "239.255.255.255", false },
		{ "::", false },
		{ "::1", false },
		{ "::ffff:10.0.0.1", false },
		{ "64:ff9b::a00:1", false },
		{ "2002:a00:1::", false },
		{ "2001:0:1::1", false },
		{ "fe80::1", false },
		{ "ff02::1", false },
		{ "2001:DB8::1", false },
		{ "2001:db8:0::1", false },
		{ "[2001:db8::1]", false },
		{ "10.0.0.01", false },
		{ "10.1", false },
		{ "example.jp", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (allow_address_is_valid(rows[i].text) != rows[i].valid)
			fail_msg("%s", rows[i].text);
	}
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		bool plain, valid;
	} rows[] = {
		{ "/", true, true },          { "/a/b", true, true },
		{ "/a/", true, true },        { "/a.b/..c/...", true, true },
		{ "/a%20b", true, true },     { "/a?b", true, false },
		{ "/a?//%2e", true, false },  { "/a#b", true, false },
		{ "/a b", true, false },      { "/\xc3\xa4", true, false },
		{ "", true, false },          { "a", true, false },
		{ "//", false, false },       { "/a//b", false, false },
		{ "/a/.", false, false },     { "/a/./b", false, false },
		{ "/a/..", false, false },    { "/a/../b", false, false },
		{ "/a/..?b", false, false },  { "/a/..;x/b", false, false },
		{ "/a/.;/b", false, false },  { "/a/;/b", false, false },
		{ "/a/%2e/b", false, false }, { "/a/%2E%2E/b", false, false },
		{ "/a%2fb", false, false },   { "/a%5Cb", false, false },
		{ "/a\\b", false, false },
	};
	char longest[ALLOW_PATH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (allow_path_is_plain(rows[i].path) != rows[i].plain ||
		    allow_path_is_valid(rows[i].path) != rows[i].valid)
			fail_msg("%s", rows[i].path);
	}
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[ALLOW_PATH_MAX + 1] = '\0';
	assert_false(allow_path_is_valid(longest));
	longest[ALLOW_PATH_MAX] = '\0';
	assert_true(allow_path_is_valid(longest));
}

static void test_methods(void **state)
{
	static const char *const good[] = { "GET", "M-SEARCH", "ABCDEFGHIJKLMNO" };
	static const char *const bad[] = { "",        "get",       "A B",
					   "CONNECT", "G\xc3\x84", "ABCDEFGHIJKLMNOP" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(allow_method_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(allow_method_is_valid(bad[i]));
}

static bool is_valid(struct allow_entry e)
{
	const char *what = NULL;
	bool valid = allow_entry_is_valid(&e, &what);

	assert_int_equal(what == NULL, valid);
	return valid;
}

#define REFUSED(change) \
	do { \
		struct allow_entry e = made_entry("a.jp"); \
		change; \
		assert_false(is_valid(e)); \
	} while (0)

static void test_entries(void **state)
{
	(void)state;
	assert_true(is_valid(made_entry("a.jp")));
	assert_true(is_valid(made_entry("*.a.jp")));
	assert_true(is_valid(made_entry("192.0.2.1")));
	REFUSED(e.id = "x");
	REFUSED(e.id = "d0000000000000000");
	REFUSED(e.host = "");
	REFUSED(e.host = "A.jp");
	REFUSED(e.host = "a.jp.");
	REFUSED(e.host = "*.jp");
	REFUSED(e.host = "*.10.0.0.1");
	REFUSED(e.host = "127.0.0.1");
	REFUSED(e.port_count = 0);
	REFUSED(e.port_count = 17);
	REFUSED(e.port[0] = 0);
	REFUSED(e.port[0] = 443);
	REFUSED(e.scheme = (enum allow_scheme)3);
	REFUSED(e.path = "a");
	REFUSED(e.method_count = 17);
	REFUSED((e.method_count = 1, e.method[0] = "get"));
	REFUSED((e.scheme = ALLOW_SCHEME_HTTPS, e.path = "/a"));
	REFUSED((e.scheme = ALLOW_SCHEME_HTTP, e.tls_any = true));
	REFUSED(e.list = 256);
	REFUSED(e.from = -1);
	REFUSED((e.from = 5, e.until = 5));
}

/* Text and bits of an id are the same thing. */
static void test_ids(void **state)
{
	char id[ID_TEXT_MAX], again[ID_TEXT_MAX];
	uint8_t bytes[ID_BYTES];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		id_new('a', id);
		id_pack(id, bytes);
		id_unpack('a', bytes, again);
		assert_string_equal(again, id);
	}
	id_pack("a0123456789abcdef", bytes);
	assert_memory_equal(bytes, "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf", ID_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_methods),   cmocka_unit_test(test_entries),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
