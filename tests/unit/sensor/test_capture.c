/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/capture.h"
#include "fw/sensor/sight.h"
#include "tests/unit/sensor/seed.h"

struct filter {
	pcap_t *pcap;
	struct bpf_program program;
};

static struct filter filter_of(void)
{
	struct filter f = { .pcap = pcap_open_dead(DLT_EN10MB, CAPTURE_SNAPLEN) };

	assert_non_null(f.pcap);
	if (pcap_compile(f.pcap, &f.program, capture_filter, 1, PCAP_NETMASK_UNKNOWN) !=
	    0)
		fail_msg("%s", pcap_geterr(f.pcap));
	return f;
}

static void filter_free(struct filter *f)
{
	pcap_freecode(&f->program);
	pcap_close(f->pcap);
}

static bool passes(const struct filter *f, const uint8_t *data, size_t len)
{
	struct pcap_pkthdr head = { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };

	return pcap_offline_filter(&f->program, &head, data) != 0;
}

/* Everything that is decoded comes through the kernel's filter. */
static void test_wanted(void **state)
{
	static const char *const seeds[] = {
		"sight/arp",
		"sight/arp-vlan",
		"sight/arp-qinq",
		"sight/arp-forged",
		"sight/dhcp4",
		"sight/dhcp4-ack",
		"sight/dhcp4-offer",
		"sight/dhcp4-print",
		"sight/dhcp4-fragment",
		"sight/dhcp6",
		"sight/nd",
		"sight/dhcp6-advertise",
		"sight/dad",
		"sight/na",
		"sight/rs",
		"sight/ra",
		"sight/ra-zero",
		"sight/ra-hidden",
		"sight/ra-extension",
		"sight/lldp",
		"sight/mdns",
		"sight/na-long",
		"sight/na-behind",
		"sight/na-cut",
		"sight/ns-cut",
		"sight/na-options",
		"sight/ra-options",
		"sight/dhcp6-options",
		"sight/dhcp6-hop",
		"sight/na-deep",
	};
	struct filter f = filter_of();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);

		if (!passes(&f, s.data, s.len))
			fail_msg("held back: %s", seeds[i]);
	}
	filter_free(&f);
}

/* What hosts believe is read, however much stands before it in the frame. */
static void test_hidden(void **state)
{
	static const struct {
		const char *seed;
		enum sight_role role;
		bool claims;
	} rows[] = {
		{ "sight/na-long", SIGHT_ROLE_NONE, true },
		{ "sight/na-behind", SIGHT_ROLE_NONE, true },
		{ "sight/na-options", SIGHT_ROLE_NONE, true },
		{ "sight/ra-options", SIGHT_ROLE_ROUTER, true },
		{ "sight/na-deep", SIGHT_ROLE_NONE, true },
		{ "sight/dhcp6-options", SIGHT_ROLE_DHCP, false },
		{ "sight/dhcp6-hop", SIGHT_ROLE_DHCP, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);
		size_t len = s.len < CAPTURE_SNAPLEN ? s.len : CAPTURE_SNAPLEN;
		struct sight sight;

		if (sight_parse(rd_of(s.data, len), &sight) < 0)
			fail_msg("not read: %s", rows[i].seed);
		assert_int_equal(sight.role, rows[i].role);
		assert_int_equal(sight.claim.family != 0, rows[i].claims);
		if (rows[i].claims)
			assert_int_equal(sight.claim_mac.b[5], 0x66);
	}
}

/* Everyday traffic is dropped in the kernel. */
static void test_unrelated(void **state)
{
	static const struct {
		const char *seed;
		size_t offset;
		uint8_t value;
		const char *what;
	} rows[] = {
		{ "sight/arp", 13, 0x8e, "802.1X" },
		{ "sight/dhcp4", 14 + 9, 6, "TCP" },
		{ "sight/nd", 14 + 40, 128, "echo request" },
		{ "sight/nd", 14 + 40, 137, "redirect" },
		{ "sight/ra-extension", 14 + 48, 143, "multicast listener report" },
		{ "sight/ra-extension", 14 + 40, 6, "TCP behind an extension" },
		{ "sight/ra-extension", 14 + 40, 17, "other UDP behind an extension" },
		{ "sight/dhcp6-options", 14 + 40, 6, "TCP to that port" },
		{ "sight/dhcp6-options", 14 + 48 + 3, 99, "another UDP port" },
		{ "sight/mdns", 14 + 20, 0x15, "another UDP port" },
	};
	struct filter f = filter_of();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);

		assert_true(passes(&f, s.data, s.len));
		s.data[rows[i].offset] = rows[i].value;
		if (strcmp(rows[i].seed, "sight/arp") == 0)
			s.data[12] = 0x88;
		if (passes(&f, s.data, s.len))
			fail_msg("let through: %s", rows[i].what);
	}
	filter_free(&f);
}

/* It runs for each frame of the interface: some hundred instructions at most. */
static void test_short(void **state)
{
	struct filter f = filter_of();

	(void)state;
	assert_in_range(f.program.bf_len, 1, 300);
	filter_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_unrelated),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
