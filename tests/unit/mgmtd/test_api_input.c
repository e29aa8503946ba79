/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/input_allow.h"
#include "mgmt/mgmtd/input_list.h"
#include "mgmt/mgmtd/input_permit.h"
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
	{ "{'host': '*.EXAMPLE.jp.', 'ports': [8443, 443], 'purpose': '業務', 'list': "
	  "'窓口', 'owner': '総務課', 'from': '2026-10-01', 'until': '2027-03-31',"
	  " 'review': '2027-01-15', 'scheme': 'https', 'tls_any': true}",
	  GOOD },
	{ "{'host': 'a.jp', 'purpose': 'x', 'scheme': 'http', 'path': '/a/b/',"
	  " 'methods': ['GET', 'HEAD']}",
	  GOOD },
	{ "{'host': '203.0.113.5', 'address': true, 'purpose': 'x'}", GOOD },
	{ "{'host': '::ffff:10.0.0.1', 'address': true, 'purpose': 'x'}", GOOD },
	{ "{'host': 'a.jp', 'reason': 'x', 'note': 1}", MSG_UNKNOWN_KEY },
	{ "{'host': 'a.jp', 'reason': 'x', 'purpose': 'x'}", MSG_UNKNOWN_KEY },
	{ "{'host': 'a.jp', 'reason': 'x', 'zones': ['office']}", MSG_UNKNOWN_KEY },
	{ "{'reason': 'x'}", MSG_MISSING_KEY },
	{ "{'host': 5, 'reason': 'x'}", MSG_WRONG_TYPE },
	{ "{'host': '127.0.0.1', 'reason': 'x'}", MSG_HOST_IS_ADDRESS },
	{ "{'host': '2001:db8::1', 'reason': 'x'}", MSG_HOST_IS_ADDRESS },
	{ "{'host': '127.1', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': '127.0.0.1', 'address': true, 'reason': 'x'}", MSG_BAD_ADDRESS },
	{ "{'host': 'a.jp', 'address': true, 'reason': 'x'}", MSG_BAD_ADDRESS },
	{ "{'host': '224.0.0.1', 'address': true, 'reason': 'x'}", MSG_BAD_ADDRESS },
	{ "{'host': 'a.jp', 'address': 1, 'reason': 'x'}", MSG_WRONG_TYPE },
	{ "{'host': 'a b.jp', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': 'https://a.jp/', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': '*.jp', 'reason': 'x'}", MSG_BAD_HOST },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': []}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [0]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [65536]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': [80, 443, 80]}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': ['80']}", MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports': 80}", MSG_WRONG_TYPE },
	{ "{'host': 'a.jp', 'reason': 'x', 'ports':"
	  " [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
	  MSG_BAD_PORT },
	{ "{'host': 'a.jp', 'reason': 'x', 'scheme': 'ftp'}", MSG_BAD_SCHEME },
	{ "{'host': 'a.jp', 'reason': 'x', 'path': 'a'}", MSG_BAD_PATH },
	{ "{'host': 'a.jp', 'reason': 'x', 'path': '/a/../b'}", MSG_BAD_PATH },
	{ "{'host': 'a.jp', 'reason': 'x', 'path': '/a%2fb'}", MSG_BAD_PATH },
	{ "{'host': 'a.jp', 'reason': 'x', 'path': '/a?b'}", MSG_BAD_PATH },
	{ "{'host': 'a.jp', 'reason': 'x', 'path': '/a', 'scheme': 'https'}",
	  MSG_PLAIN_ONLY },
	{ "{'host': 'a.jp', 'reason': 'x', 'methods': ['GET'], 'scheme': 'https'}",
	  MSG_PLAIN_ONLY },
	{ "{'host': 'a.jp', 'reason': 'x', 'methods': ['CONNECT']}", MSG_BAD_METHODS },
	{ "{'host': 'a.jp', 'reason': 'x', 'methods': ['GET', 'GET']}", MSG_BAD_METHODS },
	{ "{'host': 'a.jp', 'reason': 'x', 'methods': [1]}", MSG_WRONG_TYPE },
	{ "{'host': 'a.jp', 'reason': 'x', 'tls_any': true, 'scheme': 'http'}",
	  MSG_TLS_ONLY },
	{ "{'host': 'a.jp', 'reason': 'x', 'tls_any': true, 'path': '/a'}",
	  MSG_TLS_ONLY },
	{ "{'host': 'a.jp', 'reason': 'x', 'until': '2026-09-20'}", MSG_TIME_PAST },
	{ "{'host': 'a.jp', 'reason': 'x', 'until': 'soon'}", MSG_BAD_TIME },
	{ "{'host': 'a.jp', 'reason': 'x', 'from': '2027-01-02', 'until': '2027-01-01'}",
	  MSG_TIME_ORDER },
	{ "{'host': 'a.jp', 'reason': 'x', 'review': '2027-02-30'}", MSG_BAD_TIME },
	{ "{'host': 'a.jp', 'reason': 'x', 'review': '2027-02-28T00:00:00Z'}",
	  MSG_BAD_TEXT },
	{ "{'host': 'a.jp', 'reason': 'x', 'replaces': 'nonsense'}", MSG_NO_ENTRY },
	{ "{'host': 'a.jp', 'reason': 'x', 'until': null, 'from': null, 'list': null,"
	  " 'replaces': null, 'override': null, 'path': '', 'owner': ''}",
	  GOOD },
	{ "{'host': 'a.jp'}", MSG_MISSING_KEY },
	{ "{'host': 'a.jp', 'reason': ''}", MSG_BAD_TEXT },
	{ "{'host': 'a.jp', 'reason': ' \\u3000 '}", MSG_BAD_TEXT },
	{ "{'host': 'a.jp', 'reason': 'two\\nlines'}", MSG_BAD_TEXT },
	{ "[]", MSG_BAD_JSON },
	{ "'text'", MSG_BAD_JSON },
};

#define WEEK "'weekly': [{'days': ['mon', 'fri'], 'from': '08:30', 'to': '17:15'}]"

static const struct row list_rows[] = {
	{ "{'name': '窓口', 'reason': 'x'}", GOOD },
	{ "{'name': 'a', 'reason': 'x', 'mode': 'observe', 'zones': ['office'],"
	  " 'groups': ['総務課'], 'users': ['hanako'], 'schedule': {" WEEK
	  ", 'timezone': 'Asia/Tokyo', 'holidays': ['2026-11-23']}}",
	  GOOD },
	{ "{'name': 'a', 'reason': 'x', 'schedule': null}", GOOD },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {'weekly': [{'days': ['sun'],"
	  " 'from': '00:00', 'to': '24:00'}]}}",
	  GOOD },
	{ "{'reason': 'x'}", MSG_MISSING_KEY },
	{ "{'name': 'a'}", MSG_MISSING_KEY },
	{ "{'name': 'ldefault', 'reason': 'x'}", MSG_BAD_NAME },
	{ "{'name': 'l0123456789abcdef', 'reason': 'x'}", MSG_BAD_NAME },
	{ "{'name': 'a', 'reason': 'x', 'mode': 'off'}", MSG_BAD_MODE },
	{ "{'name': 'a', 'reason': 'x', 'zones': ['nowhere']}", MSG_BAD_ZONE },
	{ "{'name': 'a', 'reason': 'x', 'zones': ['lab']}", MSG_NOT_PROXY_ZONE },
	{ "{'name': 'a', 'reason': 'x', 'zones': 'office'}", MSG_WRONG_TYPE },
	{ "{'name': 'a', 'reason': 'x', 'groups': ['a,b']}", MSG_BAD_NAME },
	{ "{'name': 'a', 'reason': 'x', 'groups': ['']}", MSG_BAD_NAME },
	{ "{'name': 'a', 'reason': 'x', 'users': ['a', 'a']}", MSG_BAD_NAME },
	{ "{'name': 'a', 'reason': 'x', 'users': [1]}", MSG_WRONG_TYPE },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {}}", MSG_BAD_SCHEDULE },
	{ "{'name': 'a', 'reason': 'x', 'schedule': 5}", MSG_BAD_JSON },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {" WEEK ", 'timezone': 'Mars'}}",
	  MSG_BAD_SCHEDULE },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {" WEEK ", 'holidays': ['5']}}",
	  MSG_BAD_SCHEDULE },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {'weekly': [{'days': ['mon', 'mon'],"
	  " 'from': '08:30', 'to': '17:15'}]}}",
	  MSG_BAD_SCHEDULE },
	{ "{'name': 'a', 'reason': 'x', 'schedule': {'weekly': [{'days': ['mon'],"
	  " 'from': '17:15', 'to': '08:30'}]}}",
	  MSG_BAD_SCHEDULE },
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
	{ "{'kind': 'business', 'owner': 'o', 'reason': 'r', 'seconds': 316224001}",
	  MSG_TIME_FAR },
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
	{ "{'old': 'x', 'new': 'ひらがなです1-'}", GOOD },
	{ "{'old': 'x', 'new': 'ひらがな1-'}", MSG_BAD_PASSWORD },
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

	return input_allow(body, FIXTURE_NOW, &in, e);
}

static int read_list(const json_t *body, struct input_error *e)
{
	struct input_list in = { .zones = json_array(),
				 .groups = json_array(),
				 .users = json_array(),
				 .schedule = json_null() };
	int r = input_list(body, policy, &in, e);

	input_list_clear(&in);
	return r;
}

static int read_device(const json_t *body, struct input_error *e)
{
	struct input_device in;

	return input_device(body, policy, &in, e);
}

static int read_request(const json_t *body, struct input_error *e)
{
	struct input_request in;

	return input_request(body, FIXTURE_NOW, &terms_default, &in, e);
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
	check_rows(list_rows, ARRAY_LEN(list_rows), read_list);
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
	assert_int_equal(input_request(body, FIXTURE_NOW, &terms_default, &in, &e), 0);
	json_decref(body);
	assert_int_equal(in.destination_count, 2);
	assert_string_equal(in.destination[0], "a.example");
	assert_string_equal(in.destination[1], "*.b.example");
	assert_int_equal(in.seconds, 30);

	body = body_of(allow_rows[0].body, strlen(allow_rows[0].body));
	assert_int_equal(input_allow(body, FIXTURE_NOW, &allow, &e), 0);
	json_decref(body);
	assert_int_equal(allow.port_count, 2);
	assert_string_equal(allow.scheme, "any");
	assert_string_equal(allow.list, "");
	body = body_of(allow_rows[1].body, strlen(allow_rows[1].body));
	assert_int_equal(input_allow(body, FIXTURE_NOW, &allow, &e), 0);
	json_decref(body);
	assert_string_equal(allow.host, "*.example.jp");
	assert_int_equal(allow.port[0], 443); /* in order, so that the same is the same */
	assert_int_equal(allow.port[1], 8443);
	assert_true(allow.tls_any);
	assert_int_equal(allow.since, 1790780400); /* midnight in Tokyo */
	assert_int_equal(allow.until, 1806505200); /* the day after's */
	body = body_of(allow_rows[2].body, strlen(allow_rows[2].body));
	assert_int_equal(input_allow(body, FIXTURE_NOW, &allow, &e), 0);
	json_decref(body);
	assert_string_equal(allow.path, "/a/b");
	assert_int_equal(allow.method_count, 2);
	assert_int_equal(allow.port_count, 1);
	body = body_of(allow_rows[4].body, strlen(allow_rows[4].body));
	assert_int_equal(input_allow(body, FIXTURE_NOW, &allow, &e), 0);
	json_decref(body);
	assert_string_equal(allow.host, "10.0.0.1");
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
