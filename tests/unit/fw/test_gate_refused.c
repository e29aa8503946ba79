/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel refuses is told with the line of the policy that it was made for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fw/gated/load.h"
#include "lib/fdio.h"
#include "tests/unit/fw/golden.h"

/* The line of that number in what is read from path, without its end. */
static void line_of(const char *path, unsigned number, char *dst, size_t size)
{
	char *text = NULL, *at;
	size_t len;

	assert_int_equal(fdio_read_file(path, 1 << 20, &text, &len), 0);
	at = text;
	for (unsigned i = 1; i < number; i++) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	(void)snprintf(dst, size, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
}

/* The kernel does not take that rule: what is said begins with a line that names it. */
static void check(const char *path, const struct revision *rev, const struct ruleset *rs,
		  uint32_t rule, const char *named)
{
	struct fw_result answer = { .code = -ERANGE, .rule = rule };
	struct proto_result res = { 0 };
	char line[512], start[512];
	unsigned number = 0, column = 0;

	(void)snprintf(answer.text, sizeof(answer.text), "the kernel refused it");
	load_say_kernel(&res, rev->policy, rs, &answer);
	assert_int_equal(res.code, -ERANGE);
	(void)snprintf(start, sizeof(start), ": the kernel refused it; rule %u of chain ",
		       rule);
	assert_non_null(strstr(res.text, start));
	assert_int_equal(sscanf(res.text, "policy.yaml:%u:%u: ", &number, &column), 2);
	line_of(path, number, line, sizeof(line));
	if (strstr(line, named) == NULL)
		fail_msg("%s: line %u does not name '%s': %s", path, number, named, line);
}

static void test_flows_and_zones(void **state)
{
	static const char *const cases[] = { "clinic", "nat", "timed", "limited",
					     "union" };
	static const struct {
		const char *start, *named;
	} own[] = {
		{ "flow:", NULL },      { "sys:input-", NULL },
		{ "sys:limit-", NULL }, { "sys:from-", NULL },
		{ "sys:ntp", "ntp" },   { "sys:syslog", "syslog" },
		{ "sys:mail", "mail" }, { "sys:proxy", "proxy" },
	};
	bool seen[ARRAY_LEN(own)] = { false };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct revision *rev = golden_load(cases[c]);
		struct diags diags = { 0 };
		struct ruleset *rs = NULL;
		char path[512];

		assert_non_null(rev);
		golden_path(path, sizeof(path), cases[c], "yaml");
		assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
		for (uint32_t i = 0; i < rs->rule_count; i++) {
			for (size_t k = 0; k < ARRAY_LEN(own); k++) {
				const char *comment = rs->rule[i].comment;
				size_t len = strlen(own[k].start);

				if (strncmp(comment, own[k].start, len) != 0)
					continue;
				seen[k] = true;
				check(path, rev, rs, i,
				      own[k].named != NULL ? own[k].named
							   : comment + len);
			}
		}
		ruleset_free(rs);
		revision_free(rev);
	}
	for (size_t k = 0; k < ARRAY_LEN(own); k++)
		assert_true(seen[k]);
}

/* Of none: the file alone. */
static void test_the_whole_file(void **state)
{
	struct revision *rev = golden_load("clinic");
	struct fw_result answer = { .code = -ENOMEM, .rule = FW_NO_RULE };
	struct proto_result res = { 0 };
	struct diags diags = { 0 };
	struct ruleset *rs = NULL;

	(void)state;
	assert_non_null(rev);
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	(void)snprintf(answer.text, sizeof(answer.text), "no");
	load_say_kernel(&res, rev->policy, rs, &answer);
	assert_int_equal(res.code, -ENOMEM);
	assert_string_equal(res.text, "no");
	ruleset_free(rs);
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_and_zones),
		cmocka_unit_test(test_the_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
