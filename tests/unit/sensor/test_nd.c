/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/nd.h"
#include "tests/unit/sensor/seed.h"

#define TARGET_AT 48 /* IPv6 header, type, code, checksum, reserved */
#define OPTION_AT 64

static const struct mac sender = { { 2, 0, 0, 0, 0, 0x11 } };

static struct nd parse(const char *seed)
{
	struct seed s = seed_load(seed);
	struct nd n;

	assert_int_equal(nd_parse(rd_of(s.data, s.len), &n), 0);
	return n;
}

static void assert_addr(struct addr a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	assert_string_equal(text, expected);
}

static void test_messages(void **state)
{
	struct nd n = parse("nd/solicitation");

	(void)state;
	assert_int_equal(n.type, ND_SOLICITATION);
	assert_false(n.is_dad);
	assert_addr(n.source, "fe80::11");
	assert_addr(n.target, "fe80::1");
	assert_true(n.has_mac && mac_equal(n.mac, sender));

	n = parse("nd/dad");
	assert_true(n.is_dad);
	assert_false(n.has_mac);
	assert_addr(n.target, "2001:db8::11");

	n = parse("nd/advertisement");
	assert_int_equal(n.type, ND_ADVERTISEMENT);
	assert_addr(n.target, "2001:db8::11");
	assert_true(n.has_mac && mac_equal(n.mac, sender));
}

static void test_truncation(void **state)
{
	static const char *const seeds[] = { "nd/solicitation", "nd/dad",
					     "nd/advertisement" };
	struct nd n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);

		for (size_t len = 0; len < s.len; len++) {
			uint8_t *p = seed_cut(&s, len);

			/* as far as it goes: without the MAC, it is the sender's */
			assert_int_equal(nd_parse(rd_of(p, len), &n),
					 len < OPTION_AT ? -EBADMSG : 0);
			assert_false(len >= OPTION_AT && n.has_mac);
			free(p);
		}
		s.len += 6; /* Ethernet padding */
		assert_int_equal(nd_parse(rd_of(s.data, s.len), &n), 0);
	}
}

static const struct {
	size_t offset;
	uint8_t value;
	const char *why;
} rows[] = {
	{ 0, 0x45, "version" },
	{ 6, 17, "not ICMPv6" },
	{ 7, 254, "came through a router" },
	{ 40, 132, "not neighbour discovery" },
	{ 40, 134, "router advertisement cut in its fixed part" },
	{ 40, 137, "redirect" },
	{ 41, 1, "code" },
	{ TARGET_AT, 0xff, "multicast target" },
	{ OPTION_AT + 1, 0, "empty option: would never end" },
	{ OPTION_AT + 1, 2, "option longer than the packet" },
};

static void test_refused(void **state)
{
	struct nd n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load("nd/solicitation");

		s.data[rows[i].offset] = rows[i].value;
		if (nd_parse(rd_of(s.data, s.len), &n) != -EBADMSG)
			fail_msg("accepted: %s", rows[i].why);
	}
}

/* Duplicate address detection comes without a link-layer address (RFC 4861 4.3). */
static void test_dad_with_mac(void **state)
{
	struct seed s = seed_load("nd/solicitation");
	struct nd n;

	(void)state;
	memset(s.data + 8, 0, 16);
	assert_int_equal(nd_parse(rd_of(s.data, s.len), &n), -EBADMSG);
}

/* A solicitation's target option and an unknown one say nothing about the sender. */
static void test_other_option(void **state)
{
	struct seed s = seed_load("nd/solicitation");
	struct nd n;

	(void)state;
	s.data[OPTION_AT] = 2;
	assert_int_equal(nd_parse(rd_of(s.data, s.len), &n), 0);
	assert_false(n.has_mac);
}

static void test_router(void **state)
{
	static const char *const seeds[] = { "nd/ra", "nd/ra-hidden", "nd/ra-zero",
					     "nd/ra-deep" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct nd n = parse(seeds[i]);
		char text[ADDR_TEXT_MAX];

		assert_int_equal(n.type, ND_ROUTER_ADVERTISEMENT);
		assert_addr(n.source, "fe80::66");
		assert_int_equal(n.target.family, 0);
		assert_int_equal(n.router.lifetime, i == 2 ? 0 : 1800);
		assert_int_equal(n.router.prefix_count, 1);
		prefix_format(n.router.prefix[0], text);
		assert_string_equal(text, "2001:db8:66::/64");
		assert_int_equal(n.router.dns_count, 1);
		assert_addr(n.router.dns[0], "2001:db8:66::53");
		assert_true(n.has_mac && n.mac.b[5] == 0x66);
	}
	assert_int_equal(parse("nd/ra-bare").router.prefix_count, 0);
	assert_int_equal(parse("nd/rs").type, ND_ROUTER_SOLICITATION);
}

/* Hosts drop these, so they are no router's. */
static void test_router_refused(void **state)
{
	static const char *const seeds[] = { "nd/ra-global" };
	struct nd n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);

		assert_int_equal(nd_parse(rd_of(s.data, s.len), &n), -EBADMSG);
	}
}

/* An advertisement that is longer than the capture is still one. */
static void test_router_cut(void **state)
{
	struct seed s = seed_load("nd/ra");

	(void)state;
	for (size_t len = 0; len < s.len; len++) {
		uint8_t *p = seed_cut(&s, len);
		struct nd n;

		assert_int_equal(nd_parse(rd_of(p, len), &n), len < 56 ? -EBADMSG : 0);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_dad_with_mac),
		cmocka_unit_test(test_other_option),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_router_cut),
		cmocka_unit_test(test_router_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
