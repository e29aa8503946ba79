/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/dhcp6.h"
#include "tests/unit/sensor/seed.h"

static struct dhcp6 parse(const char *seed)
{
	struct seed s = seed_load(seed);
	struct dhcp6 d;

	assert_int_equal(dhcp6_parse(rd_of(s.data, s.len), &d), 0);
	return d;
}

static void test_client(void **state)
{
	static const uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, 0x11 };
	struct dhcp6 d = parse("dhcp6/solicit");

	(void)state;
	assert_int_equal(d.direction, DHCP6_FROM_CLIENT);
	assert_int_equal(d.message, 1);
	assert_int_equal(d.duid_len, sizeof(duid));
	assert_memory_equal(d.duid, duid, sizeof(duid));
	assert_string_equal(d.name, "jimu-pc-6");
	assert_string_equal(d.fingerprint, "17,23,24,39 MSFT 5.0");
}

static void test_server(void **state)
{
	struct dhcp6 d = parse("dhcp6/advertise");

	(void)state;
	assert_int_equal(d.direction, DHCP6_FROM_SERVER);
	assert_string_equal(d.fingerprint, "");
}

static void test_odd(void **state)
{
	struct dhcp6 d = parse("dhcp6/partial-name");

	(void)state;
	assert_string_equal(d.name, "abcd");
	d = parse("dhcp6/zero-options");
	assert_string_equal(d.name, "");
	d = parse("dhcp6/option-too-long");
	assert_int_equal(d.duid_len, 0);
}

static void test_refused(void **state)
{
	static const uint8_t relay[] = { 12, 0, 0, 0 }, none[] = { 0, 0, 0, 0 };
	struct dhcp6 d;

	(void)state;
	assert_int_equal(dhcp6_parse(rd_of(relay, sizeof(relay)), &d), -EBADMSG);
	assert_int_equal(dhcp6_parse(rd_of(none, sizeof(none)), &d), -EBADMSG);
}

static void test_truncation(void **state)
{
	struct seed s = seed_load("dhcp6/solicit");

	(void)state;
	for (size_t len = 0; len < s.len; len++) {
		uint8_t *p = seed_cut(&s, len);
		struct dhcp6 d;

		assert_int_equal(dhcp6_parse(rd_of(p, len), &d), len < 4 ? -EBADMSG : 0);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),     cmocka_unit_test(test_server),
		cmocka_unit_test(test_odd),        cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
