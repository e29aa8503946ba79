/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/serverhello.h"

#define RANDOM_AT 6
#define NEEDED    38 /* bytes of the message that tell */

struct text {
	uint8_t data[600];
	size_t len;
};

static void put(struct text *t, const void *data, size_t len)
{
	assert_true(t->len + len <= sizeof(t->data));
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

/* The message that asks for another hello, with its session and extensions. */
static void build(uint8_t message[60])
{
	static const char text[] = "HelloRetryRequest";

	memset(message, 0, 60);
	memcpy(message, "\x02\x00\x00\x38\x03\x03", RANDOM_AT);
	(void)crypto_hash_sha256(message + RANDOM_AT, (const uint8_t *)text,
				 sizeof(text) - 1);
}

static void put_records(struct text *t, const uint8_t *message, size_t len, size_t size)
{
	for (size_t at = 0; at < len; at += size) {
		size_t n = len - at < size ? len - at : size;
		uint8_t head[5] = { 22, 3, 3, 0, (uint8_t)n };

		put(t, head, sizeof(head));
		put(t, message + at, n);
	}
}

/* In pieces of that many bytes; ret_at: how many it took to tell. */
static enum serverhello_kind read_pieces(const struct text *t, size_t piece,
					 size_t *ret_at)
{
	struct serverhello s = { 0 };
	enum serverhello_kind kind = SERVERHELLO_PART;
	size_t at = 0;

	while (at < t->len && kind == SERVERHELLO_PART) {
		size_t n = t->len - at < piece ? t->len - at : piece;

		kind = serverhello_read(&s, t->data + at, n);
		at += n;
	}
	*ret_at = at;
	return kind;
}

static void test_retry(void **state)
{
	uint8_t message[60];

	(void)state;
	build(message);
	for (size_t size = 1; size <= sizeof(message); size++) {
		struct text t = { .len = 0 };
		size_t at, records = (NEEDED + size - 1) / size;

		put_records(&t, message, sizeof(message), size);
		assert_int_equal(read_pieces(&t, sizeof(t.data), &at), SERVERHELLO_RETRY);
		assert_int_equal(read_pieces(&t, 7, &at), SERVERHELLO_RETRY);
		assert_int_equal(read_pieces(&t, 1, &at), SERVERHELLO_RETRY);
		assert_int_equal(at, records * 5 + NEEDED);
		t.len = at - 1;
		assert_int_equal(read_pieces(&t, 1, &at), SERVERHELLO_PART);
	}
}

/* Each byte that has to be so, but for the lengths and the minor versions. */
static void test_others(void **state)
{
	struct text t = { .len = 0 };
	uint8_t message[60];

	(void)state;
	build(message);
	put_records(&t, message, sizeof(message), sizeof(message));
	for (size_t i = 0; i < 5 + NEEDED; i++) {
		struct text bad = t;
		size_t at;
		bool free_byte = i == 2 || i == 4 || (i >= 6 && i <= 8) || i == 10;

		bad.data[i] ^= 0x40;
		assert_int_equal(read_pieces(&bad, 3, &at),
				 free_byte ? SERVERHELLO_RETRY : SERVERHELLO_OTHER);
	}
}

static void test_records(void **state)
{
	static const char *const bad[] = { "HTTP/1.1 200 OK\r\n", "\x17\x03\x03\x00\x10",
					   "\x16\x03\x03\x41\x01" };
	struct text t = { .len = 0 };
	uint8_t message[60];
	size_t at;

	(void)state;
	build(message);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct text one = { .len = 0 };

		put(&one, bad[i], i == 0 ? strlen(bad[i]) : 5);
		assert_int_equal(read_pieces(&one, 1, &at), SERVERHELLO_OTHER);
	}
	put(&t, "\x16\x03\x03\x00\x00", 5); /* empty */
	assert_int_equal(read_pieces(&t, 9, &at), SERVERHELLO_OTHER);
	/* a warning in front of it, and between its parts */
	t.len = 0;
	put(&t, "\x15\x03\x03\x00\x02\x01\x70", 7);
	put_records(&t, message, 20, 20);
	put(&t, "\x14\x03\x03\x00\x01\x01", 6);
	put_records(&t, message + 20, 40, 40);
	assert_int_equal(read_pieces(&t, 4, &at), SERVERHELLO_RETRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
