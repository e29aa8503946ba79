/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/holder.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/sensor/world.h"

static void test_new_device(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 5; i++) {
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", 0);
		world_wait_ms(w, 2000);
	}
	assert_int_equal(world_raised(w, EVENT_NEW_DEVICE), 1);
	assert_string_equal(world_last(w, EVENT_NEW_DEVICE)->interface, "office0");
	assert_string_equal(world_last(w, EVENT_NEW_DEVICE)->detail, "arp");
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED); /* approved */
	assert_int_equal(world_closed(w, EVENT_NEW_DEVICE), 1);
	assert_int_equal(world_last(w, EVENT_NEW_DEVICE)->addr[3], 11);
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.12", PERMITTED);
	assert_int_equal(w->count, 2);
	world_free(w);
}

/* A permit that comes while the device is silent closes it as well. */
static void test_recheck(void **state)
{
	static const struct revision_card card = { { { 2, 0x77, 0, 0, 0, 1 } },
						   "office0" };
	static struct revision_permit permit = { .card = &card, .card_count = 1 };
	static const struct revision rev = { .permit = &permit, .permit_count = 1 };
	struct permitted p = { 0 };
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", 0);
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.12", 0);
	assert_int_equal(permitted_load(&p, &rev), 0);
	watch_recheck(w->watch, &p, world_now(w));
	assert_int_equal(world_closed(w, EVENT_NEW_DEVICE), 1);
	assert_int_equal(world_last(w, EVENT_NEW_DEVICE)->mac[5], 1);
	permitted_free(&p);
	world_free(w);
}

static void test_moved(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	world_wait_ms(w, 300000);
	world_claims(w, OFFICE1, world_mac(1), "192.0.2.11", HOME);
	assert_int_equal(world_raised(w, EVENT_MOVED_PORT), 1);
	assert_string_equal(world_last(w, EVENT_MOVED_PORT)->interface, "office1");
	assert_string_equal(world_last(w, EVENT_MOVED_PORT)->other_interface, "office0");
	assert_int_equal(world_raised(w, EVENT_NEW_DEVICE), 0);
	world_wait_ms(w, 300000);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED); /* back home */
	assert_int_equal(world_closed(w, EVENT_MOVED_PORT), 1);
	assert_int_equal(world_raised(w, EVENT_TWO_PORTS), 0);
	world_free(w);
}

/* The copy of an admitted card, and the card itself, speak in turns: one event. */
static void test_two_ports(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 10; i++) {
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
		world_wait_ms(w, 1000);
		world_claims(w, CORE0, world_mac(1), "198.51.100.11", HOME);
		world_wait_ms(w, 1000);
	}
	assert_int_equal(world_raised(w, EVENT_TWO_PORTS), 1);
	assert_string_equal(world_last(w, EVENT_TWO_PORTS)->interface, "core0");
	assert_string_equal(world_last(w, EVENT_TWO_PORTS)->other_interface, "office0");
	world_wait_ms(w, alarm_quiet_ms(EVENT_TWO_PORTS) - 3000);
	assert_int_equal(world_closed(w, EVENT_TWO_PORTS), 0);
	world_wait_ms(w, 3000);
	assert_int_equal(world_closed(w, EVENT_TWO_PORTS), 1);
	assert_int_equal(world_last(w, EVENT_TWO_PORTS)->count, 17);
	world_free(w);
}

static void test_address_taken(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	world_wait_ms(w, 1000);
	world_claims(w, OFFICE1, world_mac(2), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	assert_int_equal(world_last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	assert_int_equal(world_last(w, EVENT_ADDRESS_TAKEN)->other_mac[5], 1);
	/* they go on in turns: the one who was first is never the one to blame */
	for (int i = 0; i < 20; i++) {
		world_wait_ms(w, 20000);
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
		world_claims(w, OFFICE1, world_mac(2), "192.0.2.11", PERMITTED);
	}
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_claims(w, CORE0, world_mac(3), "192.0.2.11",
		     PERMITTED); /* another segment */
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_wait_ms(w, alarm_quiet_ms(EVENT_ADDRESS_TAKEN));
	assert_int_equal(world_closed(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

/* A lease that ended and was given to the next is none. */
static void test_address_given(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	world_wait_ms(w, HOLDER_FRESH_MS);
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.11", PERMITTED);
	world_wait_ms(w, 5000);
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 0);
	/* but it was not free: the first is still there */
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	assert_int_equal(world_last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	world_free(w);
}

/* Who has a permit is believed, even when the other was there first. */
static void test_address_squatted(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.11", 0);
	world_wait_ms(w, 1000);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	assert_int_equal(world_last(w, EVENT_ADDRESS_TAKEN)->other_mac[5], 1);
	world_wait_ms(w, 1000);
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.11", 0);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

static void plays(struct world *w, struct mac m, enum sight_role role, const char *at)
{
	struct sight s = { .mac = m,
			   .source = PROTO_SOURCE_ND,
			   .role = role,
			   .role_addr = world_ip(at) };

	world_see(w, OFFICE0, &s, PERMITTED);
}

static void test_roles(void **state)
{
	struct addr dhcp = world_ip("192.0.2.2"), router = world_ip("fe80::2");
	struct world *w = world_new();

	(void)state;
	w->rules = (struct policy_sensor){
		.dhcp = &dhcp, .dhcp_count = 1, .router = &router, .router_count = 1
	};
	plays(w, world_mac(2), SIGHT_ROLE_DHCP, "192.0.2.2");
	assert_int_equal(world_raised(w, EVENT_FOREIGN_DHCP), 1); /* nobody but us yet */
	world_wait_ms(w, alarm_quiet_ms(EVENT_FOREIGN_DHCP));
	assert_int_equal(world_closed(w, EVENT_FOREIGN_DHCP), 1);
	watch_set_rules(w->watch, &w->rules);
	plays(w, world_mac(2), SIGHT_ROLE_DHCP, "192.0.2.2");
	plays(w, world_mac(2), SIGHT_ROLE_ROUTER, "fe80::2");
	assert_int_equal(world_raised(w, EVENT_FOREIGN_DHCP), 1);
	assert_int_equal(world_raised(w, EVENT_FOREIGN_RA), 0);
	plays(w, world_mac(3), SIGHT_ROLE_ROUTER, "fe80::3");
	plays(w, world_mac(3), SIGHT_ROLE_ROUTER, "fe80::3");
	assert_int_equal(world_raised(w, EVENT_FOREIGN_RA), 1);
	/* a permitted address in another card's hands */
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.2", PERMITTED);
	plays(w, world_mac(4), SIGHT_ROLE_DHCP, "192.0.2.2");
	assert_int_equal(world_raised(w, EVENT_FOREIGN_DHCP), 2);
	assert_int_equal(world_last(w, EVENT_FOREIGN_DHCP)->mac[5], 4);
	world_free(w);
}

static void asks(struct world *w, struct mac m, unsigned host, unsigned flags)
{
	struct sight s = { .mac = m,
			   .source = PROTO_SOURCE_ARP,
			   .asked = { .family = 4,
				      .bytes = { 10, 0, (uint8_t)(host >> 8),
						 (uint8_t)host } } };

	world_see(w, OFFICE0, &s, flags);
}

static void test_scan(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_wait_ms(w, WATCH_SCAN_EARLY_MS);
	for (unsigned i = 0; i < 1000; i++)
		asks(w, world_mac(1), i % 20, PERMITTED); /* the same few over and over */
	for (unsigned i = 0; i < 600; i++) {
		asks(w, world_mac(3), i, PERMITTED); /* many, but slowly */
		world_wait_ms(w, 5000);
	}
	assert_int_equal(world_raised(w, EVENT_SCAN), 0);
	for (unsigned i = 0; i < 60; i++)
		asks(w, world_mac(2), i, PERMITTED);
	assert_int_equal(world_raised(w, EVENT_SCAN), 1);
	assert_int_equal(world_last(w, EVENT_SCAN)->mac[5], 2);
	world_wait_ms(w, alarm_quiet_ms(EVENT_SCAN));
	assert_int_equal(world_closed(w, EVENT_SCAN), 1);
	world_free(w);
}

/* Who asks for those that are there is a server, not a scanner. */
static void test_no_scan(void **state)
{
	struct world *w = world_new();
	char text[32];

	(void)state;
	world_wait_ms(w, WATCH_SCAN_EARLY_MS);
	for (unsigned i = 1; i < 200; i++) {
		(void)snprintf(text, sizeof(text), "10.0.0.%u", i);
		world_claims(w, OFFICE0, world_mac(100 + i), text, PERMITTED);
	}
	for (unsigned i = 1; i < 200; i++)
		asks(w, world_mac(1), i, PERMITTED);
	assert_int_equal(world_raised(w, EVENT_SCAN), 0);
	world_free(w);
}

/*
 * An office that is switched on is none; invented addresses are. What a real intruder
 * does meanwhile is told all the same, and the events of others do not go.
 */
static void test_flood(void **state)
{
	struct world *w = world_new();

	(void)state;
	plays(w, world_mac(3), SIGHT_ROLE_DHCP, "192.0.2.3");
	for (uint32_t i = 0; i < 400; i++)
		world_claims(w, OFFICE0, world_mac(1000 + i), "192.0.2.11", 0);
	assert_int_equal(world_raised(w, EVENT_MAC_FLOOD), 0);
	world_wait_ms(w, WATCH_FLOOD_MS);
	for (uint32_t i = 0; i < 100000; i++) {
		struct sight s = { .mac = world_mac(10000 + i),
				   .source = PROTO_SOURCE_ARP,
				   .role = SIGHT_ROLE_DHCP,
				   .role_addr = world_ip("192.0.2.3") };

		world_see(w, OFFICE0, &s, 0);
		w->ms += i % 10 == 0;
	}
	assert_int_equal(world_raised(w, EVENT_MAC_FLOOD), 1);
	assert_string_equal(world_last(w, EVENT_MAC_FLOOD)->interface, "office0");
	/* as many as the ceiling lets through, not 100,000 */
	assert_in_range(world_raised(w, EVENT_FOREIGN_DHCP), 2, ALARM_BURST + 20);
	assert_int_equal(world_closed(w, EVENT_FOREIGN_DHCP), 0);
	assert_in_range(world_raised(w, EVENT_NEW_DEVICE), 400, 2 * DEVICE_BURST);
	assert_true(alarms_suppressed(watch_alarms(w->watch)) > 90000);
	/* other kinds, and other ports, are not silenced */
	world_claims(w, OFFICE0, world_mac(5), "192.0.2.1", 0);
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 1);
	{
		struct sight s = { .mac = world_mac(6),
				   .source = PROTO_SOURCE_DHCP4,
				   .role = SIGHT_ROLE_DHCP,
				   .role_addr = world_ip("192.0.2.6") };

		world_see(w, CORE0, &s, 0);
	}
	assert_string_equal(world_last(w, EVENT_FOREIGN_DHCP)->interface, "core0");
	world_claims(w, CORE0, world_mac(7), "198.51.100.7", 0);
	assert_string_equal(world_last(w, EVENT_NEW_DEVICE)->interface, "core0");
	world_wait_ms(w, alarm_quiet_ms(EVENT_MAC_FLOOD));
	assert_int_equal(world_closed(w, EVENT_MAC_FLOOD), 1);
	world_free(w);
}

/* A flood of claims does not make the table forget who holds an admitted address. */
static void test_claims_flood(void **state)
{
	struct world *w = world_new();
	char text[32];

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	for (uint32_t i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16 & 255,
			       i >> 8 & 255, i & 255);
		world_claims(w, OFFICE0, world_mac(100 + i), text, 0);
	}
	world_claims(w, OFFICE0, world_mac(2), "192.0.2.11", 0);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

static void test_returned(void **state)
{
	struct world *w = world_new();

	(void)state;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	world_wait_ms(w, (HISTORY_SILENT_S - 1) * 1000);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_RETURNED), 0);
	world_wait_ms(w, HISTORY_SILENT_S * 1000);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_RETURNED), 1);
	assert_string_equal(world_last(w, EVENT_RETURNED)->detail, "30 days");
	world_wait_ms(w, alarm_quiet_ms(EVENT_RETURNED));
	assert_int_equal(world_closed(w, EVENT_RETURNED), 1);
	/* a clock that was set is no silence */
	w->step_s = 400 * DAY_S;
	world_wait_ms(w, 1000);
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_RETURNED), 1);
	world_free(w);
}

static void boots(struct world *w, const char *fingerprint, enum proto_source source)
{
	struct sight s = { .mac = world_mac(1), .source = source };

	(void)snprintf(s.fingerprint, sizeof(s.fingerprint), "%s", fingerprint);
	world_see(w, OFFICE0, &s, PERMITTED);
}

static void test_fingerprint(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		boots(w, "1,3,6 PXEClient:Arch:00007", PROTO_SOURCE_DHCP4);
		boots(w, "1,3,6,15 MSFT 5.0", PROTO_SOURCE_DHCP4);
		boots(w, "17,23 MSFT 5.0", PROTO_SOURCE_DHCP6);
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	}
	assert_int_equal(world_raised(w, EVENT_FINGERPRINT), 0);
	boots(w, "1,28,2,3 dhcpcd", PROTO_SOURCE_DHCP4);
	boots(w, "1,28,2,3 dhcpcd", PROTO_SOURCE_DHCP4);
	assert_int_equal(world_raised(w, EVENT_FINGERPRINT), 1);
	assert_string_equal(world_last(w, EVENT_FINGERPRINT)->detail, "1,28,2,3 dhcpcd");
	boots(w, "1,3,6,15 MSFT 5.0", PROTO_SOURCE_DHCP4); /* to and fro: one event */
	assert_int_equal(world_raised(w, EVENT_FINGERPRINT), 1);
	world_free(w);
}

/* START_S is at an hour of its own; a card is there at that hour every day. */
static void test_hours(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int day = 0; day < 13; day++) {
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
		world_wait_ms(w, DAY_S * 1000);
	}
	w->ms += 6 * 3600000; /* odd, but too little is known */
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_HOURS), 0);
	w->ms += 18 * 3600000;
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	w->ms += 3600000; /* an hour later than usual */
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_HOURS), 0);
	w->ms += 22 * 3600000; /* and, the next day, an hour earlier */
	world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
	assert_int_equal(world_raised(w, EVENT_HOURS), 0);
	w->ms += 11 * 3600000;
	for (int i = 0; i < 20; i++) {
		world_claims(w, OFFICE0, world_mac(1), "192.0.2.11", PERMITTED);
		world_wait_ms(w, 600000);
	}
	assert_int_equal(world_raised(w, EVENT_HOURS), 1);
	assert_int_equal(world_closed(w, EVENT_HOURS), 0); /* still there */
	world_wait_ms(w, alarm_quiet_ms(EVENT_HOURS));
	assert_int_equal(world_closed(w, EVENT_HOURS), 1);
	world_free(w);
}

static void test_allocation_failures(void **state)
{
	struct world w = { 0 };

	(void)state;
	for (unsigned n = 1;; n++) {
		struct watch *e = NULL;
		int r;

		alloc_fail_at(n);
		r = watch_new(&world_wires, world_keep, &w, world_now(&w), &e);
		if (!alloc_fail_fired()) {
			alloc_fail_at(0);
			assert_int_equal(r, 0);
			watch_free(e);
			return;
		}
		assert_int_equal(r, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_device),
		cmocka_unit_test(test_recheck),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_two_ports),
		cmocka_unit_test(test_address_taken),
		cmocka_unit_test(test_address_given),
		cmocka_unit_test(test_address_squatted),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_no_scan),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_claims_flood),
		cmocka_unit_test(test_returned),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
