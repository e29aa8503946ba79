/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "mgmt/cli/args.h"
#include "mgmt/cli/cli.h"
#include "mgmt/cli/duration.h"

#define OPTIONS "reason=! port=+ json f"

static int parse(struct args *a, int argc, const char *const *words)
{
	char *argv[ARGS_MAX * 2];

	for (int i = 0; i < argc; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	return args_parse(argc, argv, OPTIONS, a);
}

#define PARSE(a, ...) \
	parse(a, (int)ARRAY_LEN(((const char *[]){ __VA_ARGS__ })), \
	      (const char *[]){ __VA_ARGS__ })

static void test_words_and_options_in_any_order(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, "--port", "80", "add", "--reason=why = so", "host",
			       "--port=443", "--json", "-f"),
			 0);
	assert_int_equal(a.word_count, 2);
	assert_string_equal(a.word[0], "add");
	assert_string_equal(a.word[1], "host");
	assert_string_equal(args_value(&a, "reason"), "why = so");
	assert_string_equal(args_nth(&a, "port", 0), "80");
	assert_string_equal(args_nth(&a, "port", 1), "443");
	assert_null(args_nth(&a, "port", 2));
	assert_true(args_has(&a, "json"));
	assert_true(args_has(&a, "f"));
	assert_false(args_has(&a, "rea"));
	assert_null(args_value(&a, "zone"));
}

static void test_end_of_options(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(PARSE(&a, "--json", "--", "--port", "-"), 0);
	assert_int_equal(a.word_count, 2);
	assert_string_equal(a.word[0], "--port");
	assert_int_equal(PARSE(&a, "-"), 0); /* standard input is a word */
	assert_int_equal(a.word_count, 1);
}

static void test_misuse(void **state)
{
	static const char *const bad[][2] = {
		{ "--zone", "x" },  { "--port", NULL },   { "--json=1", NULL },
		{ "-j", NULL },     { "-json", NULL },    { "--f", NULL },
		{ "--reaso", "x" }, { "--reason!", "x" }, { "--json", "--json" },
	};
	struct args a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int words = bad[i][1] != NULL ? 2 : 1;

		assert_int_equal(parse(&a, words, bad[i]), -EINVAL);
		assert_true(strlen(a.error) > 0);
	}
	assert_int_equal(PARSE(&a, "--reason", "a", "--reason", "b"), -EINVAL);
	assert_int_equal(PARSE(&a, "--=x"), -EINVAL);
}

static void test_too_many(void **state)
{
	const char *words[ARGS_MAX + 1];
	struct args a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = "word";
	assert_int_equal(parse(&a, ARGS_MAX, words), 0);
	assert_int_equal(parse(&a, ARGS_MAX + 1, words), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = "--port=1";
	assert_int_equal(parse(&a, ARGS_MAX, words), 0);
	assert_int_equal(parse(&a, ARGS_MAX + 1, words), -EINVAL);
}

static void test_commands_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		const struct command *a = &commands[i];

		assert_non_null(a->run);
		assert_true(a->words_min <= a->words_max);
		for (size_t k = 0; k < i; k++) {
			const struct command *b = &commands[k];

			assert_false(strcmp(a->group, b->group) == 0 &&
				     (a->verb == NULL || b->verb == NULL ||
				      strcmp(a->verb, b->verb) == 0));
		}
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = {
		{ "30s", 30 },   { "1s", 1 },        { "10m", 600 },
		{ "8h", 28800 }, { "90d", 7776000 }, { "3660d", DURATION_MAX_S },
	};
	static const char *const bad[] = { "",           "s",     "30",
					   "0s",         "-1s",   "1.5h",
					   " 1s",        "1 s",   "1S",
					   "1w",         "3661d", "08h",
					   "1hh",        "+1s",   "99999999999999999999s",
					   "4294967296d" };
	uint64_t s = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &s), 0);
		assert_int_equal(s, good[i].seconds);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(duration_parse(bad[i], &s) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_options_in_any_order),
		cmocka_unit_test(test_end_of_options),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_commands_are_told_apart),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
