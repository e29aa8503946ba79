/* SPDX-License-Identifier: GPL-3.0-or-later */
/* the allowlist over the API as root: entries, lists, files, review, questions */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/reason.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/lint.h"
#include "mgmt/mgmtd/store_list.h"
#include "mgmt/mgmtd/store_policy.h"
#include "mgmt/mgmtd/suggest.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/mgmtd/fixture.h"

static struct fixture f;
static struct fake recordd;

static int setup(void **state)
{
	char path[PATH_TEXT_MAX];

	(void)state;
	fixture_open(&f);
	if (path_join(path, f.root, PATH_SOCK_RECORDD) < 0)
		return -1;
	memset(&recordd, 0, sizeof(recordd));
	fake_start(&recordd, path);
	fixture_apply_policy(&f);
	return 0;
}

static int teardown(void **state)
{
	char path[PATH_TEXT_MAX];

	(void)state;
	if (path_join(path, f.root, PATH_SOCK_RECORDD) == 0)
		fake_stop(&recordd, path);
	fixture_close(&f);
	return 0;
}

static json_t *post(const char *path, const char *body, unsigned want)
{
	char text[2048];
	unsigned status;
	json_t *answer;
	size_t len = strlen(body);

	assert_true(len < sizeof(text));
	for (size_t i = 0; i <= len; i++)
		text[i] = body[i] == '\'' ? '"' : body[i];
	answer = fixture_root(&f, "POST", path, text, &status);
	if (status != want)
		fail_msg("%s %s: %u %s", path, body, status, json_dumps(answer, 0));
	return answer;
}

static const char *string(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s != NULL ? s : "";
}

static const char *error_code(const json_t *answer)
{
	return string(json_object_get(answer, "error"), "code");
}

static void refused(const char *path, const char *body, unsigned status, const char *code)
{
	json_t *answer = post(path, body, status);

	assert_string_equal(error_code(answer), code);
	json_decref(answer);
}

/* An entry, requested and approved. */
static void allow(const char *body, char id[ID_TEXT_MAX])
{
	json_t *answer = post("/api/allow", body, 200);
	char path[96];

	(void)str_copy(id, ID_TEXT_MAX, string(answer, "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", id);
	json_decref(post(path, "{}", 200));
}

/* A list in force. */
static void make_list(const char *body, char id[ID_TEXT_MAX])
{
	json_t *answer = post("/api/lists", body, 200);
	char path[96];

	assert_string_equal(string(answer, "state"), "requested");
	(void)str_copy(id, ID_TEXT_MAX, string(answer, "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/approve", id);
	answer = post(path, "{}", 200);
	assert_string_equal(string(answer, "state"), "active");
	json_decref(answer);
}

static json_t *get(const char *path)
{
	unsigned status;
	json_t *answer = fixture_root(&f, "GET", path, NULL, &status);

	assert_int_equal(status, 200);
	return answer;
}

static size_t count_of(const char *path, const char *key)
{
	json_t *answer = get(path);
	size_t n = json_array_size(json_object_get(answer, key));

	json_decref(answer);
	return n;
}

static void test_entry_is_replaced(void **state)
{
	char old[ID_TEXT_MAX], body[256], path[96];
	json_t *answer, *other;

	(void)state;
	allow("{'host': 'a.jp', 'purpose': 'x'}", old);
	refused("/api/allow", "{'host': 'a.jp', 'purpose': 'y'}", 409, "already-listed");
	(void)snprintf(body, sizeof(body),
		       "{'host': 'a.jp', 'purpose': 'better', 'ports': [443],"
		       " 'replaces': '%s'}",
		       old);
	answer = post("/api/allow", body, 200);
	assert_int_equal(count_of("/api/allow", "entries"), 2);
	(void)snprintf(body, sizeof(body),
		       "{'host': 'a.jp', 'purpose': 'worse', 'ports': [80],"
		       " 'replaces': '%s'}",
		       old);
	other = post("/api/allow", body, 200);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", string(answer, "id"));
	json_decref(post(path, "{}", 200));
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 1);
	/* the second one would bring back what was replaced */
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", string(other, "id"));
	refused(path, "{}", 409, "replaced-gone");
	json_decref(answer);
	json_decref(other);
	refused("/api/allow",
		"{'host': 'b.jp', 'purpose': 'x', 'replaces': 'a0123456789abcdef'}", 422,
		"no-entry");
	refused("/api/allow", "{'host': 'b.jp', 'purpose': 'x', 'list': 'none'}", 422,
		"no-list");
}

/* The codes of an entry's warnings. */
static void warnings(const json_t *e, char *dst, size_t size)
{
	const json_t *w;
	size_t i, used = 0;

	dst[0] = '\0';
	json_array_foreach(json_object_get(e, "warnings"), i, w)
	{
		assert_string_not_equal(string(w, "text"), "");
		used += (size_t)snprintf(dst + used, size - used, "%s;",
					 string(w, "code"));
	}
}

static void test_names(void **state)
{
	char codes[128];
	json_t *answer;
	int64_t n;

	(void)state;
	answer = post("/api/allow", "{'host': '日本語.JP', 'purpose': 'x'}", 200);
	assert_string_equal(string(answer, "host"), "xn--wgv71a119e.jp");
	assert_string_equal(string(answer, "shown"), "日本語.jp");
	warnings(answer, codes, sizeof(codes));
	assert_string_equal(codes, "");
	json_decref(answer);
	/* Cyrillic "a" in a Latin name */
	answer = post("/api/allow", "{'host': 'b\xd0\xb0nk.jp', 'purpose': 'x'}", 200);
	warnings(answer, codes, sizeof(codes));
	assert_non_null(strstr(codes, "mixed-script;"));
	json_decref(answer);
	refused("/api/allow", "{'host': '*.co.jp', 'purpose': 'x'}", 422,
		"public-suffix");
	refused("/api/allow", "{'host': '*.a.co.jp', 'purpose': 'x', 'override': 'y'}",
		422, "no-override");
	answer = post("/api/allow",
		      "{'host': '*.co.jp', 'purpose': 'x', 'override': 'a trial'}", 200);
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
	a = post("/api/allow", "{'host': 'a.jp', 'purpose': 'x'}", 200);
	b = post("/api/allow", "{'host': 'b.jp', 'purpose': 'x'}", 200);
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', '%s']}", string(a, "id"),
		       string(a, "id"));
	refused("/api/allow/approve", body, 409, "not-requested");
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', 'a0123456789abcdef']}",
		       string(a, "id"));
	refused("/api/allow/approve", body, 404, "not-found");
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 0);
	(void)snprintf(body, sizeof(body), "{'entries': ['%s', '%s']}", string(a, "id"),
		       string(b, "id"));
	done = post("/api/allow/approve", body, 200);
	assert_int_equal(json_integer_value(json_object_get(done, "approved")), 2);
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 2);
	assert_int_equal(count_of("/api/allow?limit=1", "entries"), 1);
	assert_int_equal(count_of("/api/allow?text=B.JP", "entries"), 1);
	refused("/api/allow/approve", "{'entries': []}", 400, "missing-key");
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
	make_list("{'name': '窓口', 'reason': 'x', 'zones': ['office']}", id);
	refused("/api/lists", "{'name': '窓口', 'reason': 'x'}", 409, "name-taken");
	(void)snprintf(path, sizeof(path), "/api/lists/%s/change", id);
	answer = post(path, "{'mode': 'observe', 'reason': 'y'}", 200);
	/* in force is what was approved; the change waits, with all that it leaves alone */
	assert_string_equal(string(answer, "mode"), "enforce");
	(void)snprintf(body, sizeof(body), "{'request': '%s'}",
		       string(json_object_get(answer, "request"), "version"));
	assert_string_equal(string(json_object_get(answer, "request"), "mode"),
			    "observe");
	assert_int_equal(json_array_size(json_object_get(
				 json_object_get(answer, "request"), "zones")),
			 1);
	json_decref(answer);
	refused(path, "{'mode': 'enforce', 'reason': 'y'}", 409, "already-requested");
	(void)snprintf(path, sizeof(path), "/api/lists/%s/approve", id);
	refused(path, "{'request': 'v0123456789abcdef'}", 409, "not-requested");
	answer = post(path, body, 200);
	assert_string_equal(string(answer, "mode"), "observe");
	json_decref(answer);
	allow("{'host': 'a.jp', 'purpose': 'x', 'list': '窓口'}", entry);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/remove", id);
	refused(path, "{'reason': 'z'}", 409, "not-empty");
	(void)snprintf(path, sizeof(path), "/api/allow/%s/remove", entry);
	json_decref(post(path, "{'reason': 'z'}", 200));
	(void)snprintf(path, sizeof(path), "/api/lists/%s/remove", id);
	json_decref(post(path, "{'reason': 'z'}", 200));
	assert_int_equal(count_of("/api/lists", "lists"), 1);
	refused(path, "{'reason': 'z'}", 404, "not-found");
	refused("/api/lists/ldefault/remove", "{'reason': 'z'}", 409, "default-list");
	refused("/api/lists/ldefault/change", "{'reason': 'z'}", 409, "default-list");
}

static void test_list_withdrawal(void **state)
{
	json_t *answer = post("/api/lists", "{'name': 'n', 'reason': 'x'}", 200);
	char path[96];

	(void)state;
	assert_int_equal(count_of("/api/lists", "lists"), 2);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/withdraw",
		       string(answer, "id"));
	json_decref(post(path, "{'reason': 'z'}", 200));
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
	answer = post("/api/allow/import",
		      CSV("a.jp,80,,x\\nb.jp,0,,x\\nc.jp,,none,x\\na.jp,80,,y\\n") "}",
		      422);
	lines = json_object_get(json_object_get(answer, "error"), "diagnostics");
	assert_int_equal(json_array_size(lines), 3);
	assert_non_null(strstr(json_string_value(json_array_get(lines, 0)), "line 3: "));
	assert_non_null(strstr(json_string_value(json_array_get(lines, 1)), "line 4: "));
	assert_non_null(strstr(json_string_value(json_array_get(lines, 2)), "line 5: "));
	json_decref(answer);
	assert_int_equal(count_of("/api/allow", "entries"), 0);
	answer = post("/api/allow/import", CSV("a.jp,80,,x\\n") ", 'check': true}", 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "would_add")), 1);
	json_decref(answer);
	assert_int_equal(count_of("/api/allow", "entries"), 0);
	json_decref(post("/api/allow/import", CSV("a.jp,80,,x\\nb.jp,,default,y\\n") "}",
			 200));
	assert_int_equal(count_of("/api/allow?state=requested", "entries"), 2);
	json_decref(
		post("/api/allow/import", CSV("c.jp,,,x\\n") ", 'approve': true}", 200));
	assert_int_equal(count_of("/api/allow?state=active", "entries"), 1);
	refused("/api/allow/import", "{'format': 'csv', 'text': 'nothing'}", 422,
		"bad-rows");
	refused("/api/allow/import", "{'format': 'xls', 'text': ''}", 400, "wrong-type");
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

/* code and host of each finding, in order */
static void findings(char *dst, size_t size)
{
	json_t *answer = get("/api/allow/lint"), *list, *one;
	size_t i, used = 0;

	list = json_object_get(answer, "findings");
	dst[0] = '\0';
	json_array_foreach(list, i, one) used +=
		(size_t)snprintf(dst + used, size - used, "%s %s;", string(one, "code"),
				 string(one, "host"));
	json_decref(answer);
}

static void test_lint(void **state)
{
	char id[ID_TEXT_MAX], got[512];

	(void)state;
	make_list("{'name': 'l', 'reason': 'x', 'groups': ['g']}", id);
	allow("{'host': '*.a.jp', 'purpose': 'x', 'list': 'l'}", id);
	allow("{'host': 'w.a.jp', 'purpose': 'x', 'list': 'l', 'ports': [443]}", id);
	allow("{'host': 'v.a.jp', 'purpose': 'x', 'list': 'l', 'ports': [8443]}", id);
	allow("{'host': 'w.a.jp', 'purpose': 'x'}", id);
	allow("{'host': 'a.jp', 'purpose': 'x', 'until': '2026-09-22',"
	      " 'review': '2026-09-01'}",
	      id);
	findings(got, sizeof(got));
	assert_non_null(strstr(got, "review a.jp;"));
	assert_non_null(strstr(got, "overlapped w.a.jp;"));
	assert_null(strstr(got, "v.a.jp"));
	assert_null(strstr(got, "expired"));
	f.now += 3 * 86400;
	findings(got, sizeof(got));
	assert_non_null(strstr(got, "expired a.jp;"));
	/* a hundred days later: only what was used lately is left out */
	f.now = FIXTURE_NOW + 100 * (int64_t)86400;
	recordd.shared->record[0] = (struct record){ .kind = RECORD_PROXY_OPEN,
						     .time_us = (f.now - 5) * 1000000 };
	(void)str_copy(recordd.shared->record[0].rule, 64, id);
	recordd.shared->record_count = 1;
	findings(got, sizeof(got));
	assert_non_null(strstr(got, "unused v.a.jp;"));
	assert_null(strstr(got, "unused a.jp;"));
}

static struct entry entry(const char *id, const char *host, const char *ports,
			  const char *list)
{
	struct entry e = { .scheme = "any", .methods = "[]" };

	(void)str_copy(e.id, sizeof(e.id), id);
	(void)str_copy(e.host, sizeof(e.host), host);
	(void)str_copy(e.ports, sizeof(e.ports), ports);
	(void)str_copy(e.list, sizeof(e.list), list);
	return e;
}

static const struct {
	const char *host, *ports, *list; /* the first */
	const char *host2, *ports2, *list2; /* the second, in domain order */
	const char *code, *id; /* "" nothing */
} pairs[] = {
	{ "a.jp", "[80]", "l", "a.jp", "[80]", "l", "duplicate", "2" },
	{ "a.jp", "[80]", "l", "a.jp", "[80,443]", "l", "duplicate", "1" },
	{ "a.jp", "[80]", "l", "a.jp", "[443]", "l", "", "" },
	{ "a.jp", "[80]", "l", "a.jp", "[80]", "m", "", "" },
	{ "a.jp", "[80]", "all", "a.jp", "[80]", "m", "shadowed", "2" },
	{ "a.jp", "[80]", "m", "a.jp", "[80]", "all", "shadowed", "1" },
	{ "a.jp", "[80]", "l", "*.a.jp", "[80]", "l", "", "" },
	{ "*.a.jp", "[80]", "l", "*.b.a.jp", "[80]", "l", "overlapped", "2" },
	{ "*.a.jp", "[80]", "all", "c.b.a.jp", "[80]", "l", "shadowed", "2" },
	{ "*.a.jp", "[80]", "all", "c.aa.jp", "[80]", "l", "", "" },
};

static void test_lint_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct entry a = entry("1", pairs[i].host, pairs[i].ports, pairs[i].list);
		struct entry b =
			entry("2", pairs[i].host2, pairs[i].ports2, pairs[i].list2);
		struct lint *l;
		json_t *list;
		bool cut;

		assert_int_equal(lint_new(1, "2026-01-01", &l), 0);
		assert_int_equal(lint_add(l, &a, strcmp(a.list, "all") == 0), 0);
		assert_int_equal(lint_add(l, &b, strcmp(b.list, "all") == 0), 0);
		list = lint_findings(l, &cut);
		if (json_array_size(list) != (pairs[i].code[0] != '\0' ? 1 : 0))
			fail_msg("pair %zu: %zu findings", i, json_array_size(list));
		assert_string_equal(string(json_array_get(list, 0), "code"),
				    pairs[i].code);
		assert_string_equal(string(json_array_get(list, 0), "id"), pairs[i].id);
		lint_free(l);
	}
}

static void see(uint16_t kind, enum reason reason, const char *host, const char *device,
		int64_t time_s)
{
	struct record *rec = &recordd.shared->record[recordd.shared->record_count++];

	*rec = (struct record){ .kind = kind,
				.reason = (uint16_t)reason,
				.time_us = time_s * 1000000,
				.dst_port = 443 };
	(void)str_copy(rec->host, sizeof(rec->host), host);
	(void)str_copy(rec->device, sizeof(rec->device), device);
	(void)str_copy(rec->method, sizeof(rec->method), "CONNECT");
}

static void test_suggest(void **state)
{
	json_t *answer, *domain, *host = NULL, *one;
	size_t i;

	(void)state;
	see(RECORD_PROXY_DENY, REASON_NOT_LISTED, "old.jp", "d1",
	    FIXTURE_NOW - 9 * 86400);
	see(RECORD_PROXY_OPEN, REASON_WOULD_DENY, "www.x.jp", "d1", FIXTURE_NOW - 86400);
	see(RECORD_PROXY_DENY, REASON_NOT_LISTED, "www.x.jp", "d2", FIXTURE_NOW - 60);
	see(RECORD_PROXY_DENY, REASON_PORT, "port.jp", "d2", FIXTURE_NOW - 60);
	answer = get("/api/allow/suggest?days=7");
	json_array_foreach(json_object_get(answer, "domains"), i, domain)
	{
		size_t k;

		json_array_foreach(json_object_get(domain, "hosts"), k, one)
		{
			assert_null(host);
			host = one;
		}
	}
	assert_string_equal(string(host, "host"), "www.x.jp");
	assert_string_equal(string(host, "scheme"), "https");
	assert_int_equal(json_integer_value(json_object_get(host, "count")), 2);
	assert_int_equal(json_integer_value(json_object_get(host, "observed")), 1);
	assert_int_equal(json_array_size(json_object_get(host, "devices")), 2);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(answer, "cycle"), "seen")),
			 3);
	json_decref(answer);
	assert_int_equal(fixture_records(&f, RECORD_READ), 1); /* looking is reading */
}

static void test_question(void **state)
{
	struct proto_decide_reply *d = &f.proxyd.shared->decision;
	const struct proto_decide *q = &f.proxyd.shared->question;
	struct api_pair pairs_[] = { { "url", "https://www.a.jp:8443/p/q?r=1#s" },
				     { "zone", "office" } };
	struct api_request req = { .door = API_DOOR_LOCAL,
				   .root = true,
				   .now = FIXTURE_NOW,
				   .method = "GET",
				   .path = "/api/allow/test",
				   .query_count = 2 };
	struct api_response res;
	json_t *answer;

	(void)state;
	*d = (struct proto_decide_reply){ .allowed = 1,
					  .reason = REASON_WOULD_DENY,
					  .would = REASON_PORT,
					  .revision = 7,
					  .list = "ldefault",
					  .zone = "office" };
	memcpy(req.query, pairs_, sizeof(pairs_));
	api_handle(&f.app, &req, &res);
	assert_int_equal(res.status, 200);
	answer = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	assert_string_equal(q->host, "www.a.jp");
	assert_int_equal(q->port, 8443);
	assert_int_equal(q->scheme, PROTO_SCHEME_HTTPS);
	assert_string_equal(q->path, "/p/q?r=1");
	assert_string_equal(q->zone, "office");
	assert_string_equal(string(answer, "reason"), "would-deny");
	assert_string_equal(string(answer, "would"), "port");
	assert_string_equal(string(answer, "list_name"), "default");
	json_decref(answer);
	pairs_[0].value = "http://user@a.jp/";
	memcpy(req.query, pairs_, sizeof(pairs_));
	api_handle(&f.app, &req, &res);
	assert_int_equal(res.status, 400);
	free(res.body);
	req.query[0] = (struct api_pair){ "host", "::1" };
	req.query[1] = (struct api_pair){ "port", "80" };
	d->allowed = 0;
	api_handle(&f.app, &req, &res);
	assert_int_equal(res.status, 200);
	free(res.body);
	assert_string_equal(q->host, "::1");
	assert_int_equal(q->scheme, PROTO_SCHEME_HTTP);
	assert_string_equal(q->zone, "office"); /* the one zone that is served */
}

static void test_device_group(void **state)
{
	static const char mac[] = "/api/devices/02:00:00:00:00:0a/group";
	json_t *answer;

	(void)state;
	json_decref(post("/api/devices",
			 "{'mac': '02:00:00:00:00:0a', 'interface': 'office0'}", 200));
	refused(mac, "{'group': 'a,b', 'reason': 'x'}", 422, "bad-name");
	refused(mac, "{'group': 'a'}", 400, "missing-key");
	answer = post(mac, "{'group': '総務課', 'reason': 'x'}", 200);
	assert_string_equal(string(answer, "group"), "総務課");
	json_decref(answer);
}

/* A card with permits became an entry of the register, one that was seen did not. */
static void assert_register_migrated(struct db *db)
{
	struct permit p;
	struct device d;
	struct asset a;

	assert_int_equal(store_permit_of(db, "d1", "active", &p), 0);
	assert_int_equal(p.number, 9);
	assert_string_equal(p.bundle, "p9");
	assert_int_equal(p.until, 50);
	assert_int_equal(store_device_get(db, "d1", &d), 0);
	assert_string_equal(d.asset, "r1");
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.kind, "contractor");
	assert_int_equal(register_tick(db, 40), 0);
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "admitted");
	assert_int_equal(register_tick(db, 50), 0);
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "expired");
	assert_string_equal(a.who, "(timer)");
	assert_int_equal(register_tick(db, 45),
			 0); /* setting the clock back gives nothing */
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "expired");
	assert_int_equal(store_device_get(db, "d2", &d), 0);
	assert_string_equal(d.asset, "");
}

/* A ledger of the first schema: entries with zones come to lists with these zones. */
static void test_migration(void **state)
{
	char path[] = "/tmp/mgmtd-ledger-XXXXXX";
	struct policy_version version;
	struct list list;
	struct entry e;
	struct db *db;
	int fd = mkstemp(path);
	int64_t n;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(db_open(path, &db), 0);
	assert_int_equal(
		db_script(
			db,
			"DROP TABLE work; DROP TABLE alarm; DROP TABLE setting;"
			"DROP TABLE isolated; ALTER TABLE revision DROP COLUMN full;"
			"DROP TABLE asset_history; DROP TABLE asset;"
			"DROP INDEX device_asset; ALTER TABLE device DROP COLUMN asset;"
			"ALTER TABLE device DROP COLUMN mac_given; DROP TABLE permit;"
			"CREATE TABLE permit (number INTEGER PRIMARY KEY AUTOINCREMENT,"
			" id TEXT, device TEXT, interface TEXT, kind TEXT, owner TEXT,"
			" reason TEXT, destinations TEXT, until INTEGER, seconds INTEGER,"
			" state TEXT, requested_by TEXT, requested_role TEXT,"
			" requested INTEGER, approved_by TEXT, approved INTEGER,"
			" ended_by TEXT, ended INTEGER, ended_reason TEXT);"
			"INSERT INTO device (id, mac, name, interface, address,"
			" first_seen, last_seen) VALUES"
			" ('d1', '02:00:00:00:00:01', 'pc', 'office0', '', 1, 2),"
			" ('d2', '02:00:00:00:00:02', '', 'office0', '', 1, 2);"
			"INSERT INTO permit SELECT column1, 'p' || column1, 'd1',"
			" 'office0', column2, 'o', 'r', '[]', column3, 0, column4, 'a',"
			" 'admin', 5, 'b', 6, '', 0, '' FROM (VALUES"
			" (7, 'business', 0, 'replaced'),"
			" (9, 'contractor', 50, 'active'));"
			"DROP INDEX policy_trial; DROP TABLE lockdown;"
			"DROP TABLE flow_review; DROP TABLE policy_version;"
			"ALTER TABLE revision DROP COLUMN tried;"
			"CREATE TABLE policy_version (id INTEGER PRIMARY KEY"
			" AUTOINCREMENT, text TEXT NOT NULL, applied INTEGER NOT NULL,"
			" by TEXT NOT NULL, reason TEXT NOT NULL);"
			"INSERT INTO policy_version (text, applied, by, reason) VALUES"
			" ('lost', 10, 'a', ''), ('old', 20, 'b', ''),"
			" ('new', 30, 'c', '');"
			"INSERT INTO revision (number, created, why) VALUES"
			" (4, 20, 'policy-apply'), (5, 30, 'allow-approve'),"
			" (6, 30, 'policy-apply');"
			"DROP TABLE entry; DROP TABLE list; ALTER TABLE device"
			" DROP COLUMN grp; CREATE TABLE entry (id TEXT PRIMARY KEY,"
			" host TEXT NOT NULL, ports TEXT NOT NULL, zones TEXT NOT"
			" NULL, reason TEXT NOT NULL, state TEXT NOT NULL,"
			" requested_by TEXT, requested_role TEXT, requested INTEGER,"
			" approved_by TEXT, approved INTEGER, removed_by TEXT,"
			" removed INTEGER, removed_reason TEXT);"
			"INSERT INTO entry (id, host, ports, zones, reason, state)"
			" VALUES ('a1', 'a.jp', '[80]', '[]', 'p', 'active'),"
			" ('a2', 'b.jp', '[80]', '[\"office\"]', 'q', 'active'),"
			" ('a3', 'c.jp', '[80]', '[\"office\"]', 'r', 'requested'),"
			" ('a4', 'd.jp', '[80]', '[\"lab\"]', 's', 'removed');"
			"PRAGMA user_version=1"),
		0);
	db_close(db);
	assert_int_equal(db_open(path, &db), 0);
	assert_int_equal(db_number(db, &n, "SELECT count(*) FROM list", ""), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_entry_get(db, "a1", &e), 0);
	assert_string_equal(e.list, LIST_DEFAULT);
	assert_string_equal(e.purpose, "p");
	assert_int_equal(store_entry_get(db, "a2", &e), 0);
	assert_string_equal(e.list_name, "zones-1");
	assert_true(allow_list_id_is_valid(e.list));
	assert_int_equal(store_list_get(db, e.list, "active", &list), 0);
	assert_string_equal(list.zones, "[\"office\"]");
	assert_int_equal(store_entry_get(db, "a3", &e), 0);
	assert_string_equal(e.list, list.id);
	assert_int_equal(store_policy_get(db, &version), 0);
	assert_string_equal(version.text, "new");
	assert_int_equal(version.revision, 6);
	store_policy_free(&version);
	assert_int_equal(store_policy_of(db, 4, &version), 0);
	assert_string_equal(version.text, "old");
	store_policy_free(&version);
	assert_int_equal(store_policy_of(db, 0, &version), -ENOENT);
	assert_int_equal(store_policy_trial(db, &version), -ENOENT);
	assert_register_migrated(db);
	db_close(db);
	(void)unlink(path);
}

static void test_allocation_failures(void **state)
{
	struct record rec = { .reason = REASON_NOT_LISTED, .host = "a.example.jp" };

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct suggest *s = NULL;
		int r;

		alloc_fail_at(nth);
		r = suggest_new(&s);
		if (r == 0)
			r = suggest_add(s, &rec);
		alloc_fail_at(0);
		assert_true(r == 0 || r == -ENOMEM);
		suggest_free(s);
		if (!alloc_fail_fired())
			break;
	}
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_entry_is_replaced),
		WITH_FIXTURE(test_names),
		WITH_FIXTURE(test_batch),
		WITH_FIXTURE(test_list_life),
		WITH_FIXTURE(test_list_withdrawal),
		WITH_FIXTURE(test_import),
		WITH_FIXTURE(test_lint),
		cmocka_unit_test(test_lint_pairs),
		WITH_FIXTURE(test_suggest),
		WITH_FIXTURE(test_question),
		WITH_FIXTURE(test_device_group),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
