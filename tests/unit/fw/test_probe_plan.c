/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which probes a policy calls for. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/probe/frame.h"
#include "fw/probe/plan.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"

#define MAC_PERMITTED \
	{ \
		0x02, 0, 0, 0, 0, 0x11 \
	}
#define PERMIT(mac, interface, zone, more) \
	"{\"id\":\"p0000000000000001\",\"number\":1,\"device\":\"d0000000000000001\"," \
	"\"mac\":\"" mac "\",\"interface\":\"" interface "\",\"zone\":\"" zone \
	"\",\"user\":\"\",\"group\":\"\",\"destinations\":[" more "]}"

#define NOBODY "{\"ports\":[],\"permits\":[]}"
#define CORE \
	"{\"ports\":[],\"permits\":[" PERMIT("02:00:00:00:00:11", "core0", "core", \
					     "") "]}"
#define CORE_RESTRICTED \
	"{\"ports\":[],\"permits\":[" PERMIT("02:00:00:00:00:11", "core0", "core", \
					     "\"vendor.example\"") "]}"

#define ZONES \
	"version: 1\nsite: { name: s }\nzones:\n" \
	"  core: { kind: closed, interfaces: [core0], networks: [10.1.0.0/24, " \
	"\"fd01::/64\"], admission: enforce }\n" \
	"  claims: { kind: closed, interfaces: [claims0], networks: [10.2.0.0/24, " \
	"\"fd02::/64\"] }\n" \
	"  internet: { kind: internet, interfaces: [wan0] }\n"

#define POLICY \
	ZONES "services: { web: [tcp/443], ask: [icmp/echo-request] }\n" \
	      "flows:\n" \
	      "  - { id: one, from: core, to: claims, services: [web] }\n" \
	      "  - { id: two, from: claims, to: core, services: [ask] }\n" \
	      "management: { zones: [claims] }\n"

static struct plan_interface interfaces[] = {
	{ .name = "core0", .mac = { { 2, 0, 0, 0, 1, 1 } }, .up = true },
	{ .name = "claims0", .mac = { { 2, 0, 0, 0, 1, 2 } }, .up = true },
	{ .name = "wan0", .mac = { { 2, 0, 0, 0, 1, 3 } }, .up = true },
	{ .name = "br0", .mac = { { 2, 0, 0, 0, 1, 4 } }, .up = true },
	{ .name = "p1", .mac = { { 2, 0, 0, 0, 1, 5 } }, .up = true },
	{ .name = "p2", .mac = { { 2, 0, 0, 0, 1, 6 } }, .up = true },
};

static bool no_route_to_internet;

/* 10.1/16 and fd01 by core0, 10.2 and fd02 by claims0, 10.3 by br0, others by wan0. */
static bool route(void *user, struct addr to, char ret_interface[16])
{
	const char *const names[] = { "", interfaces[0].name, "claims0", "br0" };
	uint8_t site = to.bytes[1];
	bool inside =
		(to.bytes[0] == 10 || to.bytes[0] == 0xfd) && site >= 1 && site <= 3;

	(void)user;
	if (!inside && no_route_to_internet)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(interfaces); i++) {
		for (size_t k = 0; k < interfaces[i].address_count; k++) {
			if (addr_equal(interfaces[i].address[k], to))
				return false;
		}
	}
	(void)str_copy(ret_interface, 16, inside ? names[site] : "wan0");
	return true;
}

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static int setup(void **state)
{
	static const char *const own[][2] = {
		{ "10.1.0.254", "fd01::fffe" },
		{ "10.2.0.1", "fd02::1" },
		{ "45.113.7.1", "2a0e::1" },
		{ "10.3.0.1", "fd03::1" },
	};

	(void)state;
	no_route_to_internet = false;
	(void)str_copy(interfaces[0].name, sizeof(interfaces[0].name), "core0");
	for (size_t i = 0; i < ARRAY_LEN(interfaces); i++) {
		interfaces[i].up = true;
		interfaces[i].address_count = i < ARRAY_LEN(own) ? 2 : 0;
		for (size_t k = 0; k < interfaces[i].address_count; k++)
			interfaces[i].address[k] = addr_of(own[i][k]);
	}
	return 0;
}

static const struct plan_site site = {
	.interface = interfaces,
	.interface_count = ARRAY_LEN(interfaces),
	.route = route,
	.stranger = { { 0x06, 9, 9, 9, 9, 9 } },
	.now = GOLDEN_NOW,
};

static struct revision *make(const char *policy, const char *objects, struct plan *plan)
{
	struct revision *rev = golden_make(policy, objects);

	assert_non_null(rev);
	assert_int_equal(plan_make(rev, &site, plan), 0);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->item[i].why_not == NULL)
			assert_true(frame_is_allowed(&plan->item[i].probe));
	}
	return rev;
}

static size_t count(const struct plan *p, enum plan_kind kind, size_t from,
		    const char *why_not)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct plan_item *one = &p->item[i];
		const char *why = one->why_not != NULL ? one->why_not : "";

		n += one->kind == kind && (from == POLICY_NONE || one->from == from) &&
		     strcmp(why, why_not) == 0;
	}
	return n;
}

static const struct plan_item *find(const struct plan *p, enum plan_kind kind,
				    const char *flow, uint8_t family)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_item *one = &p->item[i];

		if (one->kind == kind && strcmp(one->flow, flow) == 0 &&
		    one->probe.family == family)
			return one;
	}
	fail_msg("no %s of flow '%s' in family %u", plan_kind_name(kind), flow, family);
	return NULL;
}

static bool is_addr(const uint8_t *bytes, const char *text)
{
	return memcmp(bytes, addr_of(text).bytes, 16) == 0;
}

static void test_flows(void **state)
{
	static const uint8_t permitted[] = MAC_PERMITTED;
	struct plan plan;
	struct revision *rev = make(POLICY, CORE, &plan);
	const struct plan_item *one = find(&plan, PLAN_FLOW, "one", 4);

	(void)state;
	/* the sender is the one that has a permit; not this machine's own address */
	assert_null(one->why_not);
	assert_string_equal(one->probe.iifname, "core0");
	assert_memory_equal(one->probe.source_mac, permitted, 6);
	assert_memory_equal(one->probe.target_mac, interfaces[0].mac.b, 6);
	assert_true(is_addr(one->probe.src, "10.1.0.253"));
	assert_true(is_addr(one->probe.dst, "10.2.0.254"));
	assert_int_equal(one->probe.proto, IPPROTO_TCP);
	assert_int_equal(one->probe.dst_port, 443);
	one = find(&plan, PLAN_FLOW, "one", 6);
	assert_true(is_addr(one->probe.src, "fd01::fffd"));
	/* where nobody needs one, anybody; the service is of one family */
	one = find(&plan, PLAN_FLOW, "two", 4);
	assert_memory_equal(one->probe.source_mac, site.stranger.b, 6);
	assert_int_equal(one->probe.proto, IPPROTO_ICMP);
	assert_int_equal(one->probe.icmp_type, 8);
	one = find(&plan, PLAN_FLOW, "two", 6);
	assert_string_equal(one->why_not, "no-service");
	plan_clear(&plan);
	revision_free(rev);
}

static void test_to_be_blocked(void **state)
{
	struct plan plan;
	struct revision *rev = make(POLICY, CORE, &plan);

	(void)state;
	/* three zones, two others each, two families */
	assert_int_equal(count(&plan, PLAN_NO_FLOW, POLICY_NONE, ""), 12);
	assert_int_equal(count(&plan, PLAN_DOOR, 1, ""), 2);
	assert_int_equal(count(&plan, PLAN_NO_DOOR, POLICY_NONE, ""), 4);
	assert_int_equal(count(&plan, PLAN_SPOOFED, POLICY_NONE, ""), 6);
	/* of the zone that enforces: to the gateway and through it */
	assert_int_equal(count(&plan, PLAN_STRANGER, 0, ""), 4);
	assert_int_equal(count(&plan, PLAN_STRANGER, POLICY_NONE, ""), 4);
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_item *one = &plan.item[i];

		if (one->kind == PLAN_STRANGER)
			assert_memory_equal(one->probe.source_mac, site.stranger.b, 6);
		if (one->kind == PLAN_NO_FLOW) {
			assert_int_not_equal(one->probe.dst_port, 443);
			assert_int_not_equal(one->probe.dst_port, 80);
		}
	}
	plan_clear(&plan);
	revision_free(rev);
}

/* Without a permit there is no sender; what has rights to names only is none either. */
static void test_nobody_to_send(void **state)
{
	static const char *const objects[] = { NOBODY, CORE_RESTRICTED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		struct plan plan;
		struct revision *rev = make(POLICY, objects[i], &plan);

		assert_string_equal(find(&plan, PLAN_FLOW, "one", 4)->why_not,
				    "no-permit");
		assert_int_equal(count(&plan, PLAN_STRANGER, 0, ""), 4);
		plan_clear(&plan);
		revision_free(rev);
	}
}

/* A permit that is limited to flows sends these, and no others. */
static void test_limited(void **state)
{
	static const char objects[] =
		"{\"ports\":[],\"quarantine\":[],\"permits\":[{\"id\":"
		"\"p0000000000000001\","
		"\"number\":1,\"device\":\"d0000000000000001\",\"cards\":[{\"mac\":"
		"\"02:00:00:00:00:11\",\"interface\":\"core0\"}],\"zone\":\"core\","
		"\"user\":"
		"\"\",\"group\":\"\",\"destinations\":[],\"flows\":[\"one\"]}]}";
	struct plan plan;
	struct revision *rev = make(POLICY, objects, &plan);

	(void)state;
	assert_null(find(&plan, PLAN_FLOW, "one", 4)->why_not);
	assert_int_equal(count(&plan, PLAN_NO_FLOW, 0, "no-permit"), 4);
	assert_int_equal(count(&plan, PLAN_NO_DOOR, 0, "no-permit"), 2);
	plan_clear(&plan);
	revision_free(rev);
}

/* Behind a VPN the address is the device: the stranger has another than the permitted one. */
static void test_vpn(void **state)
{
	static const char objects[] =
		"{\"ports\":[],\"quarantine\":[],\"permits\":[{\"id\":"
		"\"p0000000000000001\",\"number\":1,\"device\":\"d0000000000000001\","
		"\"cards\":[{\"mac\":\"02:04:0a:01:00:fd\",\"interface\":\"tun00\"}],"
		"\"address\":\"10.1.0.253\",\"zone\":\"core\",\"user\":\"\",\"group\":"
		"\"\",\"destinations\":[]}]}";
	CLEANUP(free_p) char *policy = strdup(POLICY);
	struct plan plan;
	struct revision *rev;
	size_t strangers = 0;

	(void)state;
	assert_non_null(policy);
	memcpy(strstr(policy, "closed"), "vpn   ", 6);
	memcpy(strstr(policy, "core0"), "tun00", 5);
	(void)str_copy(interfaces[0].name, sizeof(interfaces[0].name), "tun00");
	rev = make(policy, objects, &plan);
	assert_true(is_addr(find(&plan, PLAN_FLOW, "one", 4)->probe.src, "10.1.0.253"));
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_item *one = &plan.item[i];

		if (one->kind != PLAN_STRANGER || one->probe.family != 4)
			continue;
		assert_false(is_addr(one->probe.src, "10.1.0.253"));
		strangers += one->why_not == NULL;
	}
	assert_true(strangers > 0);
	plan_clear(&plan);
	revision_free(rev);
}

static void test_what_is_not_there(void **state)
{
	struct plan plan;
	struct revision *rev;

	(void)state;
	interfaces[0].up = false;
	rev = make(POLICY, CORE, &plan);
	assert_string_equal(find(&plan, PLAN_FLOW, "one", 4)->why_not, "no-interface");
	assert_int_equal(count(&plan, PLAN_STRANGER, 0, ""), 0);
	assert_int_equal(count(&plan, PLAN_STRANGER, 0, "no-route"), 2);
	plan_clear(&plan);
	revision_free(rev);
	setup(NULL);
	/* without a way to everywhere: beside this machine's own address, if that is known */
	no_route_to_internet = true;
	rev = make(POLICY, CORE, &plan);
	assert_int_equal(count(&plan, PLAN_NO_FLOW, 2, "no-route"), 4);
	plan_clear(&plan);
	revision_free(rev);
}

static void test_hours_and_ceilings(void **state)
{
	static const char policy[] =
		"version: 1\nsite: { name: s }\nzones:\n"
		"  core: { kind: closed, interfaces: [core0], networks: [10.1.0.0/24] }\n"
		"  claims: { kind: closed, interfaces: [claims0], networks: "
		"[10.2.0.0/24, "
		"\"fd02::/64\"] }\n"
		"  internet: { kind: internet, interfaces: [wan0],\n"
		"              limits: { new_per_second: 4 } }\n"
		"services: { web: [tcp/443], name: [udp/53], far: [udp/67] }\n"
		"flows:\n"
		"  - { id: a, from: internet, to: claims, services: [web] }\n"
		"  - { id: b, from: internet, to: claims, services: [name] }\n"
		"  - { id: c, from: internet, to: claims, services: [web, name] }\n"
		"  - { id: d, from: claims, to: core, services: [far] }\n"
		"  - { id: e, from: claims, to: core, services: [web], valid_until: "
		"2020-01-01 }\n";
	struct plan plan;
	struct revision *rev = make(policy, NOBODY, &plan);

	(void)state;
	assert_int_equal(count(&plan, PLAN_FLOW, 2, ""), 4);
	assert_int_equal(count(&plan, PLAN_FLOW, 2, "ceiling"), 2);
	/* DHCP's port would be taken for a message to this machine */
	assert_string_equal(find(&plan, PLAN_FLOW, "d", 4)->why_not, "no-service");
	for (size_t i = 0; i < plan.count; i++)
		assert_string_not_equal(plan.item[i].flow, "e");
	plan_clear(&plan);
	revision_free(rev);
}

static void test_bridged(void **state)
{
	static const char policy[] =
		"version: 1\nsite: { name: s }\nzones:\n"
		"  office: { kind: office, interfaces: [br0], ports: [p1, p2], networks: "
		"[10.3.0.0/24], admission: enforce }\n"
		"  claims: { kind: closed, interfaces: [claims0], networks: "
		"[10.2.0.0/24] }\n"
		"services: { web: [tcp/443] }\n"
		"flows:\n  - { id: one, from: office, to: claims, services: [web] }\n";
	struct plan plan;
	struct revision *rev = make(policy,
				    "{\"ports\":[],\"permits\":[" PERMIT(
					    "02:00:00:00:00:11", "p2", "office", "") "]}",
				    &plan);
	const struct plan_item *one = find(&plan, PLAN_FLOW, "one", 4);
	size_t neighbours = 0;

	(void)state;
	/* at its port, to the bridge */
	assert_string_equal(one->probe.iifname, "p2");
	assert_memory_equal(one->probe.target_mac, interfaces[3].mac.b, 6);
	/* each port: gateway, through it, and the other port */
	assert_int_equal(count(&plan, PLAN_STRANGER, 0, ""), 6);
	for (size_t i = 0; i < plan.count; i++) {
		const struct probe *p = &plan.item[i].probe;
		const uint8_t permitted[] = MAC_PERMITTED;

		if (plan.item[i].to != plan.item[i].from)
			continue;
		neighbours++;
		assert_memory_not_equal(p->target_mac, interfaces[3].mac.b, 6);
		if (strcmp(p->iifname, "p1") == 0)
			assert_memory_equal(p->target_mac, permitted, 6);
	}
	assert_int_equal(neighbours, 2);
	plan_clear(&plan);
	revision_free(rev);
}

static void test_no_memory(void **state)
{
	struct revision *rev = golden_make(POLICY, CORE);

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct plan plan = { 0 };
		int r;

		alloc_fail_at(nth);
		r = plan_make(rev, &site, &plan);
		if (!alloc_fail_fired()) {
			alloc_fail_at(0);
			assert_int_equal(r, 0);
			plan_clear(&plan);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(plan.item);
	}
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_flows, setup),
		cmocka_unit_test_setup(test_to_be_blocked, setup),
		cmocka_unit_test_setup(test_nobody_to_send, setup),
		cmocka_unit_test_setup(test_limited, setup),
		cmocka_unit_test_setup(test_vpn, setup),
		cmocka_unit_test_setup(test_what_is_not_there, setup),
		cmocka_unit_test_setup(test_hours_and_ceilings, setup),
		cmocka_unit_test_setup(test_bridged, setup),
		cmocka_unit_test_setup(test_no_memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
