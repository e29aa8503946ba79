/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/attr.h"
#include "lib/str.h"

static void test_to_uint(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "100", 0, 100 },
		{ "", -EINVAL, 0 },
		{ "00", -EINVAL, 0 },
		{ "07", -EINVAL, 0 },
		{ "+7", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 7", -EINVAL, 0 },
		{ "7 ", -EINVAL, 0 },
		{ "0x7", -EINVAL, 0 },
		{ "101", -ERANGE, 0 },
		{ "18446744073709551615", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "9999999999999999999999x", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t v = 42;

		assert_int_equal(str_to_uint(rows[i].text, 0, 100, &v), rows[i].result);
		assert_int_equal(v, rows[i].result == 0 ? rows[i].value : 42);
	}
}

static void test_to_uint_reaches_the_largest(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(str_to_uint("18446744073709551615", 0, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_to_uint("5", 6, 9, &v), -ERANGE);
}

static void test_copy_never_halves_a_character(void **state)
{
	char dst[6];

	(void)state;
	assert_int_equal(str_copy(dst, sizeof(dst), "関所"), -ENAMETOOLONG);
	assert_string_equal(dst, "関");
	assert_int_equal(str_copy(dst, sizeof(dst), "abcde"), 0);
	assert_string_equal(dst, "abcde");
	assert_int_equal(str_copy(dst, sizeof(dst), "abcdef"), -ENAMETOOLONG);
	assert_string_equal(dst, "abcde");
}

static void test_hex(void **state)
{
	uint8_t b[2] = { 9, 9 };
	char text[5];

	(void)state;
	assert_int_equal(str_unhex("a0Fz", b, 2), -EINVAL);
	assert_int_equal(str_unhex("a0F", b, 2), -EINVAL);
	assert_int_equal(b[0], 9);
	assert_int_equal(str_unhex("a0Ff", b, 2), 0);
	str_hex(text, b, 2);
	assert_string_equal(text, "a0ff");
}

static void test_printable(void **state)
{
	static const char *const good[] = { "",         "a b~",
					    "個人情報", "\xf0\x9f\x98\x80",
					    "\xc2\xa0", "a\xe2\x80\x8d" };
	static const char *const bad[] = {
		"\n",           "a\x1b[31m",        "\x7f",         "\xc2\x85",
		"\xc0\x80",     "\xe0\x80\x80",     "\xed\xa0\x80", "\xff",
		"\xe3\x81",     "\xf4\x90\x80\x80", "\xe2\x80\xae", "\xe2\x80\xa8",
		"\xe2\x81\xa6", "\xf0\x80\x80\x80", "\xe2\x80\x8b", "\xe2\x80\x8f",
		"\xd8\x9c",     "\xe2\x81\xa0",     "\xef\xbb\xbf",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(str_is_printable_utf8(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (str_is_printable_utf8(bad[i]))
			fail_msg("row %zu passes", i);
	}
}

static void test_name(void **state)
{
	(void)state;
	assert_true(str_is_name("core-1_a", 8));
	assert_false(str_is_name("core-1_ab", 8));
	assert_false(str_is_name("", 8));
	assert_false(str_is_name("1core", 8));
	assert_false(str_is_name("Core", 8));
	assert_false(str_is_name("a.b", 8));
}

static void test_blank(void **state)
{
	static const char *const blank[] = {
		"",
		" ",
		"\t",
		"\u3000",
		"\u00a0 ",
		"\u2000",
		"\u200a",
		"\u2800",
		"\u3164",
		"\uffa0",
		"\u00ad",
		"\u200d\u200c",
		"\u115f\u1160",
		"\u202f\u205f",
		"\ufe0f",
		"\u034f\u17b4",
		"\u180b\u180f",
		"\U000e0041\U000e0fff",
		"\U0001d173",
	};
	static const char *const not [] = { "a",        " a",       "\u3000課",
					    "課\u3000", "\u200b",   "\u2010",
					    "\xe2",     "\xe2\x80", "\u2764\ufe0f" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(blank); i++)
		assert_true(str_is_blank(blank[i]));
	for (size_t i = 0; i < ARRAY_LEN(not ); i++)
		assert_false(str_is_blank(not [i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_uint),
		cmocka_unit_test(test_to_uint_reaches_the_largest),
		cmocka_unit_test(test_copy_never_halves_a_character),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
