/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/wire.h"

static struct policy_interface office_interfaces[] = { { .name = "office0" },
						       { .name = "office1" } };
static struct policy_interface wan_interfaces[] = { { .name = "wan0" } };
static struct policy_interface guest_interfaces[] = { { .name = "guest0" } };

static struct policy_zone zones[] = {
	{ .name = "office",
	  .kind = POLICY_ZONE_OFFICE,
	  .admission = POLICY_ADMISSION_ENFORCE,
	  .interface = office_interfaces,
	  .interface_count = 2 },
	{ .name = "internet",
	  .kind = POLICY_ZONE_INTERNET,
	  .admission = POLICY_ADMISSION_ENFORCE,
	  .interface = wan_interfaces,
	  .interface_count = 1 },
	{ .name = "guest",
	  .kind = POLICY_ZONE_OFFICE,
	  .admission = POLICY_ADMISSION_OFF,
	  .interface = guest_interfaces,
	  .interface_count = 1 },
};

static struct policy policy = { .zone = zones, .zone_count = ARRAY_LEN(zones) };

static struct revision revision = {
	.number = 7,
	.policy = &policy,
};

static void test_zones(void **state)
{
	struct wires w = wires_of(&revision), none = wires_of(NULL);

	(void)state;
	assert_int_equal(w.count, 2);
	assert_string_equal(w.item[0].interface, "office0");
	assert_string_equal(w.item[1].interface, "office1");
	assert_string_equal(w.item[1].zone, "office");
	assert_int_equal(none.count, 0);
	assert_true(wires_equal(&w, &w));
	assert_false(wires_equal(&w, &none));
	none = w;
	none.item[1].zone[0] = 'x';
	assert_false(wires_equal(&w, &none));
}

/* A bridge's ports stand for it. */
static void test_ports(void **state)
{
	static struct policy_interface ports[] = { { .name = "port1" },
						   { .name = "port2" } };
	struct policy_zone zone = zones[0];
	struct policy bridged = { .zone = &zone, .zone_count = 1 };
	struct revision rev = { .policy = &bridged };
	struct wires w;

	(void)state;
	zone.port = ports;
	zone.port_count = ARRAY_LEN(ports);
	w = wires_of(&rev);
	assert_int_equal(w.count, 2);
	assert_string_equal(w.item[1].interface, "port2");
}

static void test_ceiling(void **state)
{
	static struct policy_interface many[WIRES_MAX + 3];
	struct policy_zone zone = zones[0];
	struct policy big = { .zone = &zone, .zone_count = 1 };
	struct revision rev = { .policy = &big };
	struct wires w;

	(void)state;
	zone.interface = many;
	zone.interface_count = ARRAY_LEN(many);
	w = wires_of(&rev);
	assert_int_equal(w.count, WIRES_MAX);
	assert_int_equal(w.refused, 3);
}

static void test_up(void **state)
{
	(void)state;
	assert_false(wire_is_up("no-such-if0"));
	assert_false(wire_is_up(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
