/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mgmt/cli/msg.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/show.h"
#include "mgmt/cli/table.h"
#include "tests/support/alloc_fail.h"

static int setup(void **state)
{
	(void)state;
	out_init();
	return setenv("TZ", "Asia/Tokyo", 1);
}

static void assert_clean(const char *text, bool lines, const char *want)
{
	char *clean = out_clean(text, lines);

	assert_string_equal(clean, want);
	free(clean);
}

static void test_nothing_reaches_the_terminal(void **state)
{
	(void)state;
	assert_clean("plain 関所", false, "plain 関所");
	assert_clean("\033[2J\033]0;title\007", false, "?[2J?]0;title?");
	assert_clean("a\nb\tc\rd", false, "a?b?c?d");
	assert_clean("a\nb\tc\rd", true, "a\nb\tc?d");
	assert_clean("\xc2\x9b"
		     "31m",
		     false, "??31m"); /* C1: CSI in one character */
	assert_clean("\xff\xfe\x80", false, "???");
	assert_clean("abc\xe2\x80\xaetxt.exe", false,
		     "abc???txt.exe"); /* turns direction */
	assert_clean("\xe9\x96", false, "??"); /* half a character */
}

static void test_widths(void **state)
{
	(void)state;
	assert_int_equal(out_width("abc"), 3);
	assert_int_equal(out_width("関所"), 4);
	assert_int_equal(out_width("ｶﾀｶﾅ"), 4); /* half-width forms */
	assert_int_equal(out_width(""), 0);
}

static void test_json_keeps_hostile_values(void **state)
{
	json_t *value = json_pack("{s:s}", "name",
				  "関\xc2\x9b"
				  "x");
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	json_t *again;

	(void)state;
	assert_int_equal(out_json(f, value), 0);
	assert_int_equal(fclose(f), 0);
	assert_null(strstr(text, "\xc2\x9b"));
	again = json_loads(text, 0, NULL);
	assert_true(json_equal(value, again));
	json_decref(again);
	json_decref(value);
	free(text);
}

static const char *const cells[] = { "名前", "N", "社内\033", "", "x", "yy" };

static int fill_and_print(FILE *f)
{
	struct table t = { .columns = 2 };

	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		table_add(&t, cells[i]);
	return table_print(&t, f);
}

static void test_table_is_aligned(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(fill_and_print(f), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "名前   N\n"
				  "社内?  -\n"
				  "x      yy\n");
	free(text);
}

static void test_table_without_memory(void **state)
{
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	for (unsigned nth = 1;; nth++) {
		int r;

		alloc_fail_at(nth);
		r = fill_and_print(f);
		if (!alloc_fail_fired()) {
			assert_int_equal(r, 0);
			break;
		}
		assert_true(r < 0);
	}
	alloc_fail_at(0);
	assert_int_equal(fclose(f), 0);
}

static void test_times(void **state)
{
	char text[SHOW_TIME_MAX];

	(void)state;
	tzset();
	show_time("2026-11-21T00:00:00Z", text);
	assert_string_equal(text, "2026-11-21 09:00:00");
	show_time("2026-12-31T23:59:59.123456Z", text);
	assert_string_equal(text, "2027-01-01 08:59:59");
	show_time("", text);
	assert_string_equal(text, "");
	show_time("tomorrow", text);
	assert_string_equal(text, "tomorrow");
}

static void test_messages(void **state)
{
	const struct msg_args args = { { "a{2}", "b", NULL } };
	char line[64], small[4];

	(void)state;
	msg_format(line, sizeof(line), "en", TEXT_ALLOWED, &args);
	assert_string_equal(line,
			    "allowed by a{2}: b"); /* values are not expanded again */
	msg_format(line, sizeof(line), "ja", TEXT_ALLOWED, &args);
	assert_string_equal(line, "許可（a{2}）: b");
	msg_format(small, sizeof(small), "en", TEXT_ALLOWED, &args);
	assert_string_equal(small, "all");
	assert_string_equal(msg_head("ja", "HOST"), "ホスト");
	assert_string_equal(msg_head("ja", "MAC"), "MAC");
	for (int m = TEXT_OK; m <= TEXT_BAD_ANSWER; m++) {
		assert_non_null(msg("en", (enum msg)m));
		assert_non_null(msg("ja", (enum msg)m));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_reaches_the_terminal),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_json_keeps_hostile_values),
		cmocka_unit_test(test_table_is_aligned),
		cmocka_unit_test(test_table_without_memory),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
