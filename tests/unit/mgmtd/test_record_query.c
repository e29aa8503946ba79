/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/record_query.h"
#include "mgmt/mgmtd/when.h"

static int ask(const char *key, const char *value, struct proto_query *q)
{
	const struct api_request req = { .query = { { key, value } }, .query_count = 1 };
	const char *bad = NULL;
	int r = record_query_parse(&req, q, &bad);

	assert_true(r == 0 || (r == -EINVAL && bad != NULL));
	return r;
}

static void test_parameters(void **state)
{
	struct proto_query q;

	(void)state;
	assert_int_equal(ask("kind", "proxy-open", &q), 0);
	assert_int_equal(q.kinds, 1u << RECORD_PROXY_OPEN);
	assert_int_equal(q.limit, 100);
	assert_int_equal(q.newest_first, 1);
	assert_int_equal(ask("kind", "nonsense", &q), -EINVAL);
	assert_int_equal(ask("order", "oldest", &q), 0);
	assert_int_equal(q.newest_first, 0);
	assert_int_equal(ask("order", "down", &q), -EINVAL);
	assert_int_equal(ask("limit", "10000", &q), 0);
	assert_int_equal(ask("limit", "10001", &q), -EINVAL);
	assert_int_equal(ask("limit", "0", &q), -EINVAL);
	assert_int_equal(ask("mac", "02-00-00-00-00-01", &q), 0);
	assert_int_equal(q.mac[5], 1);
	assert_int_equal(ask("mac", "02", &q), -EINVAL);
	assert_int_equal(ask("address", "fd10::1", &q), 0);
	assert_int_equal(q.addr_family, 6);
	assert_int_equal(ask("address", "10.0.0.256", &q), -EINVAL);
	assert_int_equal(ask("host", ".Example.JP", &q), 0);
	assert_string_equal(q.host, ".example.jp");
	assert_int_equal(ask("host", "10.0.0.1", &q), 0);
	assert_string_equal(q.host, "10.0.0.1");
	assert_int_equal(ask("zone", "a-zone-with-a-name-that-is-far-too-long", &q),
			 -EINVAL);
	assert_int_equal(ask("text", "a\nb", &q), -EINVAL);
	assert_int_equal(ask("after", "202611000000000001", &q), 0);
	assert_int_equal(q.after_id, 202611000000000001);
	assert_int_equal(ask("user", "", &q), 0); /* an empty field of a form */
	assert_int_equal(ask("color", "red", &q), -EINVAL);
}

static void test_times(void **state)
{
	const struct api_request req = { .query = { { "from", "2026-11-21" },
						    { "to", "2026-11-21" } },
					 .query_count = 2 };
	const struct api_request inverted = { .query = { { "from", "2026-11-22" },
							 { "to", "2026-11-21" } },
					      .query_count = 2 };
	const char *bad;
	struct proto_query q;

	(void)state;
	assert_int_equal(record_query_parse(&req, &q, &bad), 0); /* one whole day */
	assert_int_equal(q.from_us, 1795186800000000);
	assert_int_equal(q.to_us - q.from_us, 86400000000);
	assert_int_equal(record_query_parse(&inverted, &q, &bad), -EINVAL);
	assert_string_equal(bad, "to");
}

/* What is recorded of a question must be what is asked. */
static void test_repeated(void **state)
{
	const struct api_request twice = {
		.query = { { "text", "decoy" }, { "user", "x" }, { "text", "real" } },
		.query_count = 3
	};
	const struct api_request kinds = { .query = { { "kind", "flow-open" },
						      { "kind", "flow-close" } },
					   .query_count = 2 };
	const char *bad = NULL;
	struct proto_query q;

	(void)state;
	assert_int_equal(record_query_parse(&twice, &q, &bad), -EINVAL);
	assert_string_equal(bad, "text");
	assert_int_equal(record_query_parse(&kinds, &q, &bad), 0);
}

static void test_print(void **state)
{
	struct api_request req = {
		.query = { { "user", "" }, { "host", "a.jp" }, { "kind", "flow-open" } },
		.query_count = 3
	};
	char text[RECORD_QUERY_TEXT_MAX], longest[2000];

	(void)state;
	record_query_print(&req, text);
	assert_string_equal(text, "host=a.jp kind=flow-open");
	req.query_count = 1;
	record_query_print(&req, text);
	assert_string_equal(text, "all");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < API_QUERY_MAX; i++)
		req.query[i] = (struct api_pair){ longest, longest };
	req.query_count = API_QUERY_MAX;
	record_query_print(&req, text);
	assert_true(strlen(text) < sizeof(text));
}

static void test_json(void **state)
{
	struct record rec = { .time_us = 1795219200000001,
			      .kind = RECORD_PROXY_DENY,
			      .reason = REASON_NOT_LISTED,
			      .src_port = 5 };
	json_t *obj;
	char *text;

	(void)state;
	record_set_str(rec.host, sizeof(rec.host), "evil.example");
	assert_int_equal(addr_parse("10.30.0.7", &rec.src), 0);
	obj = record_json(202611000000000001, &rec, true);
	text = json_dumps(obj, JSON_COMPACT);
	assert_non_null(strstr(text, "\"id\":202611000000000001,"
				     "\"time\":\"2026-11-21T00:00:00.000001Z\","
				     "\"kind\":\"proxy-deny\",\"reason\":20,"
				     "\"reason_name\":\"not-listed\""));
	assert_non_null(strstr(text, "\"src\":\"10.30.0.7\",\"src_port\":5,\"host\""));
	assert_null(strstr(text, "bytes_up"));
	free(text);
	json_decref(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters), cmocka_unit_test(test_times),
		cmocka_unit_test(test_repeated),   cmocka_unit_test(test_print),
		cmocka_unit_test(test_json),
	};

	when_use_zone("Asia/Tokyo");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
