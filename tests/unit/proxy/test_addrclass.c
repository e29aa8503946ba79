/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/attr.h"
#include "proxy/addrclass.h"

static const struct {
	const char *text;
	enum addrclass class;
} rows[] = {
	{ "0.0.0.0", ADDRCLASS_UNSPECIFIED },
	{ "0.255.255.255", ADDRCLASS_UNSPECIFIED },
	{ "1.0.0.0", ADDRCLASS_PUBLIC },
	{ "9.255.255.255", ADDRCLASS_PUBLIC },
	{ "10.0.0.0", ADDRCLASS_PRIVATE },
	{ "10.255.255.255", ADDRCLASS_PRIVATE },
	{ "11.0.0.0", ADDRCLASS_PUBLIC },
	{ "100.63.255.255", ADDRCLASS_PUBLIC },
	{ "100.64.0.0", ADDRCLASS_SHARED },
	{ "100.127.255.255", ADDRCLASS_SHARED },
	{ "100.128.0.0", ADDRCLASS_PUBLIC },
	{ "127.0.0.1", ADDRCLASS_LOOPBACK },
	{ "127.255.255.255", ADDRCLASS_LOOPBACK },
	{ "128.0.0.0", ADDRCLASS_PUBLIC },
	{ "169.254.169.254", ADDRCLASS_LINK_LOCAL },
	{ "172.15.255.255", ADDRCLASS_PUBLIC },
	{ "172.16.0.0", ADDRCLASS_PRIVATE },
	{ "172.31.255.255", ADDRCLASS_PRIVATE },
	{ "172.32.0.0", ADDRCLASS_PUBLIC },
	{ "192.0.0.9", ADDRCLASS_RESERVED },
	{ "192.0.1.0", ADDRCLASS_PUBLIC },
	{ "192.0.2.1", ADDRCLASS_DOCUMENTATION },
	{ "192.31.196.1", ADDRCLASS_RESERVED },
	{ "192.52.193.1", ADDRCLASS_RESERVED },
	{ "192.88.99.1", ADDRCLASS_TUNNEL },
	{ "192.167.255.255", ADDRCLASS_PUBLIC },
	{ "192.168.0.0", ADDRCLASS_PRIVATE },
	{ "192.168.255.255", ADDRCLASS_PRIVATE },
	{ "192.169.0.0", ADDRCLASS_PUBLIC },
	{ "192.175.48.1", ADDRCLASS_RESERVED },
	{ "198.17.255.255", ADDRCLASS_PUBLIC },
	{ "198.18.0.0", ADDRCLASS_BENCHMARK },
	{ "198.19.255.255", ADDRCLASS_BENCHMARK },
	{ "198.20.0.0", ADDRCLASS_PUBLIC },
	{ "198.51.100.1", ADDRCLASS_DOCUMENTATION },
	{ "203.0.113.255", ADDRCLASS_DOCUMENTATION },
	{ "223.255.255.255", ADDRCLASS_PUBLIC },
	{ "224.0.0.0", ADDRCLASS_MULTICAST },
	{ "239.255.255.255", ADDRCLASS_MULTICAST },
	{ "240.0.0.0", ADDRCLASS_RESERVED },
	{ "255.255.255.255", ADDRCLASS_RESERVED },
	{ "::", ADDRCLASS_UNSPECIFIED },
	{ "::1", ADDRCLASS_LOOPBACK },
	{ "::2", ADDRCLASS_RESERVED },
	{ "::8.8.8.8", ADDRCLASS_RESERVED },
	{ "::ffff:8.8.8.8", ADDRCLASS_PUBLIC },
	{ "::ffff:10.0.0.1", ADDRCLASS_PRIVATE },
	{ "::ffff:127.0.0.1", ADDRCLASS_LOOPBACK },
	{ "64:ff9b::8.8.8.8", ADDRCLASS_PUBLIC },
	{ "64:ff9b::10.0.0.1", ADDRCLASS_PRIVATE },
	{ "64:ff9b::169.254.169.254", ADDRCLASS_LINK_LOCAL },
	{ "64:ff9b:0:0:0:1::", ADDRCLASS_RESERVED },
	{ "64:ff9b:1::8.8.8.8", ADDRCLASS_RESERVED },
	{ "100::1", ADDRCLASS_DISCARD },
	{ "100:0:0:1::1", ADDRCLASS_RESERVED },
	{ "1fff::1", ADDRCLASS_RESERVED },
	{ "2001::1", ADDRCLASS_TUNNEL },
	{ "2001:0:ffff::1", ADDRCLASS_TUNNEL },
	{ "2001:1::1", ADDRCLASS_RESERVED },
	{ "2001:2::1", ADDRCLASS_BENCHMARK },
	{ "2001:10::1", ADDRCLASS_RESERVED },
	{ "2001:1ff::1", ADDRCLASS_RESERVED },
	{ "2001:200::1", ADDRCLASS_PUBLIC },
	{ "2001:db7::1", ADDRCLASS_PUBLIC },
	{ "2001:db8::1", ADDRCLASS_DOCUMENTATION },
	{ "2002:808:808::1", ADDRCLASS_TUNNEL },
	{ "2003::1", ADDRCLASS_PUBLIC },
	{ "2620:4f:8000::1", ADDRCLASS_RESERVED },
	{ "2620:4f:8001::1", ADDRCLASS_PUBLIC },
	{ "2a00:1450::1", ADDRCLASS_PUBLIC },
	{ "3ffe::1", ADDRCLASS_PUBLIC },
	{ "3fff::1", ADDRCLASS_DOCUMENTATION },
	{ "3fff:fff::1", ADDRCLASS_DOCUMENTATION },
	{ "3fff:1000::1", ADDRCLASS_PUBLIC },
	{ "4000::1", ADDRCLASS_RESERVED },
	{ "fc00::1", ADDRCLASS_PRIVATE },
	{ "fdff::1", ADDRCLASS_PRIVATE },
	{ "fe00::1", ADDRCLASS_RESERVED },
	{ "fe80::1", ADDRCLASS_LINK_LOCAL },
	{ "febf::1", ADDRCLASS_LINK_LOCAL },
	{ "fec0::1", ADDRCLASS_PRIVATE },
	{ "ff02::1", ADDRCLASS_MULTICAST },
};

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr a = addr_of(rows[i].text);

		if (addrclass_of(a) != rows[i].class)
			fail_msg("%s: class %d", rows[i].text, (int)addrclass_of(a));
		assert_int_equal(addrclass_may_dial(a, NULL, 0),
				 rows[i].class == ADDRCLASS_PUBLIC);
	}
	assert_false(addrclass_may_dial((struct addr){ 0 }, NULL, 0));
}

static void test_site(void **state)
{
	struct prefix site[2];

	(void)state;
	assert_int_equal(prefix_parse("45.113.7.0/24", &site[0]), 0);
	assert_int_equal(prefix_parse("2a00:1450:7::/48", &site[1]), 0);
	assert_true(addrclass_may_dial(addr_of("45.113.8.1"), site, 2));
	assert_false(addrclass_may_dial(addr_of("45.113.7.1"), site, 2));
	assert_false(addrclass_may_dial(addr_of("::ffff:45.113.7.1"), site, 2));
	assert_false(addrclass_may_dial(addr_of("64:ff9b::45.113.7.1"), site, 2));
	assert_false(addrclass_may_dial(addr_of("2a00:1450:7::1"), site, 2));
	assert_true(addrclass_may_dial(addr_of("2a00:1450:7::1"), site, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
