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
#include "lib/str.h"
#include "proxy/answers.h"
#include "proxy/decide.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"

#define NOW  1790000000
#define FULL (REVISION_MARK_FULL | 5u)
#define PERMIT \
	"{\"id\":\"p0000000000000001\",\"number\":5,\"device\":\"d0000000000000001\"," \
	"\"mac\":\"02:00:00:00:00:01\",\"interface\":\"office0\",\"zone\":\"office\"," \
	"\"until\":1790000100,\"user\":\"yamada\",\"group\":\"clinic\"," \
	"\"destinations\":[]}"

static const char revision[] =
	"{\"format\":2,\"number\":9,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\""
	"version: 1\\nsite: { name: x }\\nzones:\\n"
	"  office:\\n    kind: office\\n    interfaces: [office0]\\n"
	"    networks: [10.30.0.0/24]\\n    admission: enforce\\n"
	"  quiet:\\n    kind: office\\n    interfaces: [quiet0]\\n"
	"    networks: [10.70.0.0/24]\\n    admission: off\\n"
	"  apart:\\n    kind: office\\n    interfaces: [apart0]\\n"
	"    networks: [10.80.0.0/24]\\n    admission: off\\n"
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n"
	"proxy: { zones: [office, quiet], via: wan, resolvers: [192.0.2.53] }\\n"
	"\",\"lists\":[" REVISION_DEFAULT_LIST ","
	"{\"id\":\"l0000000000000001\",\"name\":\"n\",\"mode\":\"enforce\",\"zones\":[],"
	"\"groups\":[\"clinic\"],\"users\":[],\"schedule\":null},"
	"{\"id\":\"l0000000000000002\",\"name\":\"n\",\"mode\":\"observe\","
	"\"zones\":[\"quiet\"],\"groups\":[],\"users\":[],\"schedule\":null}]"
	"," REVISION_ALLOW("443") ",\"permits\":[" PERMIT "]}";

static const struct allow_entry entries[] = {
	{ .id = "a0000000000000001",
	  .host = "a.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "" },
	{ .id = "a0000000000000002",
	  .host = "group.example",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "",
	  .list = 1 },
	{ .id = "a0000000000000003",
	  .host = "path.example",
	  .port = { 80 },
	  .port_count = 1,
	  .path = "/a" },
	{ .id = "a0000000000000004",
	  .host = "10.9.9.9",
	  .port = { 443 },
	  .port_count = 1,
	  .path = "" },
};

static struct snapshot *snapshot(void)
{
	struct revision *rev = NULL;
	struct snapshot *snap = NULL;
	struct diags diags = { 0 };
	struct made m;

	assert_int_equal(revision_parse(revision, sizeof(revision) - 1, &rev, &diags), 0);
	assert_int_equal(made_new(entries, ARRAY_LEN(entries), &m), 0);
	assert_int_equal(snapshot_new(rev, made_image(&m), &snap), 0);
	made_close(&m);
	return snap;
}

/* addr "": the zone's. path "": HTTPS. */
static struct proto_decide question(const char *addr, const char *zone, uint32_t mark,
				    const char *host, uint16_t port, const char *path)
{
	struct proto_decide m;
	struct addr a;

	memset(&m, 0, sizeof(m));
	if (addr[0] != '\0') {
		assert_int_equal(addr_parse(addr, &a), 0);
		m.addr_family = a.family;
		memcpy(m.addr, a.bytes, sizeof(m.addr));
	}
	m.mark = mark;
	m.port = port;
	m.scheme = path[0] != '\0' ? PROTO_SCHEME_HTTP : PROTO_SCHEME_HTTPS;
	(void)str_copy(m.zone, sizeof(m.zone), zone);
	(void)str_copy(m.host, sizeof(m.host), host);
	(void)str_copy(m.path, sizeof(m.path), path);
	(void)str_copy(m.method, sizeof(m.method), "GET");
	return m;
}

static const struct {
	const char *addr, *zone;
	uint32_t mark;
	const char *host;
	uint16_t port;
	const char *path;
	int code;
	enum reason reason, would;
	const char *rule, *in;
} rows[] = {
	{ "10.30.0.2", "", FULL, "A.Example.", 443, "", 0, REASON_ENTRY, 0,
	  "a0000000000000001", "office" },
	{ "10.30.0.2", "", FULL, "group.example", 443, "", 0, REASON_ENTRY, 0,
	  "a0000000000000002", "office" },
	{ "::ffff:10.30.0.2", "", FULL, "a.example", 80, "/", 0, REASON_PORT, 0,
	  "a0000000000000001", "office" },
	{ "10.30.0.2", "", FULL, "path.example", 80, "/b", 0, REASON_METHOD, 0,
	  "a0000000000000003", "office" },
	{ "10.30.0.2", "", FULL, "10.9.9.9", 443, "", 0, REASON_ENTRY, 0,
	  "a0000000000000004", "office" },
	{ "10.30.0.2", "", 0, "a.example", 443, "", 0, REASON_NO_PERMIT, 0, "",
	  "office" },
	{ "10.90.0.2", "", FULL, "a.example", 443, "", 0, REASON_ZONE, 0, "", "" },
	/* the zone is used only without an address */
	{ "10.90.0.2", "office", 0, "a.example", 443, "", 0, REASON_ZONE, 0, "", "" },
	{ "", "office", 0, "a.example", 443, "", 0, REASON_ENTRY, 0, "a0000000000000001",
	  "office" },
	{ "", "office", 0, "group.example", 443, "", 0, REASON_NOT_LISTED, 0, "",
	  "office" },
	{ "", "office", FULL, "group.example", 443, "", 0, REASON_ENTRY, 0,
	  "a0000000000000002", "office" },
	{ "", "office", REVISION_MARK_FULL | 6u, "a.example", 443, "", 0,
	  REASON_NO_PERMIT, 0, "", "office" },
	{ "", "apart", 0, "a.example", 443, "", 0, REASON_ZONE, 0, "", "apart" },
	{ "", "quiet", 0, "x.example", 443, "", 0, REASON_WOULD_DENY, REASON_NOT_LISTED,
	  "", "quiet" },
	{ "", "nowhere", 0, "a.example", 443, "", -ENOENT, 0, 0, "", "" },
	{ "", "", 0, "a.example", 443, "", -ENOENT, 0, 0, "", "" },
	{ "10.30.0.2", "", FULL, "a_b..example", 443, "", -EINVAL, 0, 0, "", "" },
	{ "10.30.0.2", "", FULL, "", 443, "", -EINVAL, 0, 0, "", "" },
	{ "10.30.0.2", "", FULL, "a.example", 0, "", -EINVAL, 0, 0, "", "" },
	{ "10.30.0.2", "", FULL, "path.example", 80, "a", -EINVAL, 0, 0, "", "" },
};

static void test_rows(void **state)
{
	struct snapshot *snap = snapshot();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proto_decide m =
			question(rows[i].addr, rows[i].zone, rows[i].mark, rows[i].host,
				 rows[i].port, rows[i].path);
		struct proto_decide_reply r;

		assert_int_equal(answers_decide(snap, &m, NOW, &r), 0);
		if (r.code != rows[i].code || r.reason != rows[i].reason ||
		    r.would != rows[i].would || strcmp(r.rule, rows[i].rule) != 0 ||
		    strcmp(r.zone, rows[i].in) != 0)
			fail_msg("row %zu: code %d, %s, would %u, rule %s, zone %s", i,
				 r.code, reason_name(reason_of(r.reason)), r.would,
				 r.rule, r.zone);
		assert_int_equal(r.allowed, r.reason == REASON_ENTRY ||
						    r.reason == REASON_WOULD_DENY);
		assert_int_equal(r.revision, r.code == 0 ? 9 : 0);
		assert_true(r.code == 0 || r.text[0] != '\0');
	}
	snapshot_unref(snap);
}

static void test_time_and_texts(void **state)
{
	struct proto_decide m = question("10.30.0.2", "", FULL, "a.example", 443, "");
	struct snapshot *snap = snapshot();
	struct proto_decide_reply r;

	(void)state;
	m.time_s = NOW + 100;
	assert_int_equal(answers_decide(snap, &m, NOW, &r), 0);
	assert_int_equal(r.reason, REASON_NO_PERMIT);
	assert_string_equal(r.text, "the permit's time is over");
	m = question("", "quiet", 0, "x.example", 443, "");
	assert_int_equal(answers_decide(snap, &m, NOW, &r), 0);
	assert_string_equal(r.list, "l0000000000000002");
	m = question("", "office", 0, "sekisho.internal", 80, "/");
	assert_int_equal(answers_decide(snap, &m, NOW, &r), 0);
	assert_non_null(strstr(r.text, "itself"));
	m = question("10.30.0.2", "", FULL, "a.example", 443, "");
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), 0);
	assert_int_equal(r.reason, REASON_NO_POLICY);
	assert_int_equal(r.revision, 0);
	m = question("", "office", 0, "a.example", 443, "");
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), 0);
	assert_int_equal(r.reason, REASON_NO_POLICY);
	snapshot_unref(snap);
}

/* What is no message of ours ends the connection. */
static void test_malformed(void **state)
{
	const struct proto_decide good =
		question("10.30.0.2", "", FULL, "a.example", 443, "");
	struct proto_decide m = good;
	struct proto_decide_reply r;

	(void)state;
	memset(m.host, 'a', sizeof(m.host));
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	memset(m.path, '/', sizeof(m.path));
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	memset(m.zone, 'z', sizeof(m.zone));
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	memset(m.user, 'u', sizeof(m.user));
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	memset(m.method, 'M', sizeof(m.method));
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	m.addr_family = 5;
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
	m = good;
	m.scheme = 0;
	assert_int_equal(answers_decide(NULL, &m, NOW, &r), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_time_and_texts),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
