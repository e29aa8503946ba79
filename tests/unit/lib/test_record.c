/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/reason.h"
#include "lib/record.h"

static struct record full(void)
{
	struct record r = {
		.time_us = 1790000000123456,
		.kind = RECORD_PROXY_OPEN,
		.reason = REASON_ENTRY,
		.revision = 7,
		.conn = 0x1122334455667788ull,
		.src = { .family = 4, .bytes = { 10, 30, 0, 5 } },
		.dst = { .family = 6, .bytes = { 0x2a, 0x0e } },
		.src_port = 40000,
		.dst_port = 443,
		.proto = 6,
		.mac = { { 2, 0, 0, 0, 0, 1 } },
		.bytes_up = 1,
		.bytes_down = UINT64_MAX,
		.duration_ms = 5,
		.count = 3,
	};

	/* every string as long as it may be: the encoding must still fit */
	memset(r.zone, 'z', sizeof(r.zone) - 1);
	memset(r.device, 'd', sizeof(r.device) - 1);
	memset(r.user, 'u', sizeof(r.user) - 1);
	memset(r.rule, 'r', sizeof(r.rule) - 1);
	memset(r.host, 'h', sizeof(r.host) - 1);
	memset(r.method, 'm', sizeof(r.method) - 1);
	memset(r.detail, 't', sizeof(r.detail) - 1);
	return r;
}

static void test_round_trip(void **state)
{
	uint8_t data[RECORD_ENCODED_MAX], again[RECORD_ENCODED_MAX];
	struct record in = full(), out = { 0 };
	size_t len = record_encode(&in, data);

	(void)state;
	assert_int_equal(record_decode(data, len, &out), 0);
	assert_int_equal(record_encode(&out, again), len);
	assert_memory_equal(again, data, len);
	assert_string_equal(out.detail, in.detail);
	assert_true(out.bytes_down == UINT64_MAX);
	assert_true(addr_equal(out.dst, in.dst));
}

static void test_every_truncation(void **state)
{
	uint8_t data[RECORD_ENCODED_MAX];
	struct record in = full(), out;
	size_t len = record_encode(&in, data);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n);

		memcpy(cut, data, n);
		assert_int_equal(record_decode(cut, n, &out), -EBADMSG);
		free(cut);
	}
	data[len] = 0;
	assert_int_equal(record_decode(data, len + 1, &out), -EBADMSG);
}

static void test_decode_refuses_unprintable(void **state)
{
	uint8_t data[RECORD_ENCODED_MAX];
	struct record in = { .kind = RECORD_GAP, .detail = "a\x1b[0m" }, out;
	size_t len = record_encode(&in, data);

	(void)state;
	assert_int_equal(record_decode(data, len, &out), -EBADMSG);
}

static void test_set_str(void **state)
{
	char dst[8];

	(void)state;
	record_set_str(dst, sizeof(dst),
		       "a\nb\xff"
		       "c");
	assert_string_equal(dst, "a?b?c");
	record_set_str(dst, sizeof(dst), "関所関所");
	assert_string_equal(dst, "関所");
}

static void test_names(void **state)
{
	(void)state;
	for (uint16_t k = RECORD_FLOW_OPEN; k <= RECORD_PROXY_ALARM; k++)
		assert_int_equal(record_kind_of_name(record_kind_name(k)), k);
	assert_string_equal(record_kind_name(0), "unknown");
	assert_string_equal(record_kind_name(999), "unknown");
	assert_int_equal(record_kind_of_name("unknown"), -EINVAL);
	assert_string_equal(reason_name(REASON_EXPIRED), "expired");
	assert_string_equal(reason_name(reason_of(999)), "unknown");
	assert_string_not_equal(reason_text(REASON_EXPIRED, "ja"),
				reason_text(REASON_EXPIRED, "en"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_decode_refuses_unprintable),
		cmocka_unit_test(test_set_str),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
