/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/rd.h"
#include "lib/wr.h"

static size_t sample(uint8_t *dst, size_t max)
{
	struct wr w = wr_of(dst, max);

	wr_u8(&w, 0x01);
	wr_be16(&w, 0x0203);
	wr_be32(&w, 0x04050607);
	wr_be64(&w, 0x08090a0b0c0d0e0full);
	wr_str(&w, "関所");
	return wr_failed(&w) ? 0 : w.len;
}

static int read_sample(const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	char text[8];
	uint8_t a = rd_u8(&r);
	uint16_t b = rd_be16(&r);
	uint32_t c = rd_be32(&r);
	uint64_t d = rd_be64(&r);

	rd_str(&r, text, sizeof(text));
	if (rd_failed(&r))
		return -1;
	assert_int_equal(a, 1);
	assert_int_equal(b, 0x0203);
	assert_int_equal(c, 0x04050607);
	assert_true(d == 0x08090a0b0c0d0e0full);
	assert_string_equal(text, "関所");
	return (int)r.left;
}

static void test_round_trip_and_truncation(void **state)
{
	uint8_t data[64];
	size_t len = sample(data, sizeof(data));

	(void)state;
	assert_int_equal(len, 1 + 2 + 4 + 8 + 2 + 6);
	assert_int_equal(read_sample(data, len), 0);
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut =
			malloc(n); /* exact, so that the sanitizer sees an overrun */

		memcpy(cut, data, n);
		assert_int_equal(read_sample(cut, n), -1);
		free(cut);
	}
}

static void test_writer_stops_at_its_end(void **state)
{
	uint8_t data[64];

	(void)state;
	for (size_t n = 0; n < 23; n++) {
		memset(data, 0xee, sizeof(data));
		assert_int_equal(sample(data, n), 0);
		assert_int_equal(data[n], 0xee);
	}
}

static void test_str_refuses(void **state)
{
	static const uint8_t with_nul[] = { 0, 3, 'a', 0, 'b' };
	static const uint8_t too_long[] = { 0, 4, 'a', 'b', 'c', 'd' };
	struct rd r = rd_of(with_nul, sizeof(with_nul));
	char text[4];

	(void)state;
	rd_str(&r, text, sizeof(text));
	assert_true(rd_failed(&r));
	r = rd_of(too_long, sizeof(too_long));
	rd_str(&r, text, sizeof(text));
	assert_true(rd_failed(&r));
}

static void test_the_error_sticks(void **state)
{
	static const uint8_t data[] = { 1, 2, 3 };
	struct rd r = rd_of(data, sizeof(data)), sub;
	uint8_t b[2] = { 9, 9 };

	(void)state;
	assert_int_equal(rd_be32(&r), 0);
	assert_true(rd_failed(&r));
	assert_int_equal(rd_u8(&r), 0);
	rd_bytes(&r, b, sizeof(b));
	assert_int_equal(b[0], 0);
	sub = rd_sub(&r, 1);
	assert_true(rd_failed(&sub));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_and_truncation),
		cmocka_unit_test(test_writer_stops_at_its_end),
		cmocka_unit_test(test_str_refuses),
		cmocka_unit_test(test_the_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
