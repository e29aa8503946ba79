/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "fw/sensor/watch.h"
#include "fw/sensor/holder.h"
#include "tests/support/alloc_fail.h"

#define OFFICE0   0
#define OFFICE1   1
#define CORE0     2
#define EMIT_MAX  4096
#define START_S   1700000000LL
#define DAY_S     86400LL
#define PERMITTED 1u /* bits of what a frame is */
#define HOME      2u /* a permit on office0 */

/* One segment of two ports, and another. Everything below stands in one test's world. */
struct world {
	struct watch *watch;
	struct device_table *table;
	struct policy_sensor rules;
	int64_t ms; /* since the start */
	int64_t step_s; /* of the wall clock */
	struct proto_event event[EMIT_MAX];
	size_t count;
};

static const struct wires wires = {
	.item = { { "office0", "office" }, { "office1", "office" }, { "core0", "core" } },
	.count = 3
};
static const struct mac gateway = { { 2, 0, 0, 0, 0, 0xf0 } };

static struct mac mac_of(uint32_t n)
{
	return (struct mac){ { 2, 0x77, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			       (uint8_t)(n >> 8), (uint8_t)n } };
}

static struct addr ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void keep(const struct proto_event *event, void *user)
{
	struct world *w = user;

	if (w->count < EMIT_MAX)
		w->event[w->count++] = *event;
}

static struct watch_time now(const struct world *w)
{
	int64_t s = START_S + w->ms / 1000 + w->step_s;

	return (struct watch_time){ .now = { .us = 5000000 + w->ms * 1000 },
				    .time_us = s * 1000000,
				    .hour = (unsigned)(s / 3600 % 168) };
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ours ours = { .card = { { .interface = "office0", .mac = gateway } },
			     .card_count = 1,
			     .addr_count = 2 };

	assert_non_null(w);
	ours.addr[0] = ip("192.0.2.1");
	ours.addr[1] = ip("fe80::1");
	assert_int_equal(watch_new(&wires, keep, w, now(w), &w->watch), 0);
	assert_int_equal(device_table_new(wires.count, &w->table), 0);
	watch_set_ours(w->watch, &ours);
	return w;
}

static void world_free(struct world *w)
{
	watch_free(w->watch);
	device_table_free(w->table);
	free(w);
}

static void see(struct world *w, size_t port, const struct sight *s, unsigned flags)
{
	struct watch_time t = now(w);
	struct device_news news =
		device_see(w->table, port, s, (flags & PERMITTED) != 0, t.now, t.time_us);
	struct watch_frame f = {
		.port = port,
		.sight = s,
		.news = &news,
		.permitted = (flags & PERMITTED) != 0,
		.home = (flags & HOME) != 0 ? "office0" : NULL,
		.time = t,
	};

	watch_see(w->watch, &f);
}

/* The sender says that it has the address, as an ARP request for nobody would. */
static void claims(struct world *w, size_t port, struct mac m, const char *address,
		   unsigned flags)
{
	struct sight s = { .mac = m,
			   .source = PROTO_SOURCE_ARP,
			   .addr = ip(address),
			   .claim = ip(address),
			   .claim_mac = m };

	see(w, port, &s, flags);
}

static void wait_ms(struct world *w, int64_t ms)
{
	w->ms += ms;
	watch_tick(w->watch, now(w));
}

static size_t told(const struct world *w, enum event_kind kind,
		   enum proto_event_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->event[i].kind == kind && w->event[i].state == state;
	return n;
}

static size_t raised(const struct world *w, enum event_kind kind)
{
	return told(w, kind, PROTO_EVENT_RAISED);
}

static size_t closed(const struct world *w, enum event_kind kind)
{
	return told(w, kind, PROTO_EVENT_CLOSED);
}

static const struct proto_event *last(const struct world *w, enum event_kind kind)
{
	for (size_t i = w->count; i-- > 0;) {
		if (w->event[i].kind == kind)
			return &w->event[i];
	}
	fail_msg("no %s", event_name(kind));
	return NULL;
}

static void test_new_device(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 5; i++) {
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", 0);
		wait_ms(w, 2000);
	}
	assert_int_equal(raised(w, EVENT_NEW_DEVICE), 1);
	assert_string_equal(last(w, EVENT_NEW_DEVICE)->interface, "office0");
	assert_string_equal(last(w, EVENT_NEW_DEVICE)->detail, "arp");
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED); /* approved */
	assert_int_equal(closed(w, EVENT_NEW_DEVICE), 1);
	assert_int_equal(last(w, EVENT_NEW_DEVICE)->addr[3], 11);
	claims(w, OFFICE0, mac_of(2), "192.0.2.12", PERMITTED);
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
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", 0);
	claims(w, OFFICE0, mac_of(2), "192.0.2.12", 0);
	assert_int_equal(permitted_load(&p, &rev), 0);
	watch_recheck(w->watch, &p, now(w));
	assert_int_equal(closed(w, EVENT_NEW_DEVICE), 1);
	assert_int_equal(last(w, EVENT_NEW_DEVICE)->mac[5], 1);
	permitted_free(&p);
	world_free(w);
}

static void test_moved(void **state)
{
	struct world *w = world_new();

	(void)state;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	wait_ms(w, 300000);
	claims(w, OFFICE1, mac_of(1), "192.0.2.11", HOME);
	assert_int_equal(raised(w, EVENT_MOVED_PORT), 1);
	assert_string_equal(last(w, EVENT_MOVED_PORT)->interface, "office1");
	assert_string_equal(last(w, EVENT_MOVED_PORT)->other_interface, "office0");
	assert_int_equal(raised(w, EVENT_NEW_DEVICE), 0);
	wait_ms(w, 300000);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED); /* back home */
	assert_int_equal(closed(w, EVENT_MOVED_PORT), 1);
	assert_int_equal(raised(w, EVENT_TWO_PORTS), 0);
	world_free(w);
}

/* The copy of an admitted card, and the card itself, speak in turns: one event. */
static void test_two_ports(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 10; i++) {
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
		wait_ms(w, 1000);
		claims(w, CORE0, mac_of(1), "198.51.100.11", HOME);
		wait_ms(w, 1000);
	}
	assert_int_equal(raised(w, EVENT_TWO_PORTS), 1);
	assert_string_equal(last(w, EVENT_TWO_PORTS)->interface, "core0");
	assert_string_equal(last(w, EVENT_TWO_PORTS)->other_interface, "office0");
	wait_ms(w, alarm_quiet_ms(EVENT_TWO_PORTS) - 3000);
	assert_int_equal(closed(w, EVENT_TWO_PORTS), 0);
	wait_ms(w, 3000);
	assert_int_equal(closed(w, EVENT_TWO_PORTS), 1);
	assert_int_equal(last(w, EVENT_TWO_PORTS)->count, 17);
	world_free(w);
}

static void test_address_taken(void **state)
{
	struct world *w = world_new();

	(void)state;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	wait_ms(w, 1000);
	claims(w, OFFICE1, mac_of(2), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	assert_int_equal(last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	assert_int_equal(last(w, EVENT_ADDRESS_TAKEN)->other_mac[5], 1);
	/* they go on in turns: the one who was first is never the one to blame */
	for (int i = 0; i < 20; i++) {
		wait_ms(w, 20000);
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
		claims(w, OFFICE1, mac_of(2), "192.0.2.11", PERMITTED);
	}
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	claims(w, CORE0, mac_of(3), "192.0.2.11", PERMITTED); /* another segment */
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	wait_ms(w, alarm_quiet_ms(EVENT_ADDRESS_TAKEN));
	assert_int_equal(closed(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

/* A lease that ended and was given to the next is none. */
static void test_address_given(void **state)
{
	struct world *w = world_new();

	(void)state;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	wait_ms(w, HOLDER_FRESH_MS);
	claims(w, OFFICE0, mac_of(2), "192.0.2.11", PERMITTED);
	wait_ms(w, 5000);
	claims(w, OFFICE0, mac_of(2), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 0);
	/* but it was not free: the first is still there */
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	assert_int_equal(last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	world_free(w);
}

/* Who has a permit is believed, even when the other was there first. */
static void test_address_squatted(void **state)
{
	struct world *w = world_new();

	(void)state;
	claims(w, OFFICE0, mac_of(2), "192.0.2.11", 0);
	wait_ms(w, 1000);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(last(w, EVENT_ADDRESS_TAKEN)->mac[5], 2);
	assert_int_equal(last(w, EVENT_ADDRESS_TAKEN)->other_mac[5], 1);
	wait_ms(w, 1000);
	claims(w, OFFICE0, mac_of(2), "192.0.2.11", 0);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

static void test_gateway_taken(void **state)
{
	struct sight s = { .mac = mac_of(6),
			   .source = PROTO_SOURCE_ARP,
			   .claim = ip("192.0.2.1"),
			   .claim_mac = mac_of(7) };
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 30; i++) {
		see(w, OFFICE0, &s, PERMITTED);
		wait_ms(w, 1000);
	}
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 1);
	assert_int_equal(last(w, EVENT_GATEWAY_TAKEN)->mac[5], 6); /* the sender */
	assert_memory_equal(last(w, EVENT_GATEWAY_TAKEN)->other_mac, gateway.b, 6);
	s.source = PROTO_SOURCE_ND;
	s.claim = ip("fe80::1");
	see(w, OFFICE0, &s, PERMITTED);
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 2); /* another address */
	wait_ms(w, alarm_quiet_ms(EVENT_GATEWAY_TAKEN));
	assert_int_equal(closed(w, EVENT_GATEWAY_TAKEN), 2);
	s.mac = gateway;
	s.claim = ip("192.0.2.11");
	see(w, OFFICE0, &s, 0); /* our own card's frames come in */
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 3);
	assert_int_equal(raised(w, EVENT_NEW_DEVICE), 0);
	see(w, OFFICE1, &s, 0); /* on another interface's segment they may */
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 3);
	world_free(w);
}

/* Everybody knows the MACs of our cards: who borrows one hides nothing behind it. */
static void test_other_card(void **state)
{
	const struct mac second = { { 2, 0, 0, 0, 0, 0xf1 } };
	struct ours ours = { .card = { { .interface = "office0", .mac = gateway },
				       { .interface = "office1", .mac = second },
				       { .interface = "br0", .mac = gateway } },
			     .card_count = 3,
			     .addr_count = 1 };
	struct sight s = { .mac = gateway,
			   .source = PROTO_SOURCE_ARP,
			   .claim = ip("192.0.2.1"),
			   .claim_mac = gateway };
	struct world *w = world_new();

	(void)state;
	ours.addr[0] = ip("192.0.2.1");
	watch_set_ours(w->watch, &ours);
	claims(w, OFFICE1, mac_of(1), "192.0.2.11", PERMITTED);
	see(w, OFFICE1, &s, 0); /* our card itself */
	s.claim = ip("192.0.2.11");
	see(w, OFFICE1, &s, 0); /* its containment */
	assert_int_equal(w->count, 0);
	s.claim = ip("192.0.2.1");
	s.claim_mac = mac_of(6);
	see(w, OFFICE1, &s, 0);
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 1);
	s.claim = ip("192.0.2.11");
	see(w, OFFICE1, &s, 0);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	s = (struct sight){ .mac = gateway,
			    .source = PROTO_SOURCE_DHCP4,
			    .role = SIGHT_ROLE_DHCP,
			    .role_addr = ip("192.0.2.1") };
	see(w, OFFICE1, &s, 0);
	assert_int_equal(raised(w, EVENT_FOREIGN_DHCP), 1);
	s.source = PROTO_SOURCE_ND;
	s.role = SIGHT_ROLE_ROUTER;
	see(w, OFFICE1, &s, 0);
	assert_int_equal(raised(w, EVENT_FOREIGN_RA), 1);
	assert_int_equal(w->count, 4);
	world_free(w);
}

/* Nor does the MAC of the bridge come in at one of its ports. */
static void test_own_bridge(void **state)
{
	struct sight s = { .mac = gateway, .source = PROTO_SOURCE_ND };
	struct ours ours = {
		.card = { { .interface = "office0", .index = 2, .master = 9 },
			  { .interface = "office1", .index = 3 },
			  { .interface = "br0", .index = 9, .mac = gateway } },
		.card_count = 3
	};
	struct world *w = world_new();

	(void)state;
	watch_set_ours(w->watch, &ours);
	see(w, OFFICE1, &s, 0);
	assert_int_equal(w->count, 0);
	see(w, OFFICE0, &s, 0);
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 1);
	/* a loop brings our own answers back, a liar his */
	s.claim = ip("192.0.2.11");
	s.claim_mac = gateway;
	see(w, OFFICE0, &s, 0);
	assert_int_equal(w->count, 1);
	s.role = SIGHT_ROLE_ROUTER;
	s.role_addr = ip("fe80::66");
	see(w, OFFICE0, &s, 0);
	assert_int_equal(raised(w, EVENT_FOREIGN_RA), 1);
	world_free(w);
}

/* As sensord does: a frame that another wire hears too is none. Permits are for port 1. */
static void hears(struct world *w, struct mac m, size_t port, uint16_t type, uint16_t id)
{
	struct sight s = {
		.mac = m, .source = PROTO_SOURCE_ARP, .vlan = id, .vlan_type = type
	};

	if (!watch_is_elsewhere(w->watch, port, &s))
		see(w, port, &s, port == 1 ? PERMITTED : HOME);
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
	assert_int_equal(watch_new(&trunk, keep, w, now(w), &w->watch), 0);
	hears(w, mac_of(1), 1, 0, 0);
	hears(w, mac_of(1), 0, 0x8100, 10); /* nothing is known of the cards yet */
	assert_int_equal(raised(w, EVENT_MOVED_PORT), 1);
	watch_set_ours(w->watch, &ours);
	hears(w, mac_of(2), 1, 0, 0);
	hears(w, mac_of(2), 0, 0x8100, 10);
	assert_int_equal(w->count, 1);
	/* but what no other wire hears is looked at */
	hears(w, mac_of(3), 0, 0, 0);
	hears(w, mac_of(4), 0, 0x8100, 11);
	hears(w, mac_of(5), 0, 0x8100, 20); /* an interface, but no wire */
	hears(w, mac_of(6), 0, 0x88a8, 10);
	hears(w, mac_of(7), 1, 0x8100, 10); /* tagged twice */
	assert_int_equal(raised(w, EVENT_MOVED_PORT), 5);
	world_free(w);
}

static void plays(struct world *w, struct mac m, enum sight_role role, const char *at)
{
	struct sight s = {
		.mac = m, .source = PROTO_SOURCE_ND, .role = role, .role_addr = ip(at)
	};

	see(w, OFFICE0, &s, PERMITTED);
}

static void test_roles(void **state)
{
	struct addr dhcp = ip("192.0.2.2"), router = ip("fe80::2");
	struct world *w = world_new();

	(void)state;
	w->rules = (struct policy_sensor){
		.dhcp = &dhcp, .dhcp_count = 1, .router = &router, .router_count = 1
	};
	plays(w, mac_of(2), SIGHT_ROLE_DHCP, "192.0.2.2");
	assert_int_equal(raised(w, EVENT_FOREIGN_DHCP), 1); /* nobody but us yet */
	wait_ms(w, alarm_quiet_ms(EVENT_FOREIGN_DHCP));
	assert_int_equal(closed(w, EVENT_FOREIGN_DHCP), 1);
	watch_set_rules(w->watch, &w->rules);
	plays(w, mac_of(2), SIGHT_ROLE_DHCP, "192.0.2.2");
	plays(w, mac_of(2), SIGHT_ROLE_ROUTER, "fe80::2");
	assert_int_equal(raised(w, EVENT_FOREIGN_DHCP), 1);
	assert_int_equal(raised(w, EVENT_FOREIGN_RA), 0);
	plays(w, mac_of(3), SIGHT_ROLE_ROUTER, "fe80::3");
	plays(w, mac_of(3), SIGHT_ROLE_ROUTER, "fe80::3");
	assert_int_equal(raised(w, EVENT_FOREIGN_RA), 1);
	/* a permitted address in another card's hands */
	claims(w, OFFICE0, mac_of(2), "192.0.2.2", PERMITTED);
	plays(w, mac_of(4), SIGHT_ROLE_DHCP, "192.0.2.2");
	assert_int_equal(raised(w, EVENT_FOREIGN_DHCP), 2);
	assert_int_equal(last(w, EVENT_FOREIGN_DHCP)->mac[5], 4);
	world_free(w);
}

static void asks(struct world *w, struct mac m, unsigned host, unsigned flags)
{
	struct sight s = { .mac = m,
			   .source = PROTO_SOURCE_ARP,
			   .asked = { .family = 4,
				      .bytes = { 10, 0, (uint8_t)(host >> 8),
						 (uint8_t)host } } };

	see(w, OFFICE0, &s, flags);
}

static void test_scan(void **state)
{
	struct world *w = world_new();

	(void)state;
	wait_ms(w, WATCH_SCAN_EARLY_MS);
	for (unsigned i = 0; i < 1000; i++)
		asks(w, mac_of(1), i % 20, PERMITTED); /* the same few over and over */
	for (unsigned i = 0; i < 600; i++) {
		asks(w, mac_of(3), i, PERMITTED); /* many, but slowly */
		wait_ms(w, 5000);
	}
	assert_int_equal(raised(w, EVENT_SCAN), 0);
	for (unsigned i = 0; i < 60; i++)
		asks(w, mac_of(2), i, PERMITTED);
	assert_int_equal(raised(w, EVENT_SCAN), 1);
	assert_int_equal(last(w, EVENT_SCAN)->mac[5], 2);
	wait_ms(w, alarm_quiet_ms(EVENT_SCAN));
	assert_int_equal(closed(w, EVENT_SCAN), 1);
	world_free(w);
}

/* Who asks for those that are there is a server, not a scanner. */
static void test_no_scan(void **state)
{
	struct world *w = world_new();
	char text[32];

	(void)state;
	wait_ms(w, WATCH_SCAN_EARLY_MS);
	for (unsigned i = 1; i < 200; i++) {
		(void)snprintf(text, sizeof(text), "10.0.0.%u", i);
		claims(w, OFFICE0, mac_of(100 + i), text, PERMITTED);
	}
	for (unsigned i = 1; i < 200; i++)
		asks(w, mac_of(1), i, PERMITTED);
	assert_int_equal(raised(w, EVENT_SCAN), 0);
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
	plays(w, mac_of(3), SIGHT_ROLE_DHCP, "192.0.2.3");
	for (uint32_t i = 0; i < 400; i++)
		claims(w, OFFICE0, mac_of(1000 + i), "192.0.2.11", 0);
	assert_int_equal(raised(w, EVENT_MAC_FLOOD), 0);
	wait_ms(w, WATCH_FLOOD_MS);
	for (uint32_t i = 0; i < 100000; i++) {
		struct sight s = { .mac = mac_of(10000 + i),
				   .source = PROTO_SOURCE_ARP,
				   .role = SIGHT_ROLE_DHCP,
				   .role_addr = ip("192.0.2.3") };

		see(w, OFFICE0, &s, 0);
		w->ms += i % 10 == 0;
	}
	assert_int_equal(raised(w, EVENT_MAC_FLOOD), 1);
	assert_string_equal(last(w, EVENT_MAC_FLOOD)->interface, "office0");
	/* as many as the ceiling lets through, not 100,000 */
	assert_in_range(raised(w, EVENT_FOREIGN_DHCP), 2, ALARM_BURST + 20);
	assert_int_equal(closed(w, EVENT_FOREIGN_DHCP), 0);
	assert_in_range(raised(w, EVENT_NEW_DEVICE), 400, 2 * DEVICE_BURST);
	assert_true(alarms_suppressed(watch_alarms(w->watch)) > 90000);
	/* other kinds, and other ports, are not silenced */
	claims(w, OFFICE0, mac_of(5), "192.0.2.1", 0);
	assert_int_equal(raised(w, EVENT_GATEWAY_TAKEN), 1);
	{
		struct sight s = { .mac = mac_of(6),
				   .source = PROTO_SOURCE_DHCP4,
				   .role = SIGHT_ROLE_DHCP,
				   .role_addr = ip("192.0.2.6") };

		see(w, CORE0, &s, 0);
	}
	assert_string_equal(last(w, EVENT_FOREIGN_DHCP)->interface, "core0");
	claims(w, CORE0, mac_of(7), "198.51.100.7", 0);
	assert_string_equal(last(w, EVENT_NEW_DEVICE)->interface, "core0");
	wait_ms(w, alarm_quiet_ms(EVENT_MAC_FLOOD));
	assert_int_equal(closed(w, EVENT_MAC_FLOOD), 1);
	world_free(w);
}

/* A flood of claims does not make the table forget who holds an admitted address. */
static void test_claims_flood(void **state)
{
	struct world *w = world_new();
	char text[32];

	(void)state;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	for (uint32_t i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16 & 255,
			       i >> 8 & 255, i & 255);
		claims(w, OFFICE0, mac_of(100 + i), text, 0);
	}
	claims(w, OFFICE0, mac_of(2), "192.0.2.11", 0);
	assert_int_equal(raised(w, EVENT_ADDRESS_TAKEN), 1);
	world_free(w);
}

static void test_returned(void **state)
{
	struct world *w = world_new();

	(void)state;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	wait_ms(w, (HISTORY_SILENT_S - 1) * 1000);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_RETURNED), 0);
	wait_ms(w, HISTORY_SILENT_S * 1000);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_RETURNED), 1);
	assert_string_equal(last(w, EVENT_RETURNED)->detail, "30 days");
	wait_ms(w, alarm_quiet_ms(EVENT_RETURNED));
	assert_int_equal(closed(w, EVENT_RETURNED), 1);
	/* a clock that was set is no silence */
	w->step_s = 400 * DAY_S;
	wait_ms(w, 1000);
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_RETURNED), 1);
	world_free(w);
}

static void boots(struct world *w, const char *fingerprint, enum proto_source source)
{
	struct sight s = { .mac = mac_of(1), .source = source };

	(void)snprintf(s.fingerprint, sizeof(s.fingerprint), "%s", fingerprint);
	see(w, OFFICE0, &s, PERMITTED);
}

static void test_fingerprint(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		boots(w, "1,3,6 PXEClient:Arch:00007", PROTO_SOURCE_DHCP4);
		boots(w, "1,3,6,15 MSFT 5.0", PROTO_SOURCE_DHCP4);
		boots(w, "17,23 MSFT 5.0", PROTO_SOURCE_DHCP6);
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	}
	assert_int_equal(raised(w, EVENT_FINGERPRINT), 0);
	boots(w, "1,28,2,3 dhcpcd", PROTO_SOURCE_DHCP4);
	boots(w, "1,28,2,3 dhcpcd", PROTO_SOURCE_DHCP4);
	assert_int_equal(raised(w, EVENT_FINGERPRINT), 1);
	assert_string_equal(last(w, EVENT_FINGERPRINT)->detail, "1,28,2,3 dhcpcd");
	boots(w, "1,3,6,15 MSFT 5.0", PROTO_SOURCE_DHCP4); /* to and fro: one event */
	assert_int_equal(raised(w, EVENT_FINGERPRINT), 1);
	world_free(w);
}

/* START_S is at an hour of its own; a card is there at that hour every day. */
static void test_hours(void **state)
{
	struct world *w = world_new();

	(void)state;
	for (int day = 0; day < 13; day++) {
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
		wait_ms(w, DAY_S * 1000);
	}
	w->ms += 6 * 3600000; /* odd, but too little is known */
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_HOURS), 0);
	w->ms += 18 * 3600000;
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	w->ms += 3600000; /* an hour later than usual */
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_HOURS), 0);
	w->ms += 22 * 3600000; /* and, the next day, an hour earlier */
	claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
	assert_int_equal(raised(w, EVENT_HOURS), 0);
	w->ms += 11 * 3600000;
	for (int i = 0; i < 20; i++) {
		claims(w, OFFICE0, mac_of(1), "192.0.2.11", PERMITTED);
		wait_ms(w, 600000);
	}
	assert_int_equal(raised(w, EVENT_HOURS), 1);
	assert_int_equal(closed(w, EVENT_HOURS), 0); /* still there */
	wait_ms(w, alarm_quiet_ms(EVENT_HOURS));
	assert_int_equal(closed(w, EVENT_HOURS), 1);
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
		r = watch_new(&wires, keep, &w, now(&w), &e);
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
		cmocka_unit_test(test_gateway_taken),
		cmocka_unit_test(test_other_card),
		cmocka_unit_test(test_own_bridge),
		cmocka_unit_test(test_trunk),
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
