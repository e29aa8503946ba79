/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/attr.h"
#include "lib/names/script.h"
#include "lib/names/utf8.h"

static struct script_label label_of(const char *text)
{
	struct script_label label = { .len = 0 };

	while (*text != '\0') {
		assert_true(label.len < SCRIPT_LABEL_MAX);
		assert_true(utf8_next(&text, &label.c[label.len++]));
	}
	return label;
}

static unsigned set_of(const char *text)
{
	struct script_label label = label_of(text);

	return script_set(&label);
}

static void test_sets(void **state)
{
	static const struct {
		const char *text;
		unsigned set;
	} rows[] = {
		{ "", 0 },
		{ "0-9_", 0 },
		{ "az", SCRIPT_LATIN },
		{ "éßĳ", SCRIPT_LATIN },
		{ "αω", SCRIPT_GREEK },
		{ "яӏ", SCRIPT_CYRILLIC },
		{ "日々〇", SCRIPT_HAN },
		{ "ひゖー", SCRIPT_HIRAGANA },
		{ "カヺー・", SCRIPT_KATAKANA },
		{ "가힣ㅏ", SCRIPT_HANGUL | SCRIPT_OTHER }, /* ㅏ is in no name */
		{ "ㄅㄩ", SCRIPT_BOPOMOFO },
		{ "عربي", SCRIPT_OTHER },
		{ "ไทย", SCRIPT_OTHER },
		{ "𠀋𬀀", SCRIPT_HAN },
		{ "aя日ひカ", SCRIPT_LATIN | SCRIPT_CYRILLIC | SCRIPT_HAN |
				      SCRIPT_HIRAGANA | SCRIPT_KATAKANA },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (set_of(rows[i].text) != rows[i].set)
			fail_msg("%s: %#x", rows[i].text, set_of(rows[i].text));
	}
}

static void test_usual(void **state)
{
	static const char *const usual[] = { "",         "a1",    "яд",     "日本語",
					     "a日ひカ1", "a中ㄅ", "a中가",  "ไทย",
					     "カー",     "αβγ-1", "ひらcom" };
	static const char *const odd[] = { "aя",   "aα",   "яα",  "日я", "ひ가",
					   "ㄅひ", "ㄅ가", "aไท", "カα" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		assert_true(script_set_is_usual(set_of(usual[i])));
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_false(script_set_is_usual(set_of(odd[i])));
}

static void test_lookalike(void **state)
{
	static const struct {
		const char *text;
		unsigned top;
		bool want;
	} rows[] = {
		{ "paypal", SCRIPT_LATIN, false },    { "раураӏ", SCRIPT_LATIN, true },
		{ "раураӏ", SCRIPT_CYRILLIC, false }, { "раураl", SCRIPT_CYRILLIC, true },
		{ "сор-24", SCRIPT_LATIN, true },     { "москва", SCRIPT_LATIN, false },
		{ "οικ", SCRIPT_LATIN, true },        { "λόγος", SCRIPT_LATIN, false },
		{ "ɡıant", SCRIPT_LATIN, true },      { "münchen", SCRIPT_LATIN, false },
		{ "comノlogin", SCRIPT_LATIN, true }, { "a一b", SCRIPT_LATIN, true },
		{ "一ノ一", SCRIPT_LATIN, false },    { "ノート", SCRIPT_LATIN, false },
		{ "a一番", SCRIPT_LATIN, false },     { "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script_label label = label_of(rows[i].text);

		if (script_is_lookalike(&label, rows[i].top) != rows[i].want)
			fail_msg("%s", rows[i].text);
	}
}

static void test_digits(void **state)
{
	static const char *const odd[] = { "٣", "۴", "a२", "๑", "1з", "6б", "20ʒ" };
	static const char *const plain[] = { "", "123", "a1", "з", "зa", "日1", "о1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct script_label label = label_of(odd[i]);

		assert_true(script_has_odd_digits(&label));
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct script_label label = label_of(plain[i]);

		assert_false(script_has_odd_digits(&label));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_lookalike),
		cmocka_unit_test(test_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
