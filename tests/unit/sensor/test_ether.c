/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/ether.h"

static const uint8_t macs[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

struct row {
	const char *behind; /* the MACs */
	size_t len;
	int result;
	uint16_t vlan;
	uint16_t type;
	size_t payload;
};

static const struct row rows[] = {
	{ "\x08\x06pp", 4, 0, 0, 0x0806, 2 },
	{ "\x81\x00\x00\x0a\x08\x06p", 7, 0, 10, 0x0806, 1 },
	{ "\x81\x00\xe0\x00\x08\x06", 6, 0, 0, 0x0806, 0 }, /* priority only */
	{ "\x88\xa8\x00\x07\x81\x00\x00\x0a\x86\xdd", 10, 0, 7, 0x86dd, 0 },
	{ "\x81\x00\x00\x01\x81\x00\x00\x02\x81\x00\x00\x03\x08\x06", 14, -EBADMSG, 0, 0,
	  0 },
	{ "\x00\x26\x42\x42\x03", 5, -EBADMSG, 0, 0, 0 }, /* 802.3: spanning tree */
	{ "\x81\x00\x00\x0a\x08", 5, -EBADMSG, 0, 0, 0 },
	{ "\x08", 1, -EBADMSG, 0, 0, 0 },
	{ "", 0, -EBADMSG, 0, 0, 0 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t frame[64];
		struct ether e;

		memcpy(frame, macs, sizeof(macs));
		memcpy(frame + sizeof(macs), row->behind, row->len);
		assert_int_equal(ether_parse(rd_of(frame, sizeof(macs) + row->len), &e),
				 row->result);
		if (row->result < 0)
			continue;
		assert_int_equal(e.vlan, row->vlan);
		assert_int_equal(e.type, row->type);
		assert_int_equal(e.payload.left, row->payload);
		assert_memory_equal(e.dst.b, macs, 6);
		assert_memory_equal(e.src.b, macs + 6, 6);
	}
}

static void test_short(void **state)
{
	struct ether e;

	(void)state;
	for (size_t len = 0; len < sizeof(macs); len++)
		assert_int_equal(ether_parse(rd_of(macs, len), &e), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
