/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/diff.h"
#include "tests/support/alloc_fail.h"

static void is(const char *from, const char *to, const char *want)
{
	char *text = NULL;

	assert_int_equal(diff_unified(from, to, &text), 0);
	assert_string_equal(text, want);
	free(text);
}

static void test_small(void **state)
{
	(void)state;
	is("", "", "");
	is("a\nb\n", "a\nb\n", "");
	is("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
	is("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
	is("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
	is("a\nb", "a\nb\nc", "@@ -1,2 +1,3 @@\n a\n b\n+c\n");
}

static void test_hunks(void **state)
{
	(void)state;
	/* seven lines between two changes part them, six do not */
	is("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
	   "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n"
	   "@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n");
	is("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
	   "@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n");
}

/* What is left of from and what came make to, whatever was chosen. */
static void applies(const char *from, const char *to)
{
	char *text = NULL, *built = calloc(1, strlen(from) + strlen(to) + 2);
	const char *at = from, *line;
	size_t used = 0;

	assert_non_null(built);
	assert_int_equal(diff_unified(from, to, &text), 0);
	line = text;
	while (*line != '\0') {
		size_t len = strcspn(line, "\n") + 1, old;

		if (line[0] == '@') {
			assert_int_equal(sscanf(line, "@@ -%zu", &old), 1);
			while (old > 1 && (size_t)(at - from) < 2 * (old - 1))
				built[used++] = *at++;
		} else {
			if (line[0] != '-') {
				memcpy(built + used, line + 1, len - 1);
				used += len - 1;
			}
			if (line[0] != '+') {
				assert_memory_equal(at, line + 1, len - 1);
				at += len - 1;
			}
		}
		line += len;
	}
	memcpy(built + used, at, strlen(at) + 1);
	assert_string_equal(built, to);
	free(text);
	free(built);
}

static void test_random(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[2][64] = { "", "" };

		for (int t = 0; t < 2; t++) {
			size_t n = (seed = seed * 1103515245u + 12345u) >> 16 & 15;

			for (size_t i = 0; i < n; i++) {
				seed = seed * 1103515245u + 12345u;
				text[t][2 * i] = (char)('a' + (seed >> 16) % 4);
				text[t][2 * i + 1] = '\n';
			}
		}
		applies(text[0], text[1]);
	}
}

static void test_large(void **state)
{
	size_t lines = DIFF_LINES_MAX + 1;
	char *big = malloc(2 * lines + 1), *text = NULL;

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < lines; i++)
		memcpy(big + 2 * i, "a\n", 2);
	big[2 * lines] = '\0';
	assert_int_equal(diff_unified(big, "", &text), -EFBIG);
	assert_null(text);
	/* beyond the ceiling of edits all of it is replaced, which is right, too */
	big[2 * 5000] = '\0';
	assert_int_equal(diff_unified(big, "b\n", &text), 0);
	assert_int_equal(strncmp(text, "@@ -1,5000 +1,1 @@\n-a\n", 22), 0);
	free(text);
	free(big);
}

static void test_memory(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 100; n++) {
		char *text = NULL;
		int r;

		alloc_fail_at(n);
		r = diff_unified("a\nb\nc\n", "a\nd\nc\ne\n", &text);
		alloc_fail_at(0);
		if (r == 0) {
			free(text);
			assert_true(n > 5);
			return;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(text);
	}
	fail_msg("it never succeeded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),  cmocka_unit_test(test_hunks),
		cmocka_unit_test(test_random), cmocka_unit_test(test_large),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
