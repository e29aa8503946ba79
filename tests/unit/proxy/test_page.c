/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "proxy/page.h"

static void test_language(void **state)
{
	static const struct {
		const char *value;
		bool japanese;
	} rows[] = {
		{ "ja", true },
		{ "ja,en;q=0.5", true },
		{ "en-US,en;q=0.9,ja;q=0.8", false },
		{ "fr, ja;q=0.5", true },
		{ "", false },
		{ "j", false },
		{ "xja", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http1_head h = {
			.field = { { .known = HTTP1_ACCEPT_LANGUAGE,
				     .value = { rows[i].value,
						strlen(rows[i].value) } } },
			.field_count = 1,
		};

		assert_int_equal(page_prefers_japanese(&h), rows[i].japanese);
	}
}

/* Every reason with the longest name: whole, and as long as it says. */
static void test_pages(void **state)
{
	char host[HOST_MAX + 1], text[PAGE_MAX + 1];

	(void)state;
	memset(host, 'a', HOST_MAX);
	host[HOST_MAX] = '\0';
	for (unsigned reason = 0; reason < 100; reason++) {
		struct page p = { .reason = (enum reason)reason,
				  .host = host,
				  .reference = UINT64_MAX,
				  .japanese = reason % 2 == 0 };
		size_t len, body;
		const char *end;

		p.status = page_status(p.reason);
		assert_in_range(p.status, 400, 599);
		len = page_write(&p, text);
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		assert_non_null(end);
		assert_int_equal(sscanf(strstr(text, "Content-Length:"),
					"Content-Length: %zu", &body),
				 1);
		assert_int_equal(strlen(end + 4), body);
		assert_non_null(strstr(end, "lang=\"ja\"><h1>"));
		assert_non_null(strstr(end, "lang=\"en\"><h1>"));
		assert_non_null(strstr(end, "ffffffffffffffff"));
		assert_true((strstr(end, "http://sekisho.internal/") != NULL) ==
			    (p.status == 403 && reason != REASON_ZONE &&
			     reason != REASON_NO_PERMIT));
		p.head_only = true;
		assert_int_equal(page_write(&p, text), (size_t)(end - text) + 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
