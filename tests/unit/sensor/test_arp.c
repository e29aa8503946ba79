/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/arp.h"
#include "tests/unit/sensor/seed.h"

static const struct mac sender = { { 2, 0, 0, 0, 0, 0x11 } };

static void test_request(void **state)
{
	struct seed s = seed_load("arp/request");
	char text[ADDR_TEXT_MAX];
	struct arp a;

	(void)state;
	assert_int_equal(arp_parse(rd_of(s.data, s.len), &a), 0);
	assert_int_equal(a.operation, ARP_REQUEST);
	assert_true(mac_equal(a.sender_mac, sender));
	addr_format(a.sender, text);
	assert_string_equal(text, "192.0.2.11");
	addr_format(a.target, text);
	assert_string_equal(text, "192.0.2.1");
}

static void test_reply_with_padding(void **state)
{
	struct seed s = seed_load("arp/reply");
	struct arp a;

	(void)state;
	s.len += 18;
	assert_int_equal(arp_parse(rd_of(s.data, s.len), &a), 0);
	assert_int_equal(a.operation, ARP_REPLY);
}

static void test_truncation(void **state)
{
	struct seed s = seed_load("arp/request");
	struct arp a;

	(void)state;
	for (size_t len = 0; len < s.len; len++) {
		uint8_t *p = seed_cut(&s, len);

		assert_int_equal(arp_parse(rd_of(p, len), &a), -EBADMSG);
		free(p);
	}
}

/* Hardware, protocol, both lengths and the operation are each looked at. */
static void test_foreign(void **state)
{
	static const size_t offsets[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct arp a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct seed s = seed_load("arp/request");

		s.data[offsets[i]] ^= 0x40;
		assert_int_equal(arp_parse(rd_of(s.data, s.len), &a), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_reply_with_padding),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
