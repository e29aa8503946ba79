/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/decide.h"
#include "tests/support/alloc_fail.h"

#define NOW 1790000000
#define PERMIT(id, number, zone, until, destinations) \
	"{\"id\":\"p000000000000000" id "\",\"number\":" number \
	",\"device\":\"d0000000000000001\",\"mac\":\"02:00:00:00:00:0" id "\"," \
	"\"interface\":\"" zone "0\",\"zone\":\"" zone "\"," until \
	"\"user\":\"yamada\",\"destinations\":[" destinations "]}"

static const char text[] =
	"{\"format\":1,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  office:\\n    kind: office\\n    interfaces: [office0]\\n"
	"    networks: [10.30.0.0/24]\\n    admission: enforce\\n"
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n"
	"    networks: [10.40.0.0/24]\\n    admission: off\\n"
	"  nested:\\n    kind: office\\n    interfaces: [nested0]\\n"
	"    networks: [10.50.0.0/24]\\n    admission: off\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [office, lab], via: wan, resolvers: [192.0.2.53] }\\n"
	"\",\"entries\":["
	"{\"id\":\"a0000000000000001\",\"host\":\"a.example\",\"ports\":[443],"
	"\"zones\":[\"office\",\"lab\"]},"
	"{\"id\":\"a0000000000000002\",\"host\":\"b.example\",\"ports\":[443],"
	"\"zones\":[\"lab\"]}],\"permits\":[" PERMIT(
		"1", "5", "office", "",
		"") "," PERMIT("2", "6", "office", "\"until\":1790000000,",
			       "") "," PERMIT("3", "7", "office", "\"until\":1790000001,",
					      "\"*.c.example\"") "," PERMIT("4", "8",
									    "lab", "",
									    "") "]}";

#define FULL(n)       (REVISION_MARK_FULL | (n))
#define RESTRICTED(n) (REVISION_MARK_RESTRICTED | (n))

static const struct {
	const char *src;
	uint32_t mark;
	const char *host;
	bool literal;
	uint16_t port;
	enum reason reason;
	const char *rule;
	bool expired;
} rows[] = {
	/* admission enforced */
	{ "10.30.0.2", FULL(5), "a.example", false, 443, REASON_ENTRY,
	  "a0000000000000001", false },
	{ "10.30.0.2", FULL(5), "a.example", false, 80, REASON_PORT, "a0000000000000001",
	  false },
	{ "10.30.0.2", FULL(5), "b.example", false, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(5), "192.0.2.1", true, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(5), "a.example", true, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(5), NULL, false, 0, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", 0, "a.example", false, 443, REASON_NO_PERMIT, "", false },
	{ "10.30.0.2", FULL(99), "a.example", false, 443, REASON_NO_PERMIT, "", false },
	{ "10.30.0.2", RESTRICTED(5), "a.example", false, 443, REASON_NO_PERMIT, "",
	  false },
	{ "10.30.0.2", 5, "a.example", false, 443, REASON_NO_PERMIT, "", false },
	{ "10.30.0.2", FULL(5) | 0x80000000u, "a.example", false, 443, REASON_NO_PERMIT,
	  "", false },
	{ "10.30.0.2", FULL(8), "a.example", false, 443, REASON_NO_PERMIT, "", false },
	{ "10.30.0.2", FULL(6), "a.example", false, 443, REASON_NO_PERMIT, "", true },
	/* restricted */
	{ "10.30.0.2", RESTRICTED(7), "x.c.example", false, 443, REASON_APPROVED,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "x.c.example", false, 80, REASON_APPROVED,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "x.c.example", false, 22, REASON_PORT,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "a.example", false, 443, REASON_NOT_IN_PERMIT,
	  "p0000000000000003", false },
	{ "10.30.0.2", FULL(7), "x.c.example", false, 443, REASON_NO_PERMIT, "", false },
	/* admission off */
	{ "10.40.0.2", 0, "b.example", false, 443, REASON_ENTRY, "a0000000000000002",
	  false },
	{ "10.40.0.2", FULL(8), "b.example", false, 443, REASON_ENTRY,
	  "a0000000000000002", false },
	{ "10.40.0.2", FULL(5), "b.example", false, 443, REASON_ENTRY,
	  "a0000000000000002", false },
	/* zones */
	{ "10.50.0.2", 0, "a.example", false, 443, REASON_ZONE, "", false },
	{ "10.60.0.2", 0, "a.example", false, 443, REASON_ZONE, "", false },
	{ "192.0.2.1", FULL(5), "a.example", false, 443, REASON_ZONE, "", false },
	{ "fd30::2", FULL(5), "a.example", false, 443, REASON_ZONE, "", false },
};

static struct revision *parse(void)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	char why[1024];

	if (revision_parse(text, sizeof(text) - 1, &rev, &diags) != 0)
		fail_msg("%s", diag_print(&diags, "revision", why, sizeof(why)));
	return rev;
}

static void test_rows(void **state)
{
	struct snapshot *snap;

	(void)state;
	assert_int_equal(snapshot_new(parse(), &snap), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decide_question q = {
			.mark = rows[i].mark,
			.now_s = NOW,
			.host = rows[i].host,
			.literal = rows[i].literal,
			.port = rows[i].port,
		};
		struct decide_answer a;

		assert_int_equal(addr_parse(rows[i].src, &q.src), 0);
		a = decide(snap, &q);
		if (a.reason != rows[i].reason || strcmp(a.rule, rows[i].rule) != 0)
			fail_msg("row %zu: %s, rule %s", i, reason_name(a.reason),
				 a.rule);
		assert_int_equal(a.allowed,
				 a.reason == REASON_ENTRY || a.reason == REASON_APPROVED);
		assert_int_equal(a.expired, rows[i].expired);
		assert_int_equal(a.revision, 7);
	}
	snapshot_free(snap);
}

/* The same question a second later has another answer. */
static void test_time(void **state)
{
	struct decide_question q = {
		.mark = RESTRICTED(7), .now_s = NOW, .host = "x.c.example", .port = 443
	};
	struct snapshot *snap;
	struct decide_answer a;

	(void)state;
	assert_int_equal(addr_parse("10.30.0.2", &q.src), 0);
	assert_int_equal(snapshot_new(parse(), &snap), 0);
	assert_true(decide(snap, &q).allowed);
	q.now_s++;
	a = decide(snap, &q);
	assert_false(a.allowed);
	assert_true(a.expired);
	assert_string_equal(a.permit->id, "p0000000000000003");
	snapshot_free(snap);
}

static void test_no_policy(void **state)
{
	struct decide_question q = { .host = "a.example", .port = 443 };
	struct decide_answer a = decide(NULL, &q);

	(void)state;
	assert_false(a.allowed);
	assert_int_equal(a.reason, REASON_NO_POLICY);
}

static void test_site(void **state)
{
	struct snapshot *snap;

	(void)state;
	assert_int_equal(snapshot_new(parse(), &snap), 0);
	assert_int_equal(snap->site_count, 3); /* not the zone that we dial into */
	snapshot_free(snap);
}

static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct revision *rev = parse();
		struct snapshot *snap = NULL;
		int r;

		alloc_fail_at(n);
		r = snapshot_new(rev, &snap);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		assert_int_equal(snap == NULL, fired);
		if (fired)
			revision_free(rev);
		snapshot_free(snap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),       cmocka_unit_test(test_time),
		cmocka_unit_test(test_no_policy),  cmocka_unit_test(test_site),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
