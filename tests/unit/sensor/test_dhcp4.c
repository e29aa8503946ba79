/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/dhcp4.h"
#include "tests/unit/sensor/seed.h"

#define FIXED_LEN 240 /* with the cookie */

static const struct mac client = { { 2, 0, 0, 0, 0, 0x11 } };

static void test_discover(void **state)
{
	struct seed s = seed_load("dhcp4/discover");
	char text[ADDR_TEXT_MAX];
	struct dhcp4 d;

	(void)state;
	assert_int_equal(dhcp4_parse(rd_of(s.data, s.len), &d), 0);
	assert_int_equal(d.direction, DHCP4_FROM_CLIENT);
	assert_int_equal(d.message, 1);
	assert_true(mac_equal(d.client_mac, client));
	assert_int_equal(d.client.family, 0);
	addr_format(d.requested, text);
	assert_string_equal(text, "192.0.2.77");
	assert_string_equal(d.name, "jimu-pc-3");
}

static void test_answer(void **state)
{
	struct seed s = seed_load("dhcp4/ack");
	char text[ADDR_TEXT_MAX];
	struct dhcp4 d;

	(void)state;
	assert_int_equal(dhcp4_parse(rd_of(s.data, s.len), &d), 0);
	assert_int_equal(d.direction, DHCP4_FROM_SERVER);
	assert_int_equal(d.message, 5);
	addr_format(d.assigned, text);
	assert_string_equal(text, "192.0.2.11");
}

/* The fixed part must be whole; options count as far as they are. */
static void test_truncation(void **state)
{
	struct seed s = seed_load("dhcp4/discover");

	(void)state;
	for (size_t len = 0; len <= s.len; len++) {
		uint8_t *p = seed_cut(&s, len);
		struct dhcp4 d;
		int r = dhcp4_parse(rd_of(p, len), &d);

		assert_int_equal(r, len < FIXED_LEN ? -EBADMSG : 0);
		if (r == 0) {
			assert_int_equal(d.message, len >= FIXED_LEN + 3 ? 1 : 0);
			assert_true(d.name[0] == '\0' ||
				    strcmp(d.name, "jimu-pc-3") == 0);
		}
		free(p);
	}
}

/* Put options behind the fixed part of a real message. */
static struct dhcp4 with_options(const void *options, size_t len)
{
	struct seed s = seed_load("dhcp4/discover");
	struct dhcp4 d;

	memcpy(s.data + FIXED_LEN, options, len);
	assert_int_equal(dhcp4_parse(rd_of(s.data, FIXED_LEN + len), &d), 0);
	return d;
}

static void test_options(void **state)
{
	uint8_t longest[2 + 255] = { 12, 255 };
	struct dhcp4 d;

	(void)state;
	d = with_options("\x00\x00\x0c\x02pc\x00", 7);
	assert_string_equal(d.name, "pc");
	d = with_options("\xff\x00\x0c\x02pc", 6);
	assert_string_equal(d.name, "");
	d = with_options("\x0c\x00", 2);
	assert_string_equal(d.name, "");
	d = with_options("\x32\x05\x01\x02\x03\x04\x05\x35\x02\x01\x01",
			 11); /* lengths */
	assert_int_equal(d.requested.family, 0);
	assert_int_equal(d.message, 0);
	memset(longest + 2, 'x', 255);
	d = with_options(longest, sizeof(longest));
	assert_int_equal(strlen(d.name), DHCP4_NAME_MAX - 1);
}

static void test_foreign(void **state)
{
	static const size_t offsets[] = { 0, 1, 2, 236, 239 };
	struct dhcp4 d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct seed s = seed_load("dhcp4/discover");

		s.data[offsets[i]] ^= 0x40;
		assert_int_equal(dhcp4_parse(rd_of(s.data, s.len), &d), -EBADMSG);
	}
}

/* Options behind a flood of padding count; one that is longer than what is left does not. */
static void test_odd(void **state)
{
	struct seed s = seed_load("dhcp4/pad-flood");
	struct dhcp4 d;

	(void)state;
	assert_int_equal(dhcp4_parse(rd_of(s.data, s.len), &d), 0);
	assert_string_equal(d.name, "abc");
	s = seed_load("dhcp4/truncated-option");
	assert_int_equal(dhcp4_parse(rd_of(s.data, s.len), &d), 0);
	assert_int_equal(d.message, 1);
	assert_string_equal(d.name, "");
}

/* However many codes and however long a class: it fits, and is plain text. */
static void test_fingerprint(void **state)
{
	uint8_t codes[255], vendor[255];
	char text[FINGERPRINT_MAX];

	(void)state;
	memset(codes, 250, sizeof(codes));
	memset(vendor, 0x1b, sizeof(vendor));
	fingerprint_set(text, rd_of(codes, sizeof(codes)), 1,
			rd_of(vendor, sizeof(vendor)));
	assert_int_equal(strlen(text), FINGERPRINT_MAX - 1);
	assert_null(strchr(text, 0x1b));
	fingerprint_set(text, (struct rd){ 0 }, 1, (struct rd){ 0 });
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd),        cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_discover),   cmocka_unit_test(test_answer),
		cmocka_unit_test(test_truncation), cmocka_unit_test(test_options),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
