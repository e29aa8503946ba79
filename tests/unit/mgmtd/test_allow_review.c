/* SPDX-License-Identifier: GPL-3.0-or-later */
/* what the allowlist is reviewed by: findings, suggestions, questions */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/reason.h"
#include "lib/str.h"
#include "mgmt/mgmtd/lint.h"
#include "mgmt/mgmtd/suggest.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/mgmtd/stand.h"

/* code and host of each finding, in order */
static void findings(char *dst, size_t size)
{
	json_t *answer = stand_get("/api/allow/lint"), *list, *one;
	size_t i, used = 0;

	list = json_object_get(answer, "findings");
	dst[0] = '\0';
	json_array_foreach(list, i, one) used +=
		(size_t)snprintf(dst + used, size - used, "%s %s;",
				 stand_text(one, "code"), stand_text(one, "host"));
	json_decref(answer);
}

static void test_lint(void **state)
{
	char id[ID_TEXT_MAX], got[512];

	(void)state;
	stand_list("{'name': 'l', 'reason': 'x', 'groups': ['g']}", id);
	stand_allow("{'host': '*.a.jp', 'purpose': 'x', 'list': 'l'}", id);
	stand_allow("{'host': 'w.a.jp', 'purpose': 'x', 'list': 'l', 'ports': [443]}",
		    id);
	stand_allow("{'host': 'v.a.jp', 'purpose': 'x', 'list': 'l', 'ports': [8443]}",
		    id);
	stand_allow("{'host': 'w.a.jp', 'purpose': 'x'}", id);
	stand_allow("{'host': 'a.jp', 'purpose': 'x', 'until': '2026-09-22',"
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
	/* while recordd has not stored all, nobody is advised to remove what may be used */
	recordd.shared->query_end.behind = 1;
	findings(got, sizeof(got));
	assert_null(strstr(got, "unused"));
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
		assert_string_equal(stand_text(json_array_get(list, 0), "code"),
				    pairs[i].code);
		assert_string_equal(stand_text(json_array_get(list, 0), "id"),
				    pairs[i].id);
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
	answer = stand_get("/api/allow/suggest?days=7");
	json_array_foreach(json_object_get(answer, "domains"), i, domain)
	{
		size_t k;

		json_array_foreach(json_object_get(domain, "hosts"), k, one)
		{
			assert_null(host);
			host = one;
		}
	}
	assert_string_equal(stand_text(host, "host"), "www.x.jp");
	assert_string_equal(stand_text(host, "scheme"), "https");
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
	assert_string_equal(stand_text(answer, "reason"), "would-deny");
	assert_string_equal(stand_text(answer, "would"), "port");
	assert_string_equal(stand_text(answer, "list_name"), "default");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND_RECORDD(test_lint),
		ON_STAND_RECORDD(test_suggest),
		ON_STAND_RECORDD(test_question),
		cmocka_unit_test(test_lint_pairs),
		cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
