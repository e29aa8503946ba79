/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/decide.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"

#define NOW 1790000000 /* 2026-09-21, a Monday, 14:13:20 UTC */
#define PERMIT(id, number, zone, until, group, destinations) \
	"{\"id\":\"p000000000000000" id "\",\"number\":" number \
	",\"device\":\"d0000000000000001\",\"cards\":[{\"mac\":\"02:00:00:00:00:0" id \
	"\",\"interface\":\"" zone "0\"}],\"zone\":\"" zone "\"," until \
	"\"user\":\"yamada\",\"group\":\"" group "\",\"destinations\":[" destinations \
	"]}"
#define ZONE(name, net, admission) \
	"  " name ":\\n    kind: office\\n    interfaces: [" name "0]\\n" \
	"    networks: [" net "]\\n    admission: " admission "\\n"
#define LIST(id, mode, zones, groups, users, schedule) \
	"{\"id\":\"l000000000000000" id "\",\"name\":\"n\",\"mode\":\"" mode \
	"\",\"zones\":[" zones "],\"groups\":[" groups "],\"users\":[" users \
	"],\"schedule\":" schedule "}"
#define FROM_1430 \
	"{\"timezone\":\"UTC\",\"weekly\":[{\"days\":[\"mon\"],\"from\":\"14:30\"," \
	"\"to\":\"15:00\"}],\"holidays\":[]}"

static const char text[] = "{\"format\":4,\"quarantine\":[],\"number\":7,\"created\":"
			   "\"2026-11-21T00:00:00Z\",\"policy\":\""
			   "version: 1\\nsite: { name: x }\\nzones:\\n" /* one a line */
	ZONE("office", "10.30.0.0/24", "enforce") /* */
	ZONE("lab", "10.40.0.0/24", "off") /* */
	ZONE("nested", "10.50.0.0/24", "off") /* */
	ZONE("quiet", "10.70.0.0/24", "off") /* */
	ZONE("asks", "10.80.0.0/24", "enforce") /* */
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [office, lab, quiet, asks], sign_in: [asks], via: wan, "
	"resolvers: [192.0.2.53] }\\n"
	"\",\"lists\":[" /* the entries name them by their place */
	REVISION_DEFAULT_LIST "," /* 0 */
	LIST("1", "enforce", "\"lab\"", "", "", "null") "," /* 1 */
	LIST("2", "enforce", "", "\"clinic\"", "", "null") "," /* 2 */
	LIST("3", "enforce", "", "", "\"sato\"", "null") "," /* 3 */
	LIST("4", "enforce", "", "", "", FROM_1430) "," /* 4 */
	LIST("5", "observe", "\"quiet\"", "", "", "null") "]," /* 5 */
	REVISION_ALLOW("443") ",\"permits\":[" /* */
	PERMIT("1", "5", "office", "", "", "") "," /* */
	PERMIT("2", "6", "office", "\"until\":1790000000,", "", "") "," /* */
	PERMIT("3", "7", "office", "\"until\":1790000001,", "",
	       "\"*.c.example\"") "," /* */
	PERMIT("4", "8", "lab", "", "", "") "," /* */
	PERMIT("5", "9", "office", "\"until\":1790000500,", "clinic", "") "," /* */
	PERMIT("6", "10", "asks", "", "", "") "," /* */
	PERMIT("7", "11", "office", "\"lists\":[\"l0000000000000002\"],", "clinic",
	       "") "," /* */
	PERMIT("8", "12", "office", "\"lists\":[],", "clinic", "") "," /* */
	PERMIT("9", "13", "office", "\"flows\":[],", "clinic", "") "," /* */
	PERMIT("a", "14", "office", "\"flows\":[],", "", "\"*.c.example\"") "]}";

static const struct allow_entry entries[] = {
	{ .id = "a0000000000000001",
	  .host = "a.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .until = NOW + 900 },
	{ .id = "a0000000000000002",
	  .host = "b.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .list = 1,
	  .tls_any = true },
	{ .id = "a0000000000000003",
	  .host = "group.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .list = 2,
	  .until = NOW + 600 },
	{ .id = "a0000000000000004",
	  .host = "user.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .list = 3 },
	{ .id = "a0000000000000005",
	  .host = "later.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .list = 4 },
	{ .id = "a0000000000000006",
	  .host = "10.9.9.9",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "" },
	{ .id = "a0000000000000007",
	  .host = "path.example",
	  .port = { 80 },
	  .port_count = 1,
	  .path = "/a",
	  .method = { "GET" },
	  .method_count = 1 },
	{ .id = "a0000000000000008",
	  .host = "root.example",
	  .port = { 80 },
	  .port_count = 1,
	  .path = "/" },
	{ .id = "a0000000000000009",
	  .host = "2001:db8::9",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "" },
};

#define ID(n)         "a000000000000000" n
#define FULL(n)       (REVISION_MARK_FULL | (n))
#define RESTRICTED(n) (REVISION_MARK_RESTRICTED | (n))
#define LIMITED(n)    (REVISION_MARK_LIMITED | (n))

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
	{ "10.30.0.2", FULL(5), "a.example", false, 443, REASON_ENTRY, ID("1"), false },
	{ "10.30.0.2", FULL(5), "a.example", false, 80, REASON_PORT, ID("1"), false },
	{ "10.30.0.2", FULL(5), "b.example", false, 443, REASON_NOT_LISTED, "", false },
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
	/* addresses: only what an entry names */
	{ "10.30.0.2", FULL(5), "192.0.2.1", true, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(5), "a.example", true, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(5), "10.9.9.9", true, 443, REASON_ENTRY, ID("6"), false },
	{ "10.30.0.2", FULL(5), "10.9.9.9", true, 80, REASON_PORT, ID("6"), false },
	{ "10.30.0.2", FULL(5), "::ffff:10.9.9.9", true, 443, REASON_ENTRY, ID("6"),
	  false },
	{ "10.30.0.2", FULL(5), "2001:0db8::0:9", true, 443, REASON_ENTRY, ID("9"),
	  false },
	{ "10.30.0.2", FULL(5), "127.0.0.1", true, 443, REASON_NOT_LISTED, "", false },
	/* lists */
	{ "10.30.0.2", FULL(5), "group.example", false, 443, REASON_NOT_LISTED, "",
	  false },
	{ "10.30.0.2", FULL(9), "group.example", false, 443, REASON_ENTRY, ID("3"),
	  false },
	{ "10.30.0.2", FULL(5), "user.example", false, 443, REASON_NOT_LISTED, "",
	  false },
	{ "10.30.0.2", FULL(5), "later.example", false, 443, REASON_NOT_NOW, ID("5"),
	  false },
	/* restricted */
	{ "10.30.0.2", RESTRICTED(7), "x.c.example", false, 443, REASON_APPROVED,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "x.c.example", false, 22, REASON_PORT,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "a.example", false, 443, REASON_NOT_IN_PERMIT,
	  "p0000000000000003", false },
	{ "10.30.0.2", RESTRICTED(7), "10.9.9.9", true, 443, REASON_NOT_IN_PERMIT,
	  "p0000000000000003", false },
	{ "10.30.0.2", FULL(7), "x.c.example", false, 443, REASON_NO_PERMIT, "", false },
	/* limited to lists: those that count for it anyway, and are named */
	{ "10.30.0.2", FULL(11), "group.example", false, 443, REASON_ENTRY, ID("3"),
	  false },
	{ "10.30.0.2", FULL(11), "a.example", false, 443, REASON_NOT_LISTED, "", false },
	{ "10.30.0.2", FULL(12), "group.example", false, 443, REASON_NOT_LISTED, "",
	  false },
	{ "10.30.0.2", FULL(12), "a.example", false, 443, REASON_NOT_LISTED, "", false },
	/* limited to flows: the proxy is not meant, unless it is too */
	{ "10.30.0.2", LIMITED(13), "a.example", false, 443, REASON_ENTRY, ID("1"),
	  false },
	{ "10.30.0.2", FULL(13), "a.example", false, 443, REASON_NO_PERMIT, "", false },
	{ "10.30.0.2", LIMITED(14), "a.example", false, 443, REASON_NOT_IN_PERMIT,
	  "p000000000000000a", false },
	{ "10.30.0.2", LIMITED(14), "x.c.example", false, 443, REASON_APPROVED,
	  "p000000000000000a", false },
	/* admission off */
	{ "10.40.0.2", 0, "b.example", false, 443, REASON_ENTRY, ID("2"), false },
	{ "10.40.0.2", FULL(8), "b.example", false, 443, REASON_ENTRY, ID("2"), false },
	{ "10.40.0.2", FULL(5), "b.example", false, 443, REASON_ENTRY, ID("2"), false },
	/* observed */
	{ "10.70.0.2", 0, "a.example", false, 443, REASON_ENTRY, ID("1"), false },
	{ "10.70.0.2", 0, "x.example", false, 443, REASON_WOULD_DENY, "", false },
	{ "10.70.0.2", 0, "a.example", false, 80, REASON_WOULD_DENY, ID("1"), false },
	{ "10.70.0.2", 0, "192.0.2.1", true, 443, REASON_NOT_LISTED, "", false },
	/* nobody has signed in */
	{ "10.80.0.2", FULL(10), "a.example", false, 443, REASON_SIGN_IN, "", false },
	{ "10.80.0.2", FULL(10), NULL, false, 0, REASON_SIGN_IN, "", false },
	{ "10.80.0.2", 0, "a.example", false, 443, REASON_NO_PERMIT, "", false },
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

static struct allow_image *image(void)
{
	struct allow_image *opened;
	struct made m;

	assert_int_equal(made_new(entries, ARRAY_LEN(entries), &m), 0);
	opened = made_image(&m);
	made_close(&m);
	return opened;
}

static struct snapshot *snapshot(void)
{
	struct snapshot *snap = NULL;

	assert_int_equal(snapshot_new(parse(), image(), &snap), 0);
	return snap;
}

static struct decide_question question(const char *src, uint32_t mark, const char *host)
{
	struct decide_question q = { .mark = mark,
				     .now_s = NOW,
				     .host = host,
				     .port = 443,
				     .scheme = DECIDE_CONNECT };

	assert_int_equal(addr_parse(src, &q.src), 0);
	return q;
}

static void test_rows(void **state)
{
	struct snapshot *snap = snapshot();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct decide_question q =
			question(rows[i].src, rows[i].mark, rows[i].host);
		struct decide_answer a;

		q.literal = rows[i].literal;
		q.port = rows[i].port;
		a = decide(snap, &q);
		if (a.reason != rows[i].reason || strcmp(a.rule, rows[i].rule) != 0)
			fail_msg("row %zu: %s, rule %s", i, reason_name(a.reason),
				 a.rule);
		assert_int_equal(a.allowed, a.reason == REASON_ENTRY ||
						    a.reason == REASON_APPROVED ||
						    a.reason == REASON_WOULD_DENY);
		assert_int_equal(a.expired, rows[i].expired);
		assert_int_equal(a.observed, a.reason == REASON_WOULD_DENY);
		assert_int_equal(a.named_address, a.allowed && q.literal);
		assert_int_equal(a.revision, 7);
	}
	snapshot_unref(snap);
}

static void test_schemes(void **state)
{
	static const struct {
		const char *host;
		uint32_t mark;
		uint16_t port;
		enum decide_scheme scheme;
		const char *path, *method;
		enum reason reason;
	} row[] = {
		{ "path.example", FULL(5), 80, DECIDE_HTTP, "/a/b?c", "GET",
		  REASON_ENTRY },
		{ "path.example", FULL(5), 80, DECIDE_HTTP, "/b", "GET", REASON_METHOD },
		{ "path.example", FULL(5), 80, DECIDE_HTTP, "/a", "PUT", REASON_METHOD },
		{ "path.example", FULL(5), 80, DECIDE_HTTP, NULL, "GET", REASON_METHOD },
		{ "path.example", FULL(5), 80, DECIDE_HTTP, "/a", NULL, REASON_METHOD },
		{ "path.example", FULL(5), 80, DECIDE_CONNECT, NULL, NULL, REASON_PORT },
		{ "root.example", FULL(5), 80, DECIDE_HTTP, "", "GET", REASON_ENTRY },
		{ "a.example", FULL(5), 443, DECIDE_HTTP, "/", "GET", REASON_PORT },
		{ "x.c.example", RESTRICTED(7), 80, DECIDE_HTTP, "/", "GET",
		  REASON_APPROVED },
		{ "x.c.example", RESTRICTED(7), 443, DECIDE_HTTP, "/", "GET",
		  REASON_PORT },
		{ "x.c.example", RESTRICTED(7), 80, DECIDE_CONNECT, NULL, NULL,
		  REASON_PORT },
	};
	struct snapshot *snap = snapshot();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct decide_question q =
			question("10.30.0.2", row[i].mark, row[i].host);

		q.port = row[i].port;
		q.scheme = row[i].scheme;
		q.path = row[i].path;
		q.method = row[i].method;
		if (decide(snap, &q).reason != row[i].reason)
			fail_msg("row %zu: %s", i, reason_name(decide(snap, &q).reason));
	}
	snapshot_unref(snap);
}

/* What comes with the answer. */
static void test_answer(void **state)
{
	struct snapshot *snap = snapshot();
	struct decide_question q = question("10.40.0.2", 0, "b.example");
	struct decide_answer a = decide(snap, &q);

	(void)state;
	assert_true(a.tls_any);
	assert_string_equal(a.list, "l0000000000000001");
	assert_int_equal(a.until, 0);
	q = question("10.70.0.2", 0, "x.example");
	a = decide(snap, &q);
	assert_false(a.tls_any);
	assert_int_equal(a.hidden, REASON_NOT_LISTED);
	assert_string_equal(a.list, "l0000000000000005");
	q.host = "later.example";
	assert_int_equal(decide(snap, &q).hidden, REASON_NOT_NOW);
	q = question("10.30.0.2", FULL(5), "user.example");
	q.user = "sato";
	a = decide(snap, &q);
	assert_true(a.allowed);
	assert_int_equal(a.hidden, REASON_NONE);
	assert_string_equal(a.list, "l0000000000000003");
	q.user = "yamada";
	assert_string_equal(decide(snap, &q).list, "");
	q = question("10.80.0.2", FULL(10), "user.example");
	q.user = "";
	assert_int_equal(decide(snap, &q).reason, REASON_SIGN_IN);
	q.user = "sato";
	assert_true(decide(snap, &q).allowed);
	snapshot_unref(snap);
}

/* The same question later has another answer, and the answer says when. */
static void test_time(void **state)
{
	struct decide_question q = question("10.30.0.2", RESTRICTED(7), "x.c.example");
	struct snapshot *snap = snapshot();
	struct decide_answer a = decide(snap, &q);

	(void)state;
	assert_true(a.allowed);
	assert_int_equal(a.until, NOW + 1);
	q.now_s++;
	a = decide(snap, &q);
	assert_false(a.allowed);
	assert_true(a.expired);
	assert_string_equal(a.permit->id, "p0000000000000003");
	q = question("10.30.0.2", FULL(9), "group.example");
	assert_int_equal(decide(snap, &q).until, NOW + 500); /* permit before entry */
	q = question("10.30.0.2", FULL(5), "a.example");
	assert_int_equal(decide(snap, &q).until, NOW + 900);
	q.now_s = NOW + 900;
	assert_int_equal(decide(snap, &q).reason, REASON_NOT_NOW);
	q = question("10.30.0.2", FULL(5), "later.example");
	assert_int_equal(decide_next_change(snap, NOW), 16 * 60 + 40);
	q.now_s = NOW + decide_next_change(snap, NOW);
	assert_true(decide(snap, &q).allowed);
	assert_int_equal(decide_next_change(snap, q.now_s), 30 * 60);
	assert_int_equal(decide_next_change(NULL, NOW), ALLOW_CHANGE_MAX_S);
	snapshot_unref(snap);
}

static void test_no_policy(void **state)
{
	struct decide_question q = { .host = "a.example", .port = 443 };
	struct decide_answer a = decide(NULL, &q);

	(void)state;
	assert_false(a.allowed);
	assert_int_equal(a.reason, REASON_NO_POLICY);
	assert_string_equal(a.list, "");
}

static void test_site(void **state)
{
	struct snapshot *snap = snapshot();

	(void)state;
	assert_int_equal(snap->site_count, 5); /* not the zone that we dial into */
	snapshot_unref(snap);
}

#define THREADS 4
#define TURNS   2000

static void *take_and_give(void *user)
{
	struct snapshot *snap = user; /* with a reference that is ours */
	struct decide_question q = { .mark = FULL(5),
				     .now_s = NOW,
				     .host = "a.example",
				     .port = 443,
				     .scheme = DECIDE_CONNECT };
	size_t allowed = 0;

	if (addr_parse("10.30.0.2", &q.src) < 0)
		return snap;
	for (int i = 0; i < TURNS; i++) {
		struct snapshot *mine = snapshot_ref(snap);

		allowed += decide(mine, &q).allowed ? 1 : 0;
		snapshot_unref(mine);
	}
	snapshot_unref(snap);
	return allowed == TURNS ? NULL : snap;
}

/* The last of several threads frees it. */
static void test_threads(void **state)
{
	struct snapshot *snap = snapshot();
	pthread_t thread[THREADS];
	void *failed;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, take_and_give,
						snapshot_ref(snap)),
				 0);
	snapshot_unref(snap);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	assert_null(snapshot_ref(NULL));
	snapshot_unref(NULL);
}

static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct revision *rev = parse();
		struct allow_image *opened = image();
		struct snapshot *snap = NULL;
		int r;

		alloc_fail_at(n);
		r = snapshot_new(rev, opened, &snap);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		assert_int_equal(snap == NULL, fired);
		if (fired) {
			allow_image_free(opened);
			revision_free(rev);
		}
		snapshot_unref(snap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_answer),    cmocka_unit_test(test_time),
		cmocka_unit_test(test_no_policy), cmocka_unit_test(test_site),
		cmocka_unit_test(test_threads),   cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
