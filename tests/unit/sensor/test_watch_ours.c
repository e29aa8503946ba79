/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames that say they are ours, or that another wire of ours hears too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/sensor/world.h"

static void test_gateway_taken(void **state)
{
	struct sight s = { .mac = world_mac(6),
			   .source = PROTO_SOURCE_ARP,
			   .claim = world_ip("192.0.2.1"),
			   .claim_mac = world_mac(7) };
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 30; i++) {
		world_see(w, OFFICE0, &s, PERMITTED);
		world_wait_ms(w, 1000);
	}
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 1);
	assert_int_equal(world_last(w, EVENT_GATEWAY_TAKEN)->mac[5], 6); /* the sender */
	assert_memory_equal(world_last(w, EVENT_GATEWAY_TAKEN)->other_mac,
			    world_gateway.b, 6);
	s.source = PROTO_SOURCE_ND;
	s.claim = world_ip("fe80::1");
	world_see(w, OFFICE0, &s, PERMITTED);
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 2); /* another address */
	world_wait_ms(w, alarm_quiet_ms(EVENT_GATEWAY_TAKEN));
	assert_int_equal(world_closed(w, EVENT_GATEWAY_TAKEN), 2);
	s.mac = world_gateway;
	s.claim = world_ip("192.0.2.11");
	world_see(w, OFFICE0, &s, 0); /* our own card's frames come in */
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 3);
	assert_int_equal(world_raised(w, EVENT_NEW_DEVICE), 0);
	world_see(w, OFFICE1, &s, 0); /* on another interface's segment they may */
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 3);
	world_free(w);
}

/* Everybody knows the MACs of our cards: who borrows one hides nothing behind it. */
static void test_other_card(void **state)
{
	const struct mac second = { { 2, 0, 0, 0, 0, 0xf1 } };
	struct ours ours = { .card = { { .interface = "office0", .mac = world_gateway },
				       { .interface = "office1", .mac = second },
				       { .interface = "br0", .mac = world_gateway } },
			     .card_count = 3,
			     .addr_count = 1 };
	struct sight s = { .mac = world_gateway,
			   .source = PROTO_SOURCE_ARP,
			   .claim = world_ip("192.0.2.1"),
			   .claim_mac = world_gateway };
	struct world *w = world_new();

	(void)state;
	ours.addr[0] = world_ip("192.0.2.1");
	watch_set_ours(w->watch, &ours);
	world_claims(w, OFFICE1, world_mac(1), "192.0.2.11", PERMITTED);
	world_see(w, OFFICE1, &s, 0); /* our card itself */
	s.claim = world_ip("192.0.2.11");
	world_see(w, OFFICE1, &s, 0); /* its containment */
	assert_int_equal(w->count, 0);
	s.claim = world_ip("192.0.2.1");
	s.claim_mac = world_mac(6);
	world_see(w, OFFICE1, &s, 0);
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 1);
	s.claim = world_ip("192.0.2.11");
	world_see(w, OFFICE1, &s, 0);
	assert_int_equal(world_raised(w, EVENT_ADDRESS_TAKEN), 1);
	s = (struct sight){ .mac = world_gateway,
			    .source = PROTO_SOURCE_DHCP4,
			    .role = SIGHT_ROLE_DHCP,
			    .role_addr = world_ip("192.0.2.1") };
	world_see(w, OFFICE1, &s, 0);
	assert_int_equal(world_raised(w, EVENT_FOREIGN_DHCP), 1);
	s.source = PROTO_SOURCE_ND;
	s.role = SIGHT_ROLE_ROUTER;
	world_see(w, OFFICE1, &s, 0);
	assert_int_equal(world_raised(w, EVENT_FOREIGN_RA), 1);
	assert_int_equal(w->count, 4);
	world_free(w);
}

/* Nor does the MAC of the bridge come in at one of its ports. */
static void test_own_bridge(void **state)
{
	struct sight s = { .mac = world_gateway, .source = PROTO_SOURCE_ND };
	struct ours ours = {
		.card = { { .interface = "office0", .index = 2, .master = 9 },
			  { .interface = "office1", .index = 3 },
			  { .interface = "br0", .index = 9, .mac = world_gateway } },
		.card_count = 3
	};
	struct world *w = world_new();

	(void)state;
	watch_set_ours(w->watch, &ours);
	world_see(w, OFFICE1, &s, 0);
	assert_int_equal(w->count, 0);
	world_see(w, OFFICE0, &s, 0);
	assert_int_equal(world_raised(w, EVENT_GATEWAY_TAKEN), 1);
	/* a loop brings our own answers back, a liar his */
	s.claim = world_ip("192.0.2.11");
	s.claim_mac = world_gateway;
	world_see(w, OFFICE0, &s, 0);
	assert_int_equal(w->count, 1);
	s.role = SIGHT_ROLE_ROUTER;
	s.role_addr = world_ip("fe80::66");
	world_see(w, OFFICE0, &s, 0);
	assert_int_equal(world_raised(w, EVENT_FOREIGN_RA), 1);
	world_free(w);
}

/* As sensord does: a frame that another wire hears too is none. Permits are for port 1. */
static void hears(struct world *w, struct mac m, size_t port, uint16_t type, uint16_t id)
{
	struct sight s = {
		.mac = m, .source = PROTO_SOURCE_ARP, .vlan = id, .vlan_type = type
	};

	if (!watch_is_elsewhere(w->watch, port, &s))
		world_see(w, port, &s, port == 1 ? PERMITTED : HOME);
}

/* The interface below a VLAN's hears its frames too, with their tags. */
static void test_trunk(void **state)
{
	static const struct wires trunk = { .item = { { .interface = "eth1" },
						      { .interface = "eth1.10" } },
					    .count = 2 };
	static const struct ours ours = { .card = { { .interface = "eth1.20",
						      .index = 4,
						      .parent = 2,
						      .vlan = 20,
						      .vlan_type = 0x8100 },
						    { .interface = "eth1", .index = 2 },
						    { .interface = "eth1.10",
						      .index = 3,
						      .parent = 2,
						      .vlan = 10,
						      .vlan_type = 0x8100 } },
					  .card_count = 3 };
	struct world *w = world_new();

	(void)state;
	watch_free(w->watch);
	assert_int_equal(watch_new(&trunk, world_keep, w, world_now(w), &w->watch), 0);
	hears(w, world_mac(1), 1, 0, 0);
	hears(w, world_mac(1), 0, 0x8100, 10); /* nothing is known of the cards yet */
	assert_int_equal(world_raised(w, EVENT_MOVED_PORT), 1);
	watch_set_ours(w->watch, &ours);
	hears(w, world_mac(2), 1, 0, 0);
	hears(w, world_mac(2), 0, 0x8100, 10);
	assert_int_equal(w->count, 1);
	/* but what no other wire hears is looked at */
	hears(w, world_mac(3), 0, 0, 0);
	hears(w, world_mac(4), 0, 0x8100, 11);
	hears(w, world_mac(5), 0, 0x8100, 20); /* an interface, but no wire */
	hears(w, world_mac(6), 0, 0x88a8, 10);
	hears(w, world_mac(7), 1, 0x8100, 10); /* tagged twice */
	assert_int_equal(world_raised(w, EVENT_MOVED_PORT), 5);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateway_taken),
		cmocka_unit_test(test_other_card),
		cmocka_unit_test(test_own_bridge),
		cmocka_unit_test(test_trunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
