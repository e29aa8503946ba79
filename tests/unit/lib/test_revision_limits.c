/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a permit is limited to: flows of the policy and lists; and which formats are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/mem.h"
#include "lib/revision.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"

#define POLICY \
	"version: 1\\nsite: { name: x }\\nzones:\\n" \
	"  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24] }\\n" \
	"  other: { kind: office, interfaces: [other0], networks: [10.40.0.0/24] }\\n" \
	"services: { ssh: [tcp/22], web: [tcp/80] }\\nflows:\\n" \
	"  - { id: z, from: office, to: other, services: [ssh] }\\n" \
	"  - { id: back, from: other, to: office, services: [ssh] }\\n" \
	"  - { id: a, from: office, to: other, services: [web] }\\n"
#define PERMIT(destinations, more) \
	"{\"id\":\"p0123456789abcdea\",\"number\":3,\"device\":\"d0123456789abcdef\"," \
	"\"cards\":[{\"mac\":\"02:00:00:00:00:01\",\"interface\":\"office0\"}]," \
	"\"zone\":\"office\",\"user\":\"\",\"group\":\"\"," \
	"\"destinations\":[" destinations "]" more "}"
#define FULL(format, permits) \
	"{\"format\":" format ",\"number\":7,\"created\":\"2026-11-21T00:00:00Z\"," \
	"\"policy\":\"" POLICY "\"," REVISION_PARTS("80") ",\"permits\":[" permits \
							  "],\"quarantine\":[]}"
#define SMALL(format, added) \
	"{\"format\":" format ",\"number\":8,\"base\":7," \
	"\"created\":\"2026-11-21T00:00:00Z\",\"permits_removed\":[]," \
	"\"permits_added\":[" added "],\"quarantine_added\":[]," \
	"\"quarantine_removed\":[]}"
#define OF(more) FULL("4", PERMIT("", more))

static int parse(const char *text, struct revision **ret, struct diags *diags)
{
	return revision_parse(text, strlen(text), ret, diags);
}

static struct revision *good(const char *text)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };

	if (parse(text, &rev, &diags) < 0)
		fail_msg("%s: %s", text, diags.item[0].text);
	return rev;
}

static void test_flows(void **state)
{
	struct revision *rev = good(OF(",\"flows\":[\"a\",\"z\"]"));
	const struct revision_permit *p = &rev->permit[0];

	(void)state;
	assert_true(p->limited);
	assert_int_equal(p->flow_count, 2);
	assert_true(revision_permit_names_flow(p, 0));
	assert_false(revision_permit_names_flow(p, 1));
	assert_true(revision_permit_names_flow(p, 2));
	assert_int_equal(revision_permit_mark(p), REVISION_MARK_LIMITED | 3);
	revision_free(rev);
	rev = good(OF(",\"flows\":[]")); /* nothing, and not everything */
	assert_true(rev->permit[0].limited);
	assert_int_equal(rev->permit[0].flow_count, 0);
	assert_int_equal(revision_permit_mark(&rev->permit[0]),
			 REVISION_MARK_LIMITED | 3);
	revision_free(rev);
	rev = good(OF(""));
	assert_false(rev->permit[0].limited || rev->permit[0].listed);
	assert_int_equal(revision_permit_mark(&rev->permit[0]), REVISION_MARK_FULL | 3);
	revision_free(rev);
	rev = good(FULL("4", PERMIT("\"a.example\"", ",\"flows\":[\"z\"]")));
	assert_int_equal(rev->permit[0].destination_count, 1);
	assert_int_equal(revision_permit_mark(&rev->permit[0]),
			 REVISION_MARK_LIMITED | 3);
	revision_free(rev);
}

static void test_lists(void **state)
{
	struct revision *rev =
		good(OF(",\"lists\":[\"ldefault\",\"l0123456789abcdef\"]"));

	(void)state;
	assert_true(rev->permit[0].listed);
	assert_int_equal(rev->permit[0].list_count, 2);
	assert_string_equal(rev->permit[0].list[0], "ldefault");
	assert_string_equal(rev->permit[0].list[1], "l0123456789abcdef");
	assert_int_equal(revision_permit_mark(&rev->permit[0]), REVISION_MARK_FULL | 3);
	revision_free(rev);
	rev = good(OF(",\"lists\":[]"));
	assert_true(rev->permit[0].listed);
	assert_int_equal(rev->permit[0].list_count, 0);
	revision_free(rev);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		OF(",\"flows\":[\"back\"]"), /* begins in another zone */
		OF(",\"flows\":[\"none\"]"),
		OF(",\"flows\":[\"z\",\"z\"]"),
		OF(",\"flows\":[1]"),
		OF(",\"flows\":null"),
		OF(",\"flows\":\"z\""),
		OF(",\"lists\":[\"default\"]"),
		OF(",\"lists\":[7]"),
		OF(",\"lists\":{}"),
		FULL("4", PERMIT("\"a.example\"", ",\"lists\":[\"ldefault\"]")),
		FULL("3", PERMIT("", ",\"flows\":[]")),
		FULL("3", PERMIT("", ",\"lists\":[]")),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct revision *rev = NULL;
		struct diags diags = { 0 };

		if (parse(rows[i], &rev, &diags) != -EINVAL || rev != NULL)
			fail_msg("row %zu passes", i);
	}
}

static void test_formats(void **state)
{
	struct revision *base = good(FULL("3", PERMIT("", "")));
	struct revision_small *small = NULL;
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	static const char old[] = SMALL("3", ""), new[] = SMALL("5", "");
	static const char flows[] = SMALL("4", PERMIT("", ",\"flows\":[\"z\"]"));

	(void)state;
	assert_int_equal(parse(FULL("5", ""), &rev, &diags), -EINVAL);
	assert_non_null(strstr(diags.item[0].text, "newer version"));
	diags = (struct diags){ 0 };
	assert_int_equal(parse(FULL("1", ""), &rev, &diags), -EINVAL);
	assert_non_null(strstr(diags.item[0].text, "far older version"));
	diags = (struct diags){ 0 };
	assert_int_equal(
		revision_small_parse(new, sizeof(new) - 1, base->policy, &small, &diags),
		-EINVAL);
	assert_non_null(strstr(diags.item[0].text, "newer version"));
	diags = (struct diags){ 0 };
	assert_int_equal(
		revision_small_parse(old, sizeof(old) - 1, base->policy, &small, &diags),
		0);
	revision_small_free(small);
	assert_int_equal(revision_small_parse(flows, sizeof(flows) - 1, base->policy,
					      &small, &diags),
			 0);
	assert_int_equal(small->added[0].flow_count, 1);
	revision_small_free(small);
	revision_free(base);
}

static void test_no_memory(void **state)
{
	static const char text[] = OF(",\"flows\":[\"z\"],\"lists\":[\"ldefault\"]");

	(void)state;
	for (unsigned n = 1;; n++) {
		struct revision *rev = NULL;
		struct diags diags = { 0 };
		bool fired;
		int r;

		alloc_fail_at(n);
		r = parse(text, &rev, &diags);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		if (!fired) {
			assert_int_equal(r, 0);
			revision_free(rev);
			return;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(rev);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),     cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_formats),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
