/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/when.h"
#include "tests/unit/mgmtd/fixture.h"

static struct policy *policy;

static int setup(void **state)
{
	struct diags diags = { 0 };

	(void)state;
	when_use_zone("Asia/Tokyo");
	return policy_parse(fixture_policy, strlen(fixture_policy), &policy, &diags);
}

static int teardown(void **state)
{
	(void)state;
	policy_free(policy);
	return 0;
}

#define GOOD ((enum msg) - 1)

struct row {
	const char *body;
	enum msg msg; /* GOOD, or what is wrong */
};

static const struct row allow_rows[] = {
	{ "{'host': 'www.example.jp', 'reason': 'x'}", GOOD },
	{ "{'host': '*.EXAMPLE.jp.', 'ports': [443], 'zones': ['office'], 'reason': "
	  "'業務'}",
	  GOOD },
	{ "{'host': 'a.jp', 'reason': 'x', 'note': 1}", MSG_UNKNOWN_KEY },
	{ "{'reason': 'x'}", MSG_MISSING_KEY },
	{ "{'host': 5, 'reason': 'x'}", MSG_WRONG_TYPE },
	{ "{'host': '127.0.0.1', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': '*.jp', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': 'a b.jp', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': []}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [0]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [65536]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [80, 80]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': ['80']}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': 80}", MSG_WRONG_TYPE },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports':"
	  " [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
	  MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'zones': ['nowhere']}", MSG_BAD_ZONE },
	{ "{'host': 'a.jp', 'reason': 'x', 'zones': ['lab']}", MSG_NOT_PROXY_ZONE },
	{ "{'host': 'a.jp', 'reason': 'x', 'zones': [1]}", MSG_WRONG_TYPE },
	{ "{'host': 'a.jp'}", MSG_MISSING_KEY },
	{ "{'host': 'a.jp', 'reason': ''}", MSG_BAD_TEXT },
	{ "{'host': 'a.jp', 'reason': ' \\u3000 '}", MSG_BAD_TEXT },
	{ "{'host': 'a.jp', 'reason': 'two\\nlines'}", MSG_BAD_TEXT },
	{ "[]", MSG_BAD_JSON },
	{ "'text'", MSG_BAD_JSON },
};

static const struct row device_rows[] = {
	{ "{'mac': '02-00-00-00-00-0A', 'interface': 'office0'}", GOOD },
	{ "{'mac': '02:00:00:00:00:0a', 'interface': 'office1', 'name': 'PC'}", GOOD },
	{ "{'mac': '01:00:5e:00:00:01', 'interface': 'office0'}", MSG_BAD_MAC },
	{ "{'mac': '00:00:00:00:00:00', 'interface': 'office0'}", MSG_BAD_MAC },
	{ "{'mac': '2:0:0:0:0:a', 'interface': 'office0'}", MSG_BAD_MAC },
	{ "{'mac': '02:00:00:00:00:0a', 'interface': 'lab0'}", MSG_BAD_INTERFACE },
	{ "{'mac': '02:00:00:00:00:0a', 'interface': 'eth9'}", MSG_BAD_INTERFACE },
	{ "{'mac': '02:00:00:00:00:0a', 'interface': 'a-very-long-interface'}",
	  MSG_BAD_INTERFACE },
	{ "{'mac': '02:00:00:00:00:0a', 'interface': 'office0', 'name': ''}",
	  MSG_BAD_TEXT },
};

/* now is 2026-09-21T14:13:20Z */
static const struct row request_rows[] = {
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r'}", GOOD },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'until': null}", GOOD },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r', 'seconds': 30}", GOOD },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r', 'until': '2026-09-21'}",
	  GOOD },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r', 'seconds': 30,"
	  " 'destinations': ['A.example', 'a.example.', '*.b.example']}",
	  GOOD },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r'}", MSG_TIME_NEEDED },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r', 'until': null}",
	  MSG_TIME_NEEDED },
	{ "{'kind': 'guest', 'owner': 'o', 'reason': 'r'}", MSG_BAD_KIND },
	{ "{'kind': 'business', 'owner': ' ', 'reason': 'r'}", MSG_BAD_TEXT },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'seconds': 0}",
	  MSG_BAD_TIME },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'seconds': 31622401}",
	  MSG_BAD_TIME },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'seconds': 1.5}",
	  MSG_WRONG_TYPE },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'until': '2026-09-20'}",
	  MSG_TIME_PAST },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'until':"
	  " '2026-09-21T14:13:20Z'}",
	  MSG_TIME_PAST },
	{ "{'kind': 'contractor', 'owner': 'o', 'reason': 'r', 'until': '2027-09-23'}",
	  MSG_TIME_FAR },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'until': 'tomorrow'}",
	  MSG_BAD_TIME },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'until': '2026-10-01',"
	  " 'seconds': 5}",
	  MSG_TIME_BOTH },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'destinations': ['*']}",
	  MSG_BAD_HOST },
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'destinations': [1]}",
	  MSG_WRONG_TYPE },
};

static const struct row user_rows[] = {
	{ "{'login': 'hanako', 'name': '花子', 'role': 'admin'}", GOOD },
	{ "{'login': 'root', 'name': 'x', 'role': 'admin'}", MSG_BAD_LOGIN },
	{ "{'login': 'Hanako', 'name': 'x', 'role': 'admin'}", MSG_BAD_LOGIN },
	{ "{'login': 'a', 'name': 'x', 'role': 'admin'}", MSG_BAD_LOGIN },
	{ "{'login': 'ab', 'name': 'x', 'role': 'root'}", MSG_BAD_ROLE },
	{ "{'login': 'ab', 'name': '', 'role': 'admin'}", MSG_BAD_TEXT },
};

static const struct row password_rows[] = {
	{ "{'old': 'x', 'new': 'abcdef1!'}", GOOD },
	{ "{'old': 'x', 'new': 'ひらがな1-'}", GOOD },
	{ "{'old': 'x', 'new': 'abcde1!'}", MSG_BAD_PASSWORD },
	{ "{'old': 'x', 'new': 'abcdefgh1'}", MSG_BAD_PASSWORD },
	{ "{'old': 'x', 'new': '12345678!'}", MSG_BAD_PASSWORD },
	{ "{'old': 'x', 'new': 'abcdefgh!'}", MSG_BAD_PASSWORD },
	{ "{'old': 'abcdef1!', 'new': 'abcdef1!'}", MSG_BAD_PASSWORD },
};

/* Single quotes for double ones, so that the rows can be read. */
static json_t *body_of(const char *text, size_t len)
{
	char body[512];

	assert_true(len < sizeof(body));
	for (size_t i = 0; i < len; i++)
		body[i] = text[i] == '\'' ? '"' : text[i];
	return json_loadb(body, len, JSON_DECODE_ANY, NULL);
}

typedef int reader(const json_t *body, struct input_error *e);

static int read_allow(const json_t *body, struct input_error *e)
{
	struct input_allow in;

	return input_allow(body, policy, &in, e);
}

static int read_device(const json_t *body, struct input_error *e)
{
	struct input_device in;

	return input_device(body, policy, &in, e);
}

static int read_request(const json_t *body, struct input_error *e)
{
	struct input_request in;

	return input_request(body, FIXTURE_NOW, &in, e);
}

static int read_user(const json_t *body, struct input_error *e)
{
	struct input_user in;

	return input_user(body, &in, e);
}

static int read_password(const json_t *body, struct input_error *e)
{
	struct input_password in;

	return input_password(body, &in, e);
}

static void check_rows(const struct row *rows, size_t count, reader *read)
{
	for (size_t i = 0; i < count; i++) {
		struct input_error e = { .msg = GOOD };
		json_t *body = body_of(rows[i].body, strlen(rows[i].body));

		assert_non_null(body);
		if (read(body, &e) == 0)
			assert_int_equal(e.msg, GOOD);
		if (e.msg != rows[i].msg)
			fail_msg("%s: %d, not %d", rows[i].body, (int)e.msg,
				 (int)rows[i].msg);
		json_decref(body);
	}
}

static void test_rows(void **state)
{
	(void)state;
	check_rows(allow_rows, ARRAY_LEN(allow_rows), read_allow);
	check_rows(device_rows, ARRAY_LEN(device_rows), read_device);
	check_rows(request_rows, ARRAY_LEN(request_rows), read_request);
	check_rows(user_rows, ARRAY_LEN(user_rows), read_user);
	check_rows(password_rows, ARRAY_LEN(password_rows), read_password);
}

/* Every key of every row left out or cut short: refused or taken, never worse. */
static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(request_rows); i++) {
		size_t full = strlen(request_rows[i].body);

		for (size_t len = 0; len < full; len++) {
			struct input_error e;
			json_t *body = body_of(request_rows[i].body, len);

			assert_int_equal(read_request(body, &e), -EINVAL);
			json_decref(body);
		}
	}
}

static void test_values(void **state)
{
	json_t *body = body_of(request_rows[4].body, strlen(request_rows[4].body));
	struct input_request in;
	struct input_allow allow;
	struct input_error e;

	(void)state;
	assert_int_equal(input_request(body, FIXTURE_NOW, &in, &e), 0);
	json_decref(body);
	assert_int_equal(in.destination_count, 2);
	assert_string_equal(in.destination[0], "a.example");
	assert_string_equal(in.destination[1], "*.b.example");
	assert_int_equal(in.seconds, 30);

	body = body_of(allow_rows[0].body, strlen(allow_rows[0].body));
	assert_int_equal(input_allow(body, policy, &allow, &e), 0);
	json_decref(body);
	assert_int_equal(allow.port_count, 2);
	assert_int_equal(allow.zone_count, 0);
	body = body_of(allow_rows[1].body, strlen(allow_rows[1].body));
	assert_int_equal(input_allow(body, policy, &allow, &e), 0);
	json_decref(body);
	assert_string_equal(allow.host, "*.example.jp");
	assert_int_equal(allow.zone_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
