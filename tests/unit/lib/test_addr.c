/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/addr.h"

static struct addr addr_of(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p = { 0 };

	if (prefix_parse(text, &p) != 0)
		fail_msg("%s", text);
	return p;
}

static void test_parse_refuses(void **state)
{
	static const char *const bad[] = { "",           "1",         "127.1",
					   "0x7f.0.0.1", "010.0.0.1", "1.2.3.4 ",
					   "1.2.3.256",  ":::",       "fe80::1%eth0",
					   "1.2.3.4.5" };
	static const char *const bad_prefixes[] = {
		"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/08", "fd00::1/64",
		"fd00::/129", "/8",          "10.0.0.0/8/8", "10.0.0.0/-1"
	};
	struct addr a;
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (addr_parse(bad[i], &a) != -EINVAL)
			fail_msg("%s", bad[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad_prefixes); i++) {
		if (prefix_parse(bad_prefixes[i], &p) != -EINVAL)
			fail_msg("%s", bad_prefixes[i]);
	}
}

static void test_round_trip(void **state)
{
	static const char *const texts[] = { "10.0.0.0/8",  "10.1.2.3",  "0.0.0.0/0",
					     "::/0",        "fd10::/64", "2001:db8::1",
					     "10.128.0.0/9" };
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		prefix_format(prefix_of(texts[i]), text);
		assert_string_equal(text, texts[i]);
	}
	addr_format((struct addr){ 0 }, text);
	assert_string_equal(text, "-");
}

static void test_contains(void **state)
{
	(void)state;
	assert_true(prefix_contains(prefix_of("10.128.0.0/9"), addr_of("10.200.0.1")));
	assert_false(
		prefix_contains(prefix_of("10.128.0.0/9"), addr_of("10.127.255.255")));
	assert_true(prefix_contains(prefix_of("0.0.0.0/0"), addr_of("1.2.3.4")));
	assert_false(prefix_contains(prefix_of("0.0.0.0/0"), addr_of("::1")));
	assert_true(prefix_contains(prefix_of("fd10::/64"), addr_of("fd10::ffff")));
	assert_false(prefix_contains(prefix_of("fd10::/64"), addr_of("fd10:0:0:1::")));
	assert_true(prefix_overlaps(prefix_of("10.0.0.0/8"), prefix_of("10.1.0.0/16")));
	assert_true(prefix_overlaps(prefix_of("10.1.0.0/16"), prefix_of("10.0.0.0/8")));
	assert_false(prefix_overlaps(prefix_of("10.0.0.0/16"), prefix_of("10.1.0.0/16")));
	assert_false(prefix_overlaps(prefix_of("0.0.0.0/0"), prefix_of("::/0")));
}

static void test_unmap(void **state)
{
	(void)state;
	assert_true(
		addr_equal(addr_unmap(addr_of("::ffff:10.0.0.1")), addr_of("10.0.0.1")));
	assert_true(addr_equal(addr_unmap(addr_of("::fffe:10.0.0.1")),
			       addr_of("::fffe:10.0.0.1")));
}

static void test_sockaddr(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::7" };
	struct sockaddr_storage ss;
	uint16_t port = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct addr a = addr_of(texts[i]);

		assert_true(addr_to_sockaddr(a, 443, &ss) > 0);
		assert_true(
			addr_equal(addr_from_sockaddr((struct sockaddr *)&ss, &port), a));
		assert_int_equal(port, 443);
	}
	ss.ss_family = AF_UNIX;
	assert_int_equal(addr_from_sockaddr((struct sockaddr *)&ss, &port).family, 0);
}

static void test_mac_as_written(void **state)
{
	static const char *const good[] = {
		"02:ab:cd:00:00:01",    "02-AB-CD-00-00-01",
		"02AB.CD00.0001",       "02abcd000001",
		"02abcd-000001",        "02ab-cd00-0001",
		" 02 ab cd 00 00 01\t", "０２：ＡＢ：ｃｄ：００：００：０１",
		"02−ab−cd−00−00−01",    "　02.ab.cd.00.00.01　",
	};
	static const char *const bad[] = {
		"",
		" ",
		"02:ab:cd:00:00",
		"02:ab:cd:00:00:01:02",
		"02:ab-cd:00:00:01",
		"2:ab:cd:0:0:1",
		"02ab:cd000001",
		"02abcd00000g",
		"02abcd0000011",
		"02:ab:cd:00:00:01 x",
		"02::ab:cd:00:00:01",
		"02:ab:cd:00:00:0\xef\xbc",
		"02:ab:cd:00:00:0\xc2\xb9",
		"0x02abcd000001",
		"02/ab/cd/00/00/01",
	};
	struct mac want, m;

	(void)state;
	assert_int_equal(mac_parse("02:ab:cd:00:00:01", &want), 0);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		m = (struct mac){ 0 };
		assert_int_equal(mac_read(good[i], &m), 0);
		assert_true(mac_equal(m, want));
	}
	m = (struct mac){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(mac_read(bad[i], &m), -EINVAL);
	assert_true(mac_is_zero(m));
	assert_true(mac_is_local(want));
	want.b[0] = 0x00;
	assert_false(mac_is_local(want));
}

static void test_mac(void **state)
{
	static const char *const bad[] = { "",
					   "02:00:00:00:00",
					   "02:00:00:00:00:0",
					   "02:00:00:00:00:0g",
					   "02.00.00.00.00.01",
					   "02:00:00:00:00:01:",
					   "020000000001" };
	char text[MAC_TEXT_MAX];
	struct mac m = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(mac_parse(bad[i], &m), -EINVAL);
	assert_true(mac_is_zero(m));
	assert_int_equal(mac_parse("02-AB-cd:00:00:01", &m), 0);
	mac_format(m, text);
	assert_string_equal(text, "02:ab:cd:00:00:01");
	assert_true(mac_is_unicast(m));
	assert_false(mac_is_unicast((struct mac){ { 1, 0, 0, 0, 0, 1 } }));
	assert_false(mac_is_unicast((struct mac){ { 0 } }));
}

/* What stands for a card is one that no maker gave, and another for another address. */
static void test_mac_of_addr(void **state)
{
	static const char *const rows[][2] = {
		{ "10.40.0.5", "02:04:0a:28:00:05" },
		{ "10.40.0.6", "02:04:0a:28:00:06" },
		{ "fd40::5", "" },
		{ "fd40::6", "" },
	};
	struct mac last = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[MAC_TEXT_MAX];
		struct addr a;
		struct mac m;

		assert_int_equal(addr_parse(rows[i][0], &a), 0);
		m = mac_of_addr(a);
		mac_format(m, text);
		if (rows[i][1][0] != '\0')
			assert_string_equal(text, rows[i][1]);
		assert_true(mac_is_unicast(m) && mac_is_local(m));
		assert_false(mac_equal(m, last));
		last = m;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_sockaddr),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_mac_of_addr),
		cmocka_unit_test(test_mac_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
