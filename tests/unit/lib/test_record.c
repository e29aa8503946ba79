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

/* What record_encode_end() has to come to. */
static size_t encode_by_hand(struct record r, const struct record_end *end, uint8_t *dst)
{
	r.time_us = end->time_us;
	r.kind = end->kind;
	r.reason = end->reason;
	r.bytes_up = end->bytes_up;
	r.bytes_down = end->bytes_down;
	r.duration_ms = end->duration_ms;
	if (end->dst.family != 0)
		r.dst = end->dst;
	if (end->detail != NULL)
		record_set_str(r.detail, sizeof(r.detail), end->detail);
	return record_encode(&r, dst);
}

static void check_end(const struct record *open, const struct record_end *end)
{
	uint8_t data[RECORD_ENCODED_MAX], want[RECORD_ENCODED_MAX],
		got[RECORD_ENCODED_MAX];
	size_t len = record_encode(open, data), got_len = 0;
	size_t want_len = encode_by_hand(*open, end, want);

	assert_int_equal(record_encode_end(data, len, end, got, &got_len), 0);
	assert_int_equal(got_len, want_len);
	assert_memory_equal(got, want, want_len);
}

static void test_end(void **state)
{
	static const struct addr v4 = { .family = 4, .bytes = { 45, 113, 8, 1 } };
	struct record_end end = { .time_us = 1790000000999999,
				  .kind = RECORD_PROXY_CLOSE,
				  .reason = REASON_CLOSED,
				  .duration_ms = 77,
				  .bytes_up = 1u << 20,
				  .bytes_down = UINT64_MAX - 1 };
	struct record open = full(), none = { 0 };

	(void)state;
	check_end(&open, &end);
	check_end(&none, &end);
	end.dst = v4;
	end.detail = "TLS 1.3";
	check_end(&open, &end);
	check_end(&none, &end);
	end.dst.family = 6;
	end.detail = "line\nfeed, \xff and \xe6\x97\xa5";
	check_end(&none, &end);
}

/* Cut anywhere, with bytes behind, or with a string that is too long: no record of ours. */
static void test_end_of_no_record(void **state)
{
	uint8_t data[RECORD_ENCODED_MAX + 1] = { 0 }, got[RECORD_ENCODED_MAX];
	struct record open = full(), decoded;
	struct record_end end = { .kind = RECORD_PROXY_CLOSE };
	size_t len = record_encode(&open, data), got_len = 0;

	(void)state;
	for (size_t i = 0; i < len; i++)
		assert_int_equal(record_encode_end(data, i, &end, got, &got_len),
				 -EBADMSG);
	assert_int_equal(record_encode_end(data, len + 1, &end, got, &got_len), -EBADMSG);
	/* a changed length or address family may not be taken where decoding does not */
	for (size_t i = 0; i < len; i++) {
		data[i] ^= 0x21;
		if (record_encode_end(data, len, &end, got, &got_len) < 0)
			assert_int_equal(record_decode(data, len, &decoded), -EBADMSG);
		data[i] ^= 0x21;
	}
	assert_int_equal(got_len != 0, 1);
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

static void test_gap(void **state)
{
	struct record gap = record_gap(7, REASON_LIMIT, "no \x1b[0m");

	(void)state;
	assert_int_equal(gap.kind, RECORD_GAP);
	assert_int_equal(gap.reason, REASON_LIMIT);
	assert_int_equal(gap.count, 7);
	assert_int_not_equal(gap.time_us, 0);
	assert_string_equal(gap.detail, "no ?[0m");
	assert_int_equal(record_gap(UINT64_MAX, REASON_NONE, "").count, UINT32_MAX);
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
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_end_of_no_record),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_decode_refuses_unprintable),
		cmocka_unit_test(test_set_str),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
