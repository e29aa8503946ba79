/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/gated/events/netlink.h"

/* length (native order, as in the header), type, flags, sequence, port */
static void put_message(uint8_t *dst, uint32_t len, uint16_t type)
{
	memset(dst, 0, 16);
	memcpy(dst, &len, sizeof(len));
	memcpy(dst + 4, &type, sizeof(type));
}

static void test_several(void **state)
{
	uint8_t buf[16 + 24 + 17] = { 0 };
	struct rd rest = rd_of(buf, sizeof(buf));
	struct netlink_msg m;

	(void)state;
	put_message(buf, 16, 1);
	put_message(buf + 16, 21, 2); /* and three bytes of padding */
	put_message(buf + 40, 17, 3); /* the last one comes without padding */
	assert_int_equal(netlink_next(&rest, &m), 1);
	assert_int_equal(m.type, 1);
	assert_ptr_equal(m.data, buf);
	assert_int_equal(netlink_next(&rest, &m), 1);
	assert_int_equal(m.type, 2);
	assert_int_equal(m.len, 21);
	assert_int_equal(netlink_next(&rest, &m), 1);
	assert_int_equal(m.type, 3);
	assert_int_equal(netlink_next(&rest, &m), 0);
}

static void test_bad_lengths(void **state)
{
	static const uint32_t lengths[] = { 0, 15, 17, UINT32_MAX, UINT32_MAX - 3 };
	uint8_t buf[16] = { 0 };
	struct netlink_msg m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct rd rest = rd_of(buf, sizeof(buf));

		put_message(buf, lengths[i], 1);
		assert_int_equal(netlink_next(&rest, &m), -EBADMSG);
	}
	put_message(buf, 16, 1);
	for (size_t len = 1; len < sizeof(buf); len++) {
		struct rd rest = rd_of(buf, len);

		assert_int_equal(netlink_next(&rest, &m), -EBADMSG);
	}
}

static void test_attributes(void **state)
{
	static const uint16_t good[] = { 6, 0x8000 | 3, 0xffff, 4, 5 };
	static const uint16_t bad[] = { 0, 3, 9, 0xffff };
	uint8_t buf[8] = { 0 };
	struct rd attrs, value;
	uint16_t type;

	(void)state;
	memcpy(buf, good, 4);
	attrs = rd_of(buf, sizeof(buf));
	assert_int_equal(netlink_attr_next(&attrs, &type, &value), 1);
	assert_int_equal(type, 3); /* without the nested bit */
	assert_int_equal(value.left, 2);
	assert_int_equal(netlink_attr_next(&attrs, &type, &value), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memcpy(buf, &bad[i], 2);
		attrs = rd_of(buf, sizeof(buf));
		assert_int_equal(netlink_attr_next(&attrs, &type, &value), -EBADMSG);
	}
	memcpy(buf, good + 3, 4); /* an empty one */
	attrs = rd_of(buf, 4);
	assert_int_equal(netlink_attr_next(&attrs, &type, &value), 1);
	assert_int_equal(value.left, 0);
	attrs = rd_of(buf, 3);
	assert_int_equal(netlink_attr_next(&attrs, &type, &value), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_bad_lengths),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
