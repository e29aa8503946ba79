/* SPDX-License-Identifier: GPL-3.0-or-later */
/* the allowlist over the API as root: entries, lists, files */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/revision.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

static size_t count_of(const char *path, const char *key)
{
	json_t *answer = stand_get(path);
	size_t n = json_array_size(json_object_get(answer, key));

	json_decref(answer);
	return n;
}

static void test_entry_is_replaced(void **state)
{
	char old[ID_TEXT_MAX], body[256], path[96];
	json_t *answer, *other;

	(void)state;
	stand_allow("{'host': 'a.jp', 'purpose': 'x'}", old);
	stand_refused("/api/allow", "{'host': 'a.jp', 'purpose': 'y'}", 409,
		      "already-listed");
	(void)snprintf(body, sizeof(body),
		       "{'host': 'a.jp', 'purpose': 'better', 'ports': [443],"
		       " 'replaces': '%s'}",
		       old);
	answer = stand_post("/api/allow", body, 200);
	assert_int_equal(count_of("/api/allow", "entries"), 2);
	(void)snprintf(body, sizeof(body),
		       "{'host': 'a.jp', 'purpose': 'worse', 'ports': [80],"
		       " 'replaces': '%s'}",
		       old);
	other = stand_post("/api/allow", body, 200);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve",
		       stand_text(answer, "id"));
	json_decref(stand_post(path, "{}", 200));
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 1);
	/* the second one would bring back what was replaced */
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve",
		       stand_text(other, "id"));
	stand_refused(path, "{}", 409, "replaced-gone");
	json_decref(answer);
	json_decref(other);
	stand_refused("/api/allow",
		      "{'host': 'b.jp', 'purpose': 'x', 'replaces': 'a0123456789abcdef'}",
		      422, "no-entry");
	stand_refused("/api/allow", "{'host': 'b.jp', 'purpose': 'x', 'list': 'none'}",
		      422, "no-list");
}

/* The codes of an entry's warnings. */
static void warnings(const json_t *e, char *dst, size_t size)
{
	const json_t *w;
	size_t i, used = 0;

	dst[0] = '\0';
	json_array_foreach(json_object_get(e, "warnings"), i, w)
	{
		assert_string_not_equal(stand_text(w, "text"), "");
		used += (size_t)snprintf(dst + used, size - used, "%s;",
					 stand_text(w, "code"));
	}
}

static void test_names(void **state)
{
	char codes[128];
	json_t *answer;
	int64_t n;

	(void)state;
	answer = stand_post("/api/allow", "{'host': '日本語.JP', 'purpose': 'x'}", 200);
	assert_string_equal(stand_text(answer, "host"), "xn--wgv71a119e.jp");
	assert_string_equal(stand_text(answer, "shown"), "日本語.jp");
	warnings(answer, codes, sizeof(codes));
	assert_string_equal(codes, "");
	json_decref(answer);
	/* Cyrillic "a" in a Latin name */
	answer = stand_post("/api/allow", "{'host': 'b\xd0\xb0nk.jp', 'purpose': 'x'}",
			    200);
	warnings(answer, codes, sizeof(codes));
	assert_non_null(strstr(codes, "mixed-script;"));
	json_decref(answer);
	stand_refused("/api/allow", "{'host': '*.co.jp', 'purpose': 'x'}", 422,
		      "public-suffix");
	stand_refused("/api/allow",
		      "{'host': '*.a.co.jp', 'purpose': 'x', 'override': 'y'}", 422,
		      "no-override");
	answer = stand_post("/api/allow",
			    "{'host': '*.co.jp', 'purpose': 'x', 'override': 'a trial'}",
			    200);
	warnings(answer, codes, sizeof(codes));
	assert_string_equal(codes, "public-suffix;");
	json_decref(answer);
	assert_int_equal(db_number(f.app.db, &n,
				   "SELECT count(*) FROM change WHERE reason ="
				   " '[override: a trial] x'",
				   ""),
			 0);
	assert_int_equal(n, 1);
}

static void test_batch(void **state)
{
	char body[256];
	json_t *a, *b, *done;

	(void)state;
	a = stand_post("/api/allow", "{'host': 'a.jp', 'purpose': 'x'}", 200);
	b = stand_post("/api/allow", "{'host': 'b.jp', 'purpose': 'x'}", 200);
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', '%s']}",
		       stand_text(a, "id"), stand_text(a, "id"));
	stand_refused("/api/allow/approve", body, 409, "not-requested");
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', 'a0123456789abcdef']}",
		       stand_text(a, "id"));
	stand_refused("/api/allow/approve", body, 404, "not-found");
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 0);
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', '%s']}",
		       stand_text(a, "id"), stand_text(b, "id"));
	done = stand_post("/api/allow/approve", body, 200);
	assert_int_equal(json_integer_value(json_object_get(done, "approved")), 2);
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 2);
	assert_int_equal(count_of("/api/allow?limit=1", "entries"), 1);
	assert_int_equal(count_of("/api/allow?text=B.JP", "entries"), 1);
	stand_refused("/api/allow/approve", "{'entries': []}", 400, "missing-key");
	json_decref(a);
	json_decref(b);
	json_decref(done);
}

static void test_list_life(void **state)
{
	char id[ID_TEXT_MAX], path[96], body[128];
	json_t *answer;
	char entry[ID_TEXT_MAX];

	(void)state;
	stand_list("{'name': '窓口', 'reason': 'x', 'zones': ['office']}", id);
	stand_refused("/api/lists", "{'name': '窓口', 'reason': 'x'}", 409, "name-taken");
	(void)snprintf(path, sizeof(path), "/api/lists/%s/change", id);
	answer = stand_post(path, "{'mode': 'observe', 'reason': 'y'}", 200);
	/* in force is what was approved; the change waits, with all that it leaves alone */
	assert_string_equal(stand_text(answer, "mode"), "enforce");
	(void)snprintf(body, sizeof(body), "{'request': '%s'}",
		       stand_text(json_object_get(answer, "request"), "version"));
	assert_string_equal(stand_text(json_object_get(answer, "request"), "mode"),
			    "observe");
	assert_int_equal(json_array_size(json_object_get(
				 json_object_get(answer, "request"), "zones")),
			 1);
	json_decref(answer);
	stand_refused(path, "{'mode': 'enforce', 'reason': 'y'}", 409,
		      "already-requested");
	(void)snprintf(path, sizeof(path), "/api/lists/%s/approve", id);
	stand_refused(path, "{'request': 'v0123456789abcdef'}", 409, "not-requested");
	answer = stand_post(path, body, 200);
	assert_string_equal(stand_text(answer, "mode"), "observe");
	json_decref(answer);
	stand_allow("{'host': 'a.jp', 'purpose': 'x', 'list': '窓口'}", entry);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/remove", id);
	stand_refused(path, "{'reason': 'z'}", 409, "not-empty");
	(void)snprintf(path, sizeof(path), "/api/allow/%s/remove", entry);
	json_decref(stand_post(path, "{'reason': 'z'}", 200));
	(void)snprintf(path, sizeof(path), "/api/lists/%s/remove", id);
	json_decref(stand_post(path, "{'reason': 'z'}", 200));
	assert_int_equal(count_of("/api/lists", "lists"), 1);
	stand_refused(path, "{'reason': 'z'}", 404, "not-found");
	stand_refused("/api/lists/ldefault/remove", "{'reason': 'z'}", 409,
		      "default-list");
	stand_refused("/api/lists/ldefault/change", "{'reason': 'z'}", 409,
		      "default-list");
}

static void test_list_withdrawal(void **state)
{
	json_t *answer = stand_post("/api/lists", "{'name': 'n', 'reason': 'x'}", 200);
	char path[96];

	(void)state;
	assert_int_equal(count_of("/api/lists", "lists"), 2);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/withdraw",
		       stand_text(answer, "id"));
	json_decref(stand_post(path, "{'reason': 'z'}", 200));
	assert_int_equal(count_of("/api/lists", "lists"), 1);
	json_decref(answer);
}

#define CSV(rows) "{'format': 'csv', 'text': 'host,ports,list,purpose\\n" rows "'"

static void test_import(void **state)
{
	json_t *answer, *lines;
	unsigned status;
	char *text;

	(void)state;
	/* one bad line, and nothing of it is there */
	answer = stand_post(
		"/api/allow/import",
		CSV("a.jp,80,,x\\nb.jp,0,,x\\nc.jp,,none,x\\na.jp,80,,y\\n") "}", 422);
	lines = json_object_get(json_object_get(answer, "error"), "diagnostics");
	assert_int_equal(json_array_size(lines), 3);
	assert_non_null(strstr(json_string_value(json_array_get(lines, 0)), "line 3: "));
	assert_non_null(strstr(json_string_value(json_array_get(lines, 1)), "line 4: "));
	assert_non_null(strstr(json_string_value(json_array_get(lines, 2)), "line 5: "));
	json_decref(answer);
	assert_int_equal(count_of("/api/allow", "entries"), 0);
	answer = stand_post("/api/allow/import", CSV("a.jp,80,,x\\n") ", 'check': true}",
			    200);
	assert_int_equal(json_integer_value(json_object_get(answer, "would_add")), 1);
	json_decref(answer);
	assert_int_equal(count_of("/api/allow", "entries"), 0);
	json_decref(stand_post("/api/allow/import",
			       CSV("a.jp,80,,x\\nb.jp,,default,y\\n") "}", 200));
	assert_int_equal(count_of("/api/allow?state=requested", "entries"), 2);
	json_decref(stand_post("/api/allow/import",
			       CSV("c.jp,,,x\\n") ", 'approve': true}", 200));
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 1);
	stand_refused("/api/allow/import", "{'format': 'csv', 'text': 'nothing'}", 422,
		      "bad-rows");
	stand_refused("/api/allow/import", "{'format': 'xls', 'text': ''}", 400,
		      "wrong-type");
	/* what is written is read again: the same entries are there already */
	answer = fixture_root(&f, "GET", "/api/allow/export?format=json", NULL, &status);
	assert_int_equal(json_array_size(answer), 3);
	text = json_dumps(answer, 0);
	json_decref(answer);
	answer = json_pack("{s:s, s:s}", "format", "json", "text", text);
	free(text);
	text = json_dumps(answer, 0);
	json_decref(answer);
	answer = fixture_root(&f, "POST", "/api/allow/import", text, &status);
	free(text);
	assert_int_equal(status, 422);
	assert_int_equal(json_array_size(json_object_get(json_object_get(answer, "error"),
							 "diagnostics")),
			 3);
	json_decref(answer);
}

static void test_device_group(void **state)
{
	static const char mac[] = "/api/devices/02:00:00:00:00:0a/group";
	json_t *answer;

	(void)state;
	json_decref(stand_post("/api/devices",
			       "{'mac': '02:00:00:00:00:0a', 'interface': 'office0'}",
			       200));
	stand_refused(mac, "{'group': 'a,b', 'reason': 'x'}", 422, "bad-name");
	stand_refused(mac, "{'group': 'a'}", 400, "missing-key");
	answer = stand_post(mac, "{'group': '総務課', 'reason': 'x'}", 200);
	assert_string_equal(stand_text(answer, "group"), "総務課");
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_entry_is_replaced),
		ON_STAND(test_names),
		ON_STAND(test_batch),
		ON_STAND(test_list_life),
		ON_STAND(test_list_withdrawal),
		ON_STAND(test_import),
		ON_STAND(test_device_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
