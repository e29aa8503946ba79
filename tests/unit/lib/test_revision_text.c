/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/revision_text.h"

/* The list's elements, one behind the other, or "!" where one is refused. */
static int read_all(const char *text, size_t len, char *dst, size_t size,
		    struct diags *diags)
{
	struct revision_text t;
	json_t *permit = NULL;
	int r = revision_text_read(text, len, &t, diags);

	dst[0] = '\0';
	if (r < 0)
		return r;
	assert_int_equal(json_array_size(json_object_get(t.top, "permits")), 0);
	while ((r = revision_text_next(&t, &permit, diags)) > 0) {
		size_t at = strlen(dst);

		assert_true(
			at + json_dumpb(permit, dst + at, size - at - 1, JSON_COMPACT) <
			size);
		dst[at + json_dumpb(permit, NULL, 0, JSON_COMPACT)] = '\0';
		json_decref(permit);
	}
	revision_text_clear(&t);
	return r;
}

static void test_elements(void **state)
{
	static const struct {
		const char *text, *elements;
	} rows[] = {
		{ "{\"permits\":[]}", "" },
		{ "{\"permits\" : [ \n ] }", "" },
		{ "{}", "" },
		{ " {\"a\":[{\"permits\":[1]}],\"permits\":[{}]}", "{}" },
		{ "{\"permits\":[{\"b\":[1,2]},{\"c\":\"],[\"}],\"a\":[3,{\"d\":4}]}",
		  "{\"b\":[1,2]}{\"c\":\"],[\"}" },
		{ "{\"a\":\"\\\"permits\\\":[\",\"permits\":\n[\n{}\n,\t[7]\r]}",
		  "{}[7]" },
		{ "{\"a\\\\\":\"permits\",\"permits\":[{\"q\":\"\\\\\"}]}",
		  "{\"q\":\"\\\\\"}" },
		{ "{\"x\":{\"permits\":[{}]}}", "" }, /* another's */
		{ "{\"a\":\"\\\"\",\"permits\":[{}]}", "{}" },
		{ "{\"permits\":[{\"a\":\"\\\"]\"}]}", "{\"a\":\"\\\"]\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct diags diags = { 0 };
		char got[256];

		assert_int_equal(read_all(rows[i].text, strlen(rows[i].text), got,
					  sizeof(got), &diags),
				 0);
		assert_string_equal(got, rows[i].elements);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		struct place at;
	} rows[] = {
		{ "", { 1, 0 } },
		{ "{\"permits\":[", { 1, 12 } },
		{ "{\"permits\":[{}", { 1, 12 } },
		{ "{\"permits\":[{}}", { 0, 0 } },
		{ "{\"permits\":[{}],\"permits\":[{}]}", { 0, 0 } },
		{ "{\"permits\":[{}],\"per\\u006dits\":[{}]}", { 0, 0 } },
		{ "{\"permits\":[{}] 7}", { 0, 0 } },
		{ "{\"permits\":[\n{},]}", { 2, 3 } },
		{ "{\"permits\":[,{}]}", { 1, 13 } },
		{ "{\"permits\":[{}\n{},{}]}", { 2, 1 } },
		{ "{\"permits\":[{},\n7]}", { 2, 1 } },
		{ "{\"permits\":[{},\n{\"a\":1,\"a\":2}]}", { 2, 10 } },
		{ "{\"permits\":[{\"a\":]}]}", { 0, 0 } },
		{ "{\"permits\":[{\"a\":\"\n\"}]}", { 1, 18 } },
		{ "{\n\"a\":x,\"permits\":[]}", { 2, 5 } },
		{ "[\"permits\",[{},{}]", { 1, 18 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct diags diags = { 0 };
		char got[256];

		if (read_all(rows[i].text, strlen(rows[i].text), got, sizeof(got),
			     &diags) != -EINVAL)
			fail_msg("taken: %s", rows[i].text);
		assert_int_equal(diags.count, 1);
		if (diags.item[0].at.line != rows[i].at.line ||
		    diags.item[0].at.column != rows[i].at.column)
			fail_msg("%s: %u:%u: %s", rows[i].text, diags.item[0].at.line,
				 diags.item[0].at.column, diags.item[0].text);
	}
}

/* Cut anywhere it is refused, and nothing behind the cut is looked at. */
static void test_cut_short(void **state)
{
	static const char text[] = "{\"p\":\"\\\\\",\"permits\":[{\"a\":\"\\\"]\"},{}]}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct diags diags = { 0 };
		char got[64], *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, text, n);
		cut = realloc(cut, n != 0 ? n : 1);
		assert_non_null(cut);
		assert_int_equal(read_all(cut, n, got, sizeof(got), &diags), -EINVAL);
		free(cut);
	}
}

static void test_deep(void **state)
{
	enum { DEEP = 100000 };
	static char text[2 * DEEP + 32];
	struct diags diags = { 0 };
	char got[64];
	size_t n = (size_t)snprintf(text, sizeof(text), "{\"permits\":[");

	(void)state;
	memset(text + n, '[', DEEP);
	memset(text + n + DEEP, ']', DEEP);
	n += 2 * DEEP;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "]}");
	assert_int_equal(read_all(text, n, got, sizeof(got), &diags), -EINVAL);
	assert_int_equal(diags.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
