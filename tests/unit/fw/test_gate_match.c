/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/gated/match.h"
#include "tests/unit/fw/golden.h"

static const struct {
	const char *src, *dst, *flow; /* NULL: none */
	uint16_t port;
	uint8_t proto, icmp_type;
} rows[] = {
	{ "10.8.1.9", "172.20.0.10", "terminals-middle", 8000, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.10", "terminals-middle", 8100, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.13", "terminals-middle", 5001, IPPROTO_UDP, 0 },
	{ "10.8.2.7", "172.20.0.53", "terminals-middle", 53, IPPROTO_UDP, 0 },
	{ "2001:db8:10:1::5", "2001:db8:20::10", "terminals-middle", 8000, IPPROTO_TCP,
	  0 },
	{ "172.20.0.10", "10.9.0.1", "closed-core", 8000, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.10", NULL, 8101, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.10", NULL, 7999, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.10", NULL, 8000, IPPROTO_UDP, 0 },
	{ "10.8.1.9", "172.20.0.14", NULL, 8000, IPPROTO_TCP, 0 },
	{ "10.8.2.8", "172.20.0.10", NULL, 8000, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "172.20.0.10", NULL, 0, IPPROTO_ICMP, 8 },
	{ "172.20.0.11", "10.9.0.1", NULL, 8000, IPPROTO_TCP, 0 },
	{ "10.8.1.9", "203.0.113.1", NULL, 8000, IPPROTO_TCP, 0 },
};

static void test_match(void **state)
{
	struct revision *rev = golden_load("union");

	(void)state;
	assert_non_null(rev);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ctevent_tuple t = { .proto = rows[i].proto,
					   .dst_port = rows[i].port,
					   .icmp_type = rows[i].icmp_type };
		const struct policy_flow *f;

		assert_int_equal(addr_parse(rows[i].src, &t.src), 0);
		assert_int_equal(addr_parse(rows[i].dst, &t.dst), 0);
		f = match_flow(rev->policy, &t);
		if (rows[i].flow == NULL)
			assert_null(f);
		else
			assert_string_equal(f->id, rows[i].flow);
	}
	revision_free(rev);
}

/* What overlaps with another flow counts only when the permit names this one. */
static void test_permit(void **state)
{
	struct revision *rev = golden_load("limited");
	struct ctevent_tuple t = { .proto = IPPROTO_TCP, .dst_port = 22 };

	(void)state;
	assert_non_null(rev);
	assert_int_equal(addr_parse("10.30.0.9", &t.src), 0);
	assert_int_equal(addr_parse("10.10.0.10", &t.dst), 0);
	assert_true(match_permit(rev->policy, revision_find(rev, 2), &t, GOLDEN_NOW));
	assert_false(match_permit(rev->policy, revision_find(rev, 4), &t, GOLDEN_NOW));
	assert_true(match_permit(rev->policy, revision_find(rev, 6), &t, GOLDEN_NOW));
	assert_false(match_permit(rev->policy, revision_find(rev, 7), &t, GOLDEN_NOW));
	t.dst_port = 80;
	assert_false(match_permit(rev->policy, revision_find(rev, 2), &t, GOLDEN_NOW));
	revision_free(rev);
}

static void test_zone(void **state)
{
	struct revision *rev = golden_load("union");
	struct addr a;

	(void)state;
	assert_int_equal(addr_parse("10.15.255.255", &a), 0);
	assert_string_equal(rev->policy->zone[match_zone(rev->policy, a)].name, "core");
	assert_int_equal(addr_parse("203.0.113.1", &a), 0);
	assert_int_equal(match_zone(rev->policy, a), POLICY_NONE);
	revision_free(rev);
}

/* A zone without networks is what is in no other zone, not everything. */
static void test_internet(void **state)
{
	static const char text[] =
		"version: 1\nsite: { name: x }\n"
		"zones:\n"
		"  office: { kind: office, interfaces: [a], networks: [10.1.0.0/24] }\n"
		"  claims: { kind: closed, interfaces: [b], networks: [10.2.0.0/24] }\n"
		"  internet: { kind: internet, interfaces: [c] }\n"
		"services: { web: [tcp/443] }\n"
		"flows: [{ id: out, from: office, to: internet, services: [web] }]\n";
	struct ctevent_tuple t = { .proto = IPPROTO_TCP, .dst_port = 443 };
	struct policy *p = NULL;
	struct diags diags = { 0 };

	(void)state;
	assert_int_equal(policy_parse(text, sizeof(text) - 1, &p, &diags), 0);
	assert_int_equal(addr_parse("10.1.0.5", &t.src), 0);
	assert_int_equal(addr_parse("8.8.8.8", &t.dst), 0);
	assert_non_null(match_flow(p, &t));
	assert_int_equal(addr_parse("10.2.0.5", &t.dst), 0);
	assert_null(match_flow(p, &t));
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_permit),
		cmocka_unit_test(test_zone),
		cmocka_unit_test(test_internet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
