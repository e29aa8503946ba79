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

#include "fw/sensor/sight.h"
#include "tests/unit/sensor/seed.h"

#define SOURCE_AT     6
#define ARP_SENDER_AT (14 + 8)
#define SAID_MAX      600 /* bytes */

static const struct mac device = { { 2, 0, 0, 0, 0, 0x11 } };

static const struct {
	const char *seed;
	enum proto_source source;
	const char *addr;
	const char *name;
	uint16_t vlan;
} rows[] = {
	{ "sight/arp", PROTO_SOURCE_ARP, "192.0.2.11", "", 0 },
	{ "sight/arp-vlan", PROTO_SOURCE_ARP, "192.0.2.11", "", 10 },
	{ "sight/dhcp4", PROTO_SOURCE_DHCP4, "192.0.2.77", "jimu-pc-3", 0 },
	{ "sight/nd", PROTO_SOURCE_ND, "fe80::11", "", 0 },
	{ "sight/dad", PROTO_SOURCE_ND, "2001:db8::11", "", 0 },
	{ "sight/na", PROTO_SOURCE_ND, "2001:db8::11", "", 0 },
	{ "sight/arp-qinq", PROTO_SOURCE_ARP, "192.0.2.11", "", 20 },
	{ "sight/dhcp4-print", PROTO_SOURCE_DHCP4, "-", "jimu-pc-3", 0 },
	{ "sight/dhcp6", PROTO_SOURCE_DHCP6, "fe80::11", "jimu-pc-6", 0 },
	{ "sight/rs", PROTO_SOURCE_ND, "fe80::11", "", 0 },
	{ "sight/lldp", PROTO_SOURCE_LLDP, "-", "sw-2f-east", 0 },
	{ "sight/mdns", PROTO_SOURCE_MDNS, "192.0.2.11", "jimu-pc-9", 0 },
};

static void assert_addr(struct addr a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	assert_string_equal(text, expected);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);
		struct sight sight;

		assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
		assert_true(mac_equal(sight.mac, device));
		assert_int_equal(sight.source, rows[i].source);
		assert_int_equal(sight.vlan, rows[i].vlan);
		assert_addr(sight.addr, rows[i].addr);
		assert_string_equal(sight.name, rows[i].name);
	}
}

/* Frames that real programs sent: see docs/testing.md. */
static const struct {
	const char *seed;
	uint8_t last; /* of the card's address */
	const char *said;
} captured[] = {
	{ "avahi-host4", 1, "mdns 192.0.2.77 - - madoguchi-mac - -" },
	{ "avahi-host6", 1, "mdns fe80::216:3eff:fe5a:1 - - madoguchi-mac - -" },
	{ "avahi-probe4", 1, "nothing" },
	{ "avahi-probe6", 1, "nothing" },
	{ "avahi-workstation", 1, "mdns fe80::216:3eff:fe5a:1 - - madoguchi-mac - -" },
	{ "dhclient-discover", 1,
	  "dhcp4 - - - vm - 1,28,2,3,15,6,119,12,44,47,26,121,42" },
	{ "dhclient-solicit", 1, "dhcp6 fe80::216:3eff:fe5a:1 - - - - 23,24,39,31" },
	{ "dnsmasq-ack", 2,
	  "dhcp4 192.0.2.1 - - - DHCP message 5, gives 192.0.2.57 to 00:16:3e:5a:00:01 "
	  "-" },
	{ "dnsmasq-advertise", 2,
	  "dhcp6 fe80::216:3eff:fe5a:2 - - - DHCPv6 message 2 -" },
	{ "dnsmasq-offer", 2,
	  "dhcp4 192.0.2.1 - - - DHCP message 2, gives 192.0.2.57 to 00:16:3e:5a:00:01 "
	  "-" },
	{ "dnsmasq-ra", 2,
	  "nd fe80::216:3eff:fe5a:2 fe80::216:3eff:fe5a:2 - - lifetime 1800 s, prefix"
	  " 2001:db8:5::/64 -" },
	{ "linux-arp-reply", 1, "arp 192.0.2.77 192.0.2.77 - - - -" },
	{ "linux-arp-request", 1, "arp 192.0.2.77 192.0.2.77 192.0.2.1 - - -" },
	{ "linux-dad-nonce", 2,
	  "nd fe80::216:3eff:fe5a:2 - fe80::216:3eff:fe5a:2 - - -" },
	{ "linux-mld", 2, "damaged" },
	{ "linux-na-bare", 1, "nd fe80::216:3eff:fe5a:1 fe80::216:3eff:fe5a:1 - - - -" },
	{ "linux-na-unsolicited", 1, "nd 2001:db8:5::6e 2001:db8:5::6e - - - -" },
	{ "linux-ns-unicast", 2,
	  "nd fe80::216:3eff:fe5a:2 fe80::216:3eff:fe5a:2 fe80::216:3eff:fe5a:1 - - -" },
	{ "linux-rs", 1, "nd fe80::216:3eff:fe5a:1 fe80::216:3eff:fe5a:1 - - - -" },
	{ "lldpd", 1, "lldp - - - kaigi-sw-3f - -" },
	{ "rdisc6-rs", 1, "nd fe80::216:3eff:fe5a:1 fe80::216:3eff:fe5a:1 - - - -" },
	{ "udhcpc-discover", 1,
	  "dhcp4 - - - printer-2f - 1,3,6,12,15,28,42 udhcp 1.35.0" },
	{ "udhcpc-request", 1,
	  "dhcp4 192.0.2.57 - - printer-2f - 1,3,6,12,15,28,42 udhcp 1.35.0" },
};

static const char *or_dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static void tell(int r, const struct sight *s, char text[SAID_MAX])
{
	char addr[ADDR_TEXT_MAX], claim[ADDR_TEXT_MAX], asked[ADDR_TEXT_MAX];

	(void)snprintf(text, SAID_MAX, "%s", r == -ENOMSG ? "nothing" : "damaged");
	if (r < 0)
		return;
	addr_format(s->addr, addr);
	addr_format(s->claim, claim);
	addr_format(s->asked, asked);
	(void)snprintf(text, SAID_MAX, "%s %s %s %s %s %s %s",
		       sight_source_name(s->source), addr, claim, asked, or_dash(s->name),
		       or_dash(s->note), or_dash(s->fingerprint));
}

static void test_captured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(captured); i++) {
		struct sight sight = { 0 };
		struct seed s;
		char name[64], text[SAID_MAX];
		int r;

		(void)snprintf(name, sizeof(name), "sight/real-%s", captured[i].seed);
		s = seed_load(name);
		r = sight_parse(rd_of(s.data, s.len), &sight);
		tell(r, &sight, text);
		assert_string_equal(text, captured[i].said);
		assert_int_equal(s.data[SOURCE_AT + 5], captured[i].last);
		for (size_t len = 0; len < s.len; len++) {
			uint8_t *cut = seed_cut(&s, len);

			(void)!sight_parse(rd_of(cut, len), &sight);
			free(cut);
		}
	}
}

/* A server's answer is a sighting of the server, not of the client named in it. */
static void test_server(void **state)
{
	struct seed s = seed_load("sight/dhcp4-ack");
	struct sight sight;

	(void)state;
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_false(mac_equal(sight.mac, device));
	assert_addr(sight.addr, "192.0.2.1");
	assert_string_equal(sight.name, "");
}

/* Who speaks for another MAC is seen, but moves nobody's address. */
static void test_forged(void **state)
{
	static const char *const seeds[] = { "sight/arp", "sight/dhcp4", "sight/nd",
					     "sight/na" };
	struct sight sight;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);

		s.data[SOURCE_AT + 5] = 0x66;
		assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
		assert_int_equal(sight.mac.b[5], 0x66);
		assert_int_equal(sight.addr.family, 0);
		assert_string_equal(sight.name, "");
	}
}

/* A probe asks with 0.0.0.0 for the address that it is about to take (RFC 5227). */
static void test_probe(void **state)
{
	struct seed s = seed_load("sight/arp");
	struct sight sight;

	(void)state;
	memset(s.data + ARP_SENDER_AT + 6, 0, 4);
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_addr(sight.addr, "192.0.2.1");
}

static void test_refused(void **state)
{
	static const uint8_t bad[] = { 0x01, 0x33, 0xff }; /* group addresses */
	struct seed s = seed_load("sight/arp");
	struct sight sight;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		s.data[SOURCE_AT] = bad[i];
		assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), -EBADMSG);
	}
	s = seed_load("sight/arp");
	s.data[12] = 0x88;
	s.data[13] = 0x8e; /* 802.1X: not ours to look at */
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), -ENOMSG);
	s = seed_load("sight/dhcp4");
	s.data[14 + 9] = 6; /* TCP */
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), -ENOMSG);
}

static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);

		for (size_t len = 0; len < s.len; len++) {
			uint8_t *p = seed_cut(&s, len);
			struct sight sight = { 0 };
			int r = sight_parse(rd_of(p, len), &sight);

			if (r < 0)
				assert_true(mac_is_zero(sight.mac));
			else
				assert_true(mac_equal(sight.mac, device));
			free(p);
		}
	}
}

static void test_hostile_name(void **state)
{
	struct seed s = seed_load("sight/dhcp4");
	struct sight sight;
	size_t at = s.len;

	(void)state;
	while (memcmp(s.data + at, "jimu", 4) != 0)
		at--;
	memcpy(s.data + at, "\x1b[2J\n", 5);
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_null(strpbrk(sight.name, "\x1b\n"));
}

static const struct {
	const char *seed;
	enum sight_role role;
	const char *at, *note;
} roles[] = {
	{ "sight/dhcp4-offer", SIGHT_ROLE_DHCP, "192.0.2.66",
	  "DHCP message 2, gives 192.0.2.77 to 02:00:00:00:00:11" },
	{ "sight/dhcp4-fragment", SIGHT_ROLE_DHCP, "192.0.2.66",
	  "DHCP answer in fragments" },
	{ "sight/dhcp6-advertise", SIGHT_ROLE_DHCP, "fe80::66", "DHCPv6 message 2" },
	{ "sight/ra", SIGHT_ROLE_ROUTER, "fe80::66",
	  "lifetime 1800 s, prefix 2001:db8:66::/64, DNS 2001:db8:66::53" },
	{ "sight/ra-hidden", SIGHT_ROLE_ROUTER, "fe80::66",
	  "lifetime 1800 s, prefix 2001:db8:66::/64, DNS 2001:db8:66::53" },
	{ "sight/ra-zero", SIGHT_ROLE_ROUTER, "fe80::66",
	  "lifetime 0 s, prefix 2001:db8:66::/64, DNS 2001:db8:66::53" },
	{ "sight/ra-cut", SIGHT_ROLE_ROUTER, "fe80::66",
	  "lifetime 1800 s, prefix 2001:db8:66::/64, DNS 2001:db8:66::53" },
	{ "sight/dhcp4", SIGHT_ROLE_NONE, "-", "" },
	{ "sight/arp", SIGHT_ROLE_NONE, "-", "" },
};

static void test_roles(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		struct seed s = seed_load(roles[i].seed);
		struct sight sight;

		assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
		assert_int_equal(sight.role, roles[i].role);
		assert_addr(sight.role_addr, roles[i].at);
		assert_string_equal(sight.note, roles[i].note);
	}
}

/* A neighbour's message that is longer than the capture claims what it claims. */
static void test_cut(void **state)
{
	static const char *const seeds[] = { "sight/na-long", "sight/na-behind",
					     "sight/na-cut", "sight/ns-cut" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);
		struct sight sight;

		assert_int_equal(sight_parse(rd_of(s.data, 512), &sight), 0);
		assert_addr(sight.claim, i == 3 ? "fe80::66" : "fe80::1");
		assert_int_equal(sight.claim_mac.b[5], 0x66);
	}
}

/* What is claimed for others is kept apart from who says it. */
static void test_claims(void **state)
{
	struct seed s = seed_load("sight/arp-forged");
	struct sight sight;

	(void)state;
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_int_equal(sight.mac.b[5], 0x66);
	assert_int_equal(sight.claim_mac.b[5], 0x77);
	assert_addr(sight.claim, "192.0.2.1");
	assert_addr(sight.addr, "-");
	assert_addr(sight.asked, "-");
	s = seed_load("sight/arp");
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_addr(sight.claim, "192.0.2.11");
	assert_addr(sight.asked, "192.0.2.1");
	s = seed_load("sight/dad");
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_addr(sight.claim, "-"); /* it only asks whether it may */
}

static void test_fingerprint(void **state)
{
	struct seed s = seed_load("sight/dhcp4-print");
	struct sight sight;

	(void)state;
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), 0);
	assert_string_equal(sight.fingerprint,
			    "1,3,6,15,31,33,43,44,46,47,119,121,249,252 MSFT 5.0");
}

static void test_three_tags(void **state)
{
	struct seed s = seed_load("sight/arp-three-tags");
	struct sight sight;

	(void)state;
	assert_int_equal(sight_parse(rd_of(s.data, s.len), &sight), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),        cmocka_unit_test(test_captured),
		cmocka_unit_test(test_server),      cmocka_unit_test(test_forged),
		cmocka_unit_test(test_probe),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncation),  cmocka_unit_test(test_hostile_name),
		cmocka_unit_test(test_roles),       cmocka_unit_test(test_claims),
		cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_three_tags),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
