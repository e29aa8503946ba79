/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/policy.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/policy/base.h"

#define ZONE(more) \
	HEAD "zones:\n  a: { kind: office, interfaces: [a0], networks: " \
	     "[10.1.0.0/16]" more " }\n"
#define TWO(a, b) \
	HEAD "zones:\n" \
	     "  a: { kind: office, interfaces: [a0], networks: [10.1.0.0/16]" a " }\n" \
	     "  b: { kind: office, interfaces: [b0], networks: [10.2.0.0/16]" b " }\n"
#define VPN(body) \
	HEAD "zones:\n  core: { kind: personal, interfaces: [c0], networks: " \
	     "[10.1.0.0/16] }\n" \
	     "  far: { kind: vpn, interfaces: [wg0], networks: [10.2.0.0/16] }\n" \
	     "  line: { kind: closed, interfaces: [l0], networks: [10.3.0.0/16] }\n" \
	     "  internet: { kind: internet, interfaces: [w0] }\n" \
	     "gateway: { vpn: { " body " } }\n"
#define RADIUS(body) BASE "gateway: { radius: { " body " } }\n"

static int parse(const char *text, struct policy **ret_policy, char out[512])
{
	struct diags d = { 0 };
	int r = policy_parse(text, strlen(text), ret_policy, &d);

	out[0] = '\0';
	(void)diag_print(&d, "p", out, 512);
	return r;
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ ZONE(", vlan: 0"), "p:4:71" },
		{ ZONE(", vlan: 4095"), "4094" },
		{ ZONE(", vlan: ten"), "vlan" },
		{ ZONE(", vlan: 20, admission: off"),
		  "'vlan' is for a zone with admission enforce" },
		{ ZONE(", containment: on, admission: off"),
		  "'containment' is for a zone with admission enforce" },
		{ ZONE(", containment: maybe"), "containment" },
		{ TWO(", vlan: 20", ", vlan: 20"),
		  "p:5:71: VLAN 20 belongs to zone 'a' already (line 4)" },
		{ RADIUS("switches: []"), "switches" },
		{ RADIUS(""), "switches" },
		{ RADIUS("switches: [10.3.0.5, 192.0.2.1]"),
		  "switch 192.0.2.1 is in no zone but the internet" },
		{ RADIUS("switches: [10.3.0.5, 10.3.0.5]"), "10.3.0.5" },
		{ RADIUS("switches: [10.3.0.0/24]"), "a switch" },
		{ VPN(""), "port" },
		{ VPN("port: 0"), "port" },
		{ VPN("port: udp/51820"), "port" },
		{ VPN("port: 1812"), "port 1812 is the RADIUS server's" },
		{ VPN("port: 51820, from: far"), "zone 'far': a VPN does not come in" },
		{ VPN("port: 51820, from: core"), "zone 'core': a VPN does not" },
		{ VPN("port: 51820, from: nowhere"), "nowhere" },
		{ VPN("port: 51820, peers: []"), "peers" },
		{ VPN("port: 51820, peers: [10.1.0.5]"),
		  "peer 10.1.0.5 is not in zone 'internet'" },
		{ VPN("port: 51820, from: line, peers: [192.0.2.1]"),
		  "peer 192.0.2.1 is not in zone 'line'" },
		{ VPN("port: 51820, peers: [192.0.2.1, 192.0.2.1]"), "192.0.2.1" },
		{ BASE "gateway: { vpn: { port: 51820 } }\n", "a zone of kind vpn" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy *p = NULL;
		char out[512];

		assert_int_equal(parse(rows[i].text, &p, out), -EINVAL);
		assert_null(p);
		if (strstr(out, rows[i].expected) == NULL)
			fail_msg("row %zu: %s", i, out);
	}
}

static void test_accepted(void **state)
{
	struct policy *p = NULL;
	char out[512];

	(void)state;
	assert_int_equal(
		parse(TWO(", vlan: 1, containment: on", ", vlan: 4094"), &p, out), 0);
	assert_int_equal(p->zone[0].vlan, 1);
	assert_true(p->zone[0].containment);
	assert_int_equal(p->zone[1].vlan, 4094);
	assert_false(p->zone[1].containment);
	policy_free(p);
	assert_int_equal(parse(RADIUS("switches: [10.3.0.5, 10.1.0.9]"), &p, out), 0);
	assert_int_equal(p->zone[0].vlan, 0);
	assert_int_equal(p->gateway.radius.count, 2);
	policy_free(p);
}

static void test_vpn(void **state)
{
	struct policy *p = NULL;
	char out[512];

	(void)state;
	assert_int_equal(parse(VPN("port: 51820"), &p, out), 0);
	assert_true(p->gateway.vpn.present);
	assert_int_equal(p->gateway.vpn.port, 51820);
	assert_string_equal(p->zone[p->gateway.vpn.from].name, "internet");
	assert_int_equal(p->gateway.vpn.peer_count, 0);
	policy_free(p);
	assert_int_equal(
		parse(VPN("port: 500, peers: [10.3.0.7, 10.3.0.8], from: line"), &p, out),
		0);
	assert_string_equal(p->zone[p->gateway.vpn.from].name, "line");
	assert_int_equal(p->gateway.vpn.peer_count, 2);
	policy_free(p);
	assert_int_equal(parse(BASE, &p, out), 0);
	assert_false(p->gateway.vpn.present);
	policy_free(p);
}

static void try_without_memory(const char *text)
{
	bool fired = true;

	for (unsigned n = 1; fired; n++) {
		struct policy *p = NULL;
		struct diags d = { 0 };
		int r;

		alloc_fail_at(n);
		r = policy_parse(text, strlen(text), &p, &d);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		policy_free(p);
	}
}

static void test_memory(void **state)
{
	(void)state;
	try_without_memory(RADIUS("switches: [10.3.0.5, 10.1.0.9]"));
	try_without_memory(VPN("port: 51820, peers: [192.0.2.1, 2001:db8::1]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_vpn),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
