/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search of records says about itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

static void test_behind(void **state)
{
	struct proto_query_end *end = &recordd.shared->query_end;
	json_t *answer = stand_get("/api/records");

	(void)state;
	assert_true(json_is_null(json_object_get(answer, "behind")));
	json_decref(answer);
	*end = (struct proto_query_end){ .behind = 1,
					 .until_us = 1790780400 * (int64_t)1000000 };
	answer = stand_get("/api/records");
	assert_string_equal(stand_text(json_object_get(answer, "behind"), "until"),
			    "2026-09-30T15:00:00.000000Z");
	json_decref(answer);
	end->until_us = 0;
	answer = stand_get("/api/records");
	assert_true(json_is_null(
		json_object_get(json_object_get(answer, "behind"), "until")));
	assert_true(json_is_object(json_object_get(answer, "behind")));
	json_decref(answer);
}

/* recordd is there; it is the question that is too large. */
static void test_takes_too_long(void **state)
{
	json_t *answer;

	(void)state;
	recordd.shared->query_end.code = -ETIMEDOUT;
	answer = stand_ask("GET", "/api/records", NULL, 503);
	assert_string_equal(people_code(answer), "search-too-long");
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND_RECORDD(test_behind),
		ON_STAND_RECORDD(test_takes_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
