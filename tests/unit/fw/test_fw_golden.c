/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy in, nft text out. UPDATE_GOLDEN=1 rewrites the expectations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "lib/fdio.h"
#include "tests/unit/fw/golden.h"

static char *print(const char *name)
{
	struct revision *rev = golden_load(name);
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(rev);
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	assert_int_equal(ruleset_print(rs, GOLDEN_NOW, out), 0);
	(void)fclose(out);
	ruleset_free(rs);
	revision_free(rev);
	return text;
}

static void check(const char *name)
{
	char *got = print(name), *want = NULL, path[512];
	size_t len;

	golden_path(path, sizeof(path), name, "nft");
	if (getenv("UPDATE_GOLDEN") != NULL)
		assert_int_equal(fdio_replace_file(path, 0644, got, strlen(got)), 0);
	assert_int_equal(fdio_read_file(path, 1 << 20, &want, &len), 0);
	assert_string_equal(got, want);
	free(got);
	free(want);
}

static size_t count(const char *pattern)
{
	glob_t found = { 0 };
	size_t count;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

static void test_cases(void **state)
{
	static const char *const cases[] = {
		"clinic",
		"admission",
		"union",
		"smallest",
		"transparent",
		"timed",
		"nat",
		"bridged",
		"limited",
		"vpn",
		"example-policy",
		"example-branch",
		"example-dual-stack",
		"example-pinned-terminals",
	};

	char path[512];
	size_t shipped = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check(cases[i]);
		shipped += strncmp(cases[i], "example-", strlen("example-")) == 0;
	}
	/* a text that no case belongs to is never compared; and no example is left out */
	golden_path(path, sizeof(path), "*", "nft");
	assert_int_equal(count(path), ARRAY_LEN(cases));
	assert_int_equal(count(SOURCE_DIR "/conf/*.yaml") +
				 count(SOURCE_DIR "/conf/examples/*.yaml"),
			 shipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
