/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/carry.h"

#define LEFT_MS 5000

static uint8_t ticket[RECORD_ENCODED_MAX];

/* A tunnel as it leaves. */
static struct carry_tunnel sample(uint64_t conn)
{
	struct record open = { .kind = RECORD_PROXY_OPEN,
			       .conn = conn,
			       .src_port = 4711 };

	record_set_str(open.host, sizeof(open.host), "a.example");
	return (struct carry_tunnel){
		.client = 11,
		.origin = 12,
		.sent = 13,
		.opened_ms = 2000,
		.active_ms = 3000,
		.born_ms = 1000,
		.meant_port = 443,
		.tls_version = 0x0304,
		.tls_ech = true,
		.up = { .bytes = 100, .ended = true, .done = true },
		.down = { .bytes = 200,
			  .pending = (const uint8_t *)"waits",
			  .pending_len = 5 },
		.ticket = ticket,
		.ticket_len = (uint16_t)record_encode(&open, ticket),
		.path = (const uint8_t *)"/socket",
		.path_len = 7,
	};
}

/* From exact-size memory, so that a read past the end is seen. */
static int open_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	struct carry c;
	int r;

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = carry_open(copy, len, &c);
	free(copy);
	return r;
}

static size_t write_one(uint8_t *data, size_t max, uint32_t count,
			const struct carry_tunnel *t)
{
	struct wr w = wr_of(data, max);

	carry_put_head(&w, count, LEFT_MS);
	if (t != NULL)
		carry_put(&w, t);
	assert_false(wr_failed(&w));
	return w.len;
}

static void test_there_and_back(void **state)
{
	static uint8_t data[8192];
	struct carry_tunnel t = sample(77), got;
	struct wr w = wr_of(data, sizeof(data));
	struct record open;
	struct carry c;

	(void)state;
	carry_put_head(&w, 2, LEFT_MS);
	carry_put(&w, &t);
	assert_int_equal(w.len, CARRY_HEAD_LEN + carry_size(&t));
	carry_put(&w, &t);
	assert_int_equal(carry_open(data, w.len, &c), 0);
	assert_int_equal(c.left_ms, LEFT_MS);
	for (int i = 0; i < 2; i++) {
		assert_true(carry_next(&c, &got, &open));
		assert_int_equal(got.client, 11);
		assert_int_equal(got.origin, 12);
		assert_int_equal(got.sent, 13);
		assert_int_equal(got.opened_ms, 2000);
		assert_int_equal(got.active_ms, 3000);
		assert_int_equal(got.born_ms, 1000);
		assert_int_equal(got.meant_port, 443);
		assert_int_equal(got.tls_version, 0x0304);
		assert_true(got.tls_ech && !got.alarmed);
		assert_true(got.up.ended && got.up.done);
		assert_false(got.down.ended || got.down.done);
		assert_int_equal(got.up.bytes, 100);
		assert_int_equal(got.down.bytes, 200);
		assert_int_equal(got.down.pending_len, 5);
		assert_memory_equal(got.down.pending, "waits", 5);
		assert_memory_equal(got.path, "/socket", 7);
		assert_int_equal(open.conn, 77);
		assert_string_equal(open.host, "a.example");
	}
	assert_false(carry_next(&c, &got, &open));
}

static void test_truncated(void **state)
{
	static uint8_t data[8192];
	struct carry_tunnel t = sample(77);
	size_t len = write_one(data, sizeof(data), 1, &t);

	(void)state;
	assert_int_equal(open_copy(data, len), 0);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(open_copy(data, n), -EBADMSG);
	assert_int_equal(open_copy(data, len + 1), -EBADMSG);
}

/* Whatever one byte becomes: refused, or read without harm. */
static void test_damaged(void **state)
{
	static uint8_t data[8192];
	struct carry_tunnel t = sample(77);
	size_t len = write_one(data, sizeof(data), 1, &t);

	(void)state;
	for (size_t at = 0; at < len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			int r;

			data[at] ^= (uint8_t)(1u << bit);
			r = open_copy(data, len);
			assert_true(r == 0 || r == -EBADMSG);
			if (at < 12) /* what it is, and how many */
				assert_int_equal(r, -EBADMSG);
			data[at] ^= (uint8_t)(1u << bit);
		}
	}
}

static void refuse(const struct carry_tunnel *t)
{
	static uint8_t data[3 * CARRY_PENDING_MAX];

	/* also when it is one more than there should be */
	for (uint32_t count = 0; count < 2; count++) {
		size_t len = write_one(data, sizeof(data), count, t);

		assert_int_equal(open_copy(data, len), -EBADMSG);
	}
}

static void test_unsound(void **state)
{
	static uint8_t many[CARRY_PENDING_MAX + 1];
	struct record rec = { .kind = RECORD_PROXY_CLOSE, .conn = 5 };
	struct carry_tunnel t;

	(void)state;
	t = sample(0); /* no number */
	refuse(&t);
	t = sample(5);
	t.ticket_len = (uint16_t)record_encode(&rec, ticket);
	refuse(&t);
	t = sample(5);
	t.ticket_len--;
	refuse(&t);
	t = sample(5);
	t.opened_ms = t.born_ms - 1;
	refuse(&t);
	t = sample(5);
	t.active_ms = LEFT_MS + 1;
	refuse(&t);
	t = sample(5);
	t.born_ms = -1;
	refuse(&t);
	t = sample(5);
	t.up.ended = false; /* and yet done */
	refuse(&t);
	t = sample(5);
	t.down.ended = t.down.done = true; /* and yet something waits */
	refuse(&t);
	t = sample(5);
	t.up.bytes = UINT64_MAX;
	refuse(&t);
	t = sample(5);
	t.sent = UINT64_MAX;
	refuse(&t);
	t = sample(5);
	t.path = (const uint8_t *)"/so\0ket";
	refuse(&t);
	t = sample(5);
	t.down.bytes = sizeof(many);
	t.down.pending = many;
	t.down.pending_len = sizeof(many);
	refuse(&t);
	t.down.pending_len--;
	{
		static uint8_t data[2 * CARRY_PENDING_MAX];
		size_t len = write_one(data, sizeof(data), 1, &t);

		assert_int_equal(open_copy(data, len), 0);
	}
}

static void test_counts(void **state)
{
	static uint8_t data[8192];
	struct carry_tunnel t = sample(5), got;
	struct record open;
	struct carry c;
	size_t len = write_one(data, sizeof(data), 0, NULL);

	(void)state;
	assert_int_equal(carry_open(data, len, &c), 0);
	assert_false(carry_next(&c, &got, &open));
	len = write_one(data, sizeof(data), 1, NULL);
	assert_int_equal(open_copy(data, len), -EBADMSG);
	len = write_one(data, sizeof(data), 2, &t);
	assert_int_equal(open_copy(data, len), -EBADMSG);
	len = write_one(data, sizeof(data), 0, &t);
	assert_int_equal(open_copy(data, len), -EBADMSG);
	len = write_one(data, sizeof(data), CARRY_TUNNELS_MAX + 1, &t);
	assert_int_equal(open_copy(data, len), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),        cmocka_unit_test(test_unsound),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
