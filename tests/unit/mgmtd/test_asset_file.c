/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "mgmt/mgmtd/charset.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define HEAD "number,name,owner,kind,mac,interface\n"

static json_t *import(const char *bytes, size_t len, const char *encoding, bool check,
		      unsigned want)
{
	char base64[4096];
	json_t *body, *answer;
	unsigned status;
	char *text;

	(void)sodium_bin2base64(base64, sizeof(base64), (const unsigned char *)bytes, len,
				sodium_base64_VARIANT_ORIGINAL);
	body = json_pack("{s:s, s:s, s:b}", "base64", base64, "encoding", encoding,
			 "check", (int)check);
	text = json_dumps(body, 0);
	json_decref(body);
	answer = fixture_root(&f, "POST", "/api/assets/import", text, &status);
	free(text);
	if (status != want)
		fail_msg("%u %s", status, people_code(answer));
	return answer;
}

static int64_t count_of(const char *sql)
{
	int64_t n;

	assert_int_equal(db_number(f.app.db, &n, sql, ""), 0);
	return n;
}

static long long number(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static void test_rows(void **state)
{
	static const char file[] =
		"\xef\xbb\xbf" HEAD
		"PC-1,\"会計, 一号\",佐藤,business,00-16-3E-00-00-01,office0\r\n"
		"PC-1,,佐藤,business,0016.3e00.0002,office1\n"
		",無番,鈴木,printer,00163e000003,office0\n";
	json_t *answer;

	(void)state;
	answer = import(file, sizeof(file) - 1, "utf-8", true, 200);
	assert_int_equal(number(answer, "added"), 2);
	json_decref(answer);
	assert_int_equal(count_of("SELECT count(*) FROM asset"), 0);
	answer = import(file, sizeof(file) - 1, "utf-8", false, 200);
	assert_int_equal(number(answer, "added"), 2);
	assert_int_equal(number(answer, "changed"), 1);
	json_decref(answer);
	assert_int_equal(count_of("SELECT count(*) FROM asset"), 2);
	assert_int_equal(count_of("SELECT count(*) FROM asset a JOIN device d"
				  " ON d.asset = a.id WHERE a.number = 'PC-1'"
				  " AND a.name = '会計, 一号'"),
			 2);
}

static void test_all_or_nothing(void **state)
{
	static const char file[] = HEAD "PC-1,a,o,business,00163e000001,office0\n"
					"PC-2,b,o,pet,00163e000002,office0\n"
					"PC-3,c,o,business,not a mac,office0\n"
					"PC-4,d,o,business,00163e000004,nowhere\n";
	json_t *answer, *error;

	(void)state;
	answer = import(file, sizeof(file) - 1, "utf-8", false, 422);
	error = json_object_get(answer, "error");
	assert_int_equal(number(error, "bad"), 3);
	assert_int_equal(json_array_size(json_object_get(error, "diagnostics")), 3);
	assert_int_equal(strncmp(json_string_value(json_array_get(
					 json_object_get(error, "diagnostics"), 0)),
				 "line 3: ", 8),
			 0);
	json_decref(answer);
	assert_int_equal(count_of("SELECT count(*) FROM asset"), 0);
	assert_int_equal(count_of("SELECT count(*) FROM device"), 0);
}

static void test_shift_jis(void **state)
{
	static const char file[] =
		HEAD "PC-1,会計①髙,佐藤,business,00163e000001,office0\n";
	char *sjis = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(charset_to_sjis(file, sizeof(file) - 1, &sjis, &len), 0);
	json_decref(import(sjis, len, "utf-8", false, 422)); /* it is none */
	json_decref(import(sjis, len, "shift_jis", false, 200));
	assert_int_equal(count_of("SELECT count(*) FROM asset WHERE name = '会計①髙'"),
			 1);
	/* cut in the middle of a sign, or with bytes that are none */
	sjis[len - 1] = '\x81';
	json_decref(import(sjis, len, "shift_jis", false, 422));
	free(sjis);
}

static void test_export(void **state)
{
	static const char file[] = HEAD "PC-1,=1+1,佐藤,business,00163e000001,office0\n";
	struct api_request req = { .door = API_DOOR_LOCAL,
				   .root = true,
				   .now = FIXTURE_NOW,
				   .method = "GET",
				   .path = "/api/assets/export" };
	struct api_response res;

	(void)state;
	json_decref(import(file, sizeof(file) - 1, "utf-8", false, 200));
	api_handle(&f.app, &req, &res);
	assert_int_equal(res.status, 200);
	assert_non_null(strstr(res.body, "PC-1,'=1+1,佐藤,,business,,,"
					 "00:16:3e:00:00:01,office0,,seen"));
	/* what goes out comes in again as it is */
	json_decref(import(res.body, res.len, "utf-8", false, 200));
	assert_int_equal(count_of("SELECT count(*) FROM asset WHERE name = '=1+1'"), 1);
	assert_int_equal(count_of("SELECT count(*) FROM asset"), 1);
	free(res.body);
}

static void test_charset(void **state)
{
	char *out = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(charset_to_sjis("a\xf0\x9f\x98\x80z", 6, &out, &len), 0);
	assert_int_equal(len, 4); /* a, the geta mark, z */
	assert_memory_equal(out, "a\x81\xacz", 4);
	free(out);
	assert_int_equal(charset_from_sjis("\x81", 1, &out, &len), -EILSEQ);
	assert_int_equal(charset_from_sjis("\xff\xff", 2, &out, &len), -EILSEQ);
	assert_int_equal(charset_from_sjis("", 0, &out, &len), 0);
	assert_int_equal(len, 0);
	free(out);
}

/* A check that is meant is no import because its word has quotes. */
static void test_flags(void **state)
{
	(void)state;
	stand_refused(
		"/api/assets/import",
		"{'text': 'mac,interface,owner,kind\\n00163e000001,office0,a,printer',"
		" 'check': 'true'}",
		400, "wrong-type");
	stand_refused("/api/allow/import",
		      "{'format': 'csv', 'text': 'host,purpose\\na.jp,x', 'check': 1}",
		      400, "wrong-type");
	stand_refused("/api/allow/import",
		      "{'format': 'csv', 'text': 'host,purpose\\na.jp,x',"
		      " 'approve': 'no'}",
		      400, "wrong-type");
	json_decref(stand_post("/api/allow/import",
			       "{'format': 'csv', 'text': 'host,purpose\\na.jp,x',"
			       " 'check': true, 'approve': null}",
			       200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_flags),          ON_STAND(test_rows),
		ON_STAND(test_all_or_nothing), ON_STAND(test_shift_jis),
		ON_STAND(test_export),         cmocka_unit_test(test_charset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
