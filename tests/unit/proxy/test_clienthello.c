/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attr.h"
#include "proxy/clienthello.h"

#define CORPUS SOURCE_DIR "/tests/fuzz/corpus/clienthello/"

struct bytes {
	uint8_t data[8 * CLIENTHELLO_MAX];
	size_t len;
};

static struct bytes hello, cut, ext;

static void put8(struct bytes *b, unsigned v)
{
	assert_true(b->len < sizeof(b->data));
	b->data[b->len++] = (uint8_t)v;
}

static void put16(struct bytes *b, size_t v)
{
	put8(b, v >> 8 & 0xff);
	put8(b, v & 0xff);
}

static void put(struct bytes *b, const void *data, size_t len)
{
	assert_true(len <= sizeof(b->data) - b->len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_extension(unsigned type, const void *data, size_t len)
{
	put16(&ext, type);
	put16(&ext, len);
	put(&ext, data, len);
}

static void put_sni(const char *name, size_t len)
{
	put16(&ext, 0);
	put16(&ext, len + 5);
	put16(&ext, len + 3);
	put8(&ext, 0);
	put16(&ext, len);
	put(&ext, name, len);
}

static void set_length(struct bytes *b, size_t at, size_t v)
{
	b->data[at] = (uint8_t)(v >> 8);
	b->data[at + 1] = (uint8_t)v;
}

/* A hello in one record around what is in ext, with parts of these lengths. */
static void build_with(size_t session, size_t suites, size_t compression, size_t behind)
{
	static const uint8_t filler[64] = { 0x1a, 0x1a, 0x13, 0x01 }; /* GREASE first */

	hello.len = 0;
	put(&hello, "\x16\x03\x01\0\0\x01\0\0\0\x03\x03", 11);
	put(&hello, filler, 32);
	put8(&hello, (unsigned)session);
	put(&hello, filler, session);
	put16(&hello, suites);
	put(&hello, filler, suites);
	put8(&hello, (unsigned)compression);
	put(&hello, filler + 8, compression);
	put16(&hello, ext.len);
	put(&hello, ext.data, ext.len);
	put(&hello, filler, behind);
	set_length(&hello, 3, hello.len - 5);
	set_length(&hello, 7, hello.len - 9);
}

static void build(void)
{
	build_with(4, 4, 1, 0);
}

/* From a buffer of exactly that size, so that a read past the end is seen. */
static int read_exactly(const uint8_t *data, size_t len, struct clienthello *ret_hello)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = clienthello_read(copy, len, ret_hello);
	free(copy);
	return r;
}

static int read_built(struct clienthello *ret_hello)
{
	build();
	ext.len = 0;
	return read_exactly(hello.data, hello.len, ret_hello);
}

/* The record in hello as records of step bytes, with as much left over as there was. */
static void fragment(size_t step)
{
	size_t record = (size_t)hello.data[3] << 8 | hello.data[4];

	cut.len = 0;
	for (size_t at = 0; at < record; at += step) {
		size_t part = record - at < step ? record - at : step;

		put(&cut, hello.data, 3);
		put16(&cut, part);
		put(&cut, hello.data + 5 + at, part);
	}
}

static void load(const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), CORPUS "%s", name);
	f = fopen(path, "rb");
	assert_non_null(f);
	hello.len = fread(hello.data, 1, sizeof(hello.data), f);
	(void)fclose(f);
	assert_true(hello.len > 5);
}

static const struct real {
	const char *file, *name;
	uint16_t version;
	bool ech;
} reals[] = {
	{ "openssl-tls13", "www.example.com", 0x0304, false },
	{ "openssl-tls12", "a.example", 0x0303, false },
	{ "openssl-nosni", "", 0x0304, false },
	{ "curl", "www.example.jp", 0x0304, false },
	{ "gnutls", "mail.example.org", 0x0304, false },
	{ "python", "xn--wgv71a119e.jp", 0x0304, false },
	{ "node", "node.example.net", 0x0304, false },
	{ "chromium", "www.example.com", 0x0304, true }, /* GREASE, also for ECH */
};

static void check_real(const struct real *row, const struct bytes *b, size_t len)
{
	struct clienthello h;

	if (read_exactly(b->data, len, &h) != 1 || strcmp(h.name, row->name) != 0 ||
	    h.version != row->version || h.ech != row->ech)
		fail_msg("%s, %zu bytes", row->file, len);
}

/* 0 for every piece until it is whole, and then the one answer. */
static void check_growing(const struct real *row, const struct bytes *b)
{
	struct clienthello h;

	for (size_t len = 0; len < b->len; len++) {
		if (read_exactly(b->data, len, &h) != 0)
			fail_msg("%s: %zu of %zu bytes", row->file, len, b->len);
	}
	check_real(row, b, b->len);
}

static void test_real(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reals); i++) {
		load(reals[i].file);
		check_growing(&reals[i], &hello);
		put(&hello, "\x17\x03\x03\0\0", 5);
		check_real(&reals[i], &hello, hello.len);
	}
}

static void test_fragmented(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 4, 5, 7, 37, 100, 255, 256, 1000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reals); i++) {
		for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
			load(reals[i].file);
			fragment(steps[k]);
			check_growing(&reals[i], &cut);
		}
	}
}

/* Every place for one cut in two. */
static void test_two_records(void **state)
{
	(void)state;
	load(reals[0].file);
	for (size_t at = 1; at < hello.len - 5; at++) {
		cut.len = 0;
		put(&cut, hello.data, 3);
		put16(&cut, at);
		put(&cut, hello.data + 5, at);
		put(&cut, hello.data, 3);
		put16(&cut, hello.len - 5 - at);
		put(&cut, hello.data + 5 + at, hello.len - 5 - at);
		check_real(&reals[0], &cut, cut.len);
	}
}

static void test_not_tls(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* so many bytes tell */
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 1 },
		{ "SSH-2.0-OpenSSH_9.2\r\n", 1 },
		{ "\x80\x2e\x01\x03\x01", 1 }, /* SSLv2 */
		{ "\x15\x03\x01\x00\x02\x01\x00", 1 }, /* an alert */
		{ "\x17\x03\x03\x00\x10", 1 }, /* application data */
		{ "\x16\xfe\xfd\x00\x00", 2 }, /* DTLS */
		{ "\x16\x02\x00", 2 },
	};
	struct clienthello h;

	(void)state;
	assert_int_equal(clienthello_read((const uint8_t *)"", 0, &h), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const uint8_t *p = (const uint8_t *)rows[i].text;

		assert_int_equal(read_exactly(p, rows[i].len - 1, &h), 0);
		assert_int_equal(read_exactly(p, rows[i].len, &h), -EPROTO);
		assert_int_equal(read_exactly(p, rows[i].len + 2, &h), -EPROTO);
	}
}

static int read_text(const char *text, size_t len)
{
	struct clienthello h;

	return read_exactly((const uint8_t *)text, len, &h);
}

static void test_records(void **state)
{
	(void)state;
	assert_int_equal(read_text("\x16\x03\x01\0\0", 5), -EBADMSG); /* empty */
	assert_int_equal(read_text("\x16\x03\x01\x40\x00", 5), 0);
	assert_int_equal(read_text("\x16\x03\x01\x40\x01", 5), -EBADMSG);
	assert_int_equal(read_text("\x16\x03\x01\0\x04\x02", 6),
			 -EBADMSG); /* ServerHello */
	assert_int_equal(read_text("\x16\x03\x01\0\x01\x01\x17", 7), -EBADMSG);
	assert_int_equal(read_text("\x16\x03\x01\0\x01\x01\x16\x02", 8), -EBADMSG);
	assert_int_equal(read_text("\x16\x03\x01\0\x01\x01\x16\x03\x01\0\0", 11),
			 -EBADMSG);
	assert_int_equal(read_text("\x16\x03\x01\0\x04\x01\0\0\0", 9),
			 -EBADMSG); /* no body */
	assert_int_equal(read_text("\x16\x03\x05\x01\0\x01", 6),
			 0); /* any minor number */
}

static void test_too_long(void **state)
{
	struct clienthello h;

	(void)state;
	/* said by the handshake header, whole or in pieces */
	assert_int_equal(read_text("\x16\x03\x01\x40\0\x01\0\x3f\xf8", 9), -EMSGSIZE);
	assert_int_equal(read_text("\x16\x03\x01\x3f\xfb\x01\0\x3f\xf7", 9), 0);
	assert_int_equal(
		read_text("\x16\x03\x01\0\x02\x01\x01\x16\x03\x01\0\x02\0\0", 14),
		-EMSGSIZE);
	/* by its record headers: 4,000 bytes, each in its own record */
	ext.len = 0;
	put16(&ext, 21); /* padding */
	put16(&ext, 4000);
	while (ext.len < 4004)
		put8(&ext, 0);
	assert_int_equal(read_built(&h), 1);
	fragment(1);
	assert_int_equal(read_exactly(cut.data, cut.len, &h), -EMSGSIZE);
	for (size_t len = 0; len < cut.len; len++) {
		int r = clienthello_read(cut.data, len, &h);

		assert_true(r == -EMSGSIZE || (r == 0 && len < CLIENTHELLO_MAX));
	}
	fragment(2);
	assert_int_equal(read_exactly(cut.data, cut.len, &h), 1);
}

/* The longest hello of one record, and one byte more. */
static void test_longest(void **state)
{
	static const uint8_t zero[CLIENTHELLO_MAX];
	struct clienthello h;

	(void)state;
	ext.len = 0;
	build();
	put_extension(21, zero, CLIENTHELLO_MAX - hello.len - 4);
	assert_int_equal(read_built(&h), 1);
	assert_int_equal(hello.len, CLIENTHELLO_MAX);
	fragment(10000); /* a second record header is too much */
	assert_int_equal(read_exactly(cut.data, cut.len, &h), -EMSGSIZE);
	build();
	put_extension(21, zero, CLIENTHELLO_MAX - hello.len - 3);
	assert_int_equal(read_built(&h), -EMSGSIZE);
	assert_int_equal(hello.len, CLIENTHELLO_MAX + 1);
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want; /* NULL: refused */
	} rows[] = {
		{ "a.example", 9, "a.example" },
		{ "A.ExAmple", 9, "a.example" },
		{ "localhost", 9, "localhost" },
		{ "xn--wgv71a119e.jp", 17, "xn--wgv71a119e.jp" },
		{ "a_b.example", 11, "a_b.example" },
		{ "", 0, NULL },
		{ ".", 1, NULL },
		{ "a.example.", 10, NULL },
		{ "a..example", 10, NULL },
		{ "a.example\0", 10, NULL },
		{ "a.example\0.b.example", 20, NULL },
		{ "\0a.example", 10, NULL },
		{ "192.0.2.1", 9, NULL },
		{ "2130706433", 10, NULL },
		{ "0x7f.1", 6, NULL },
		{ "2001:db8::1", 11, NULL },
		{ "[2001:db8::1]", 13, NULL },
		{ "a.example:443", 13, NULL },
		{ "*.example", 9, NULL },
		{ "a example", 9, NULL },
		{ "\xe6\x97\xa5\xe6\x9c\xac.jp", 9, NULL },
		{ "a%2eexample", 11, NULL },
	};
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_sni(rows[i].text, rows[i].len);
		if (rows[i].want == NULL) {
			if (read_built(&h) != -EBADMSG)
				fail_msg("row %zu", i);
			continue;
		}
		assert_int_equal(read_built(&h), 1);
		assert_string_equal(h.name, rows[i].want);
	}
}

static void test_name_length(void **state)
{
	char name[512];
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	put_sni(name, HOST_MAX);
	assert_int_equal(read_built(&h), 1);
	assert_int_equal(strlen(h.name), HOST_MAX);
	put_sni(name, HOST_MAX + 1);
	assert_int_equal(read_built(&h), -EBADMSG);
	put_sni(name, sizeof(name) - 1);
	assert_int_equal(read_built(&h), -EBADMSG);
}

static void test_sni_malformed(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "", 0 }, /* as only a server answers */
		{ "\0", 1 },
		{ "\0\0", 2 },
		{ "\0\x01\0", 3 },
		{ "\0\x03\0\0\0", 5 },
		{ "\0\x04\0\0\x02"
		  "a",
		  6 }, /* the name longer than the list */
		{ "\0\x05\0\0\x01"
		  "a",
		  6 }, /* the list longer than the extension */
		{ "\0\x03\0\0\x01"
		  "a",
		  6 }, /* and shorter */
		{ "\0\x04\0\0\x01"
		  "ab",
		  7 },
		{ "\0\x04\x01\0\x01"
		  "a",
		  6 }, /* another type of name */
		{ "\0\x08\0\0\x01"
		  "a\0\0\x01"
		  "b",
		  10 }, /* two names */
		{ "\0\x08\0\0\x01"
		  "a\x01\0\x01"
		  "b",
		  10 },
		{ "\0\x08\x01\0\x01"
		  "b\0\0\x01"
		  "a",
		  10 },
	};
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_extension(0, rows[i].text, rows[i].len);
		if (read_built(&h) != -EBADMSG)
			fail_msg("row %zu", i);
	}
}

static void test_repeated(void **state)
{
	static const unsigned types[] = { 10, 21, 43, 0x0a0a, 0xfe0d, 0xffff };
	struct clienthello h;

	(void)state;
	put_sni("a.example", 9);
	put_sni("a.example", 9);
	assert_int_equal(read_built(&h), -EBADMSG);
	put_sni("a.example", 9);
	put_extension(0xfafa, "", 0);
	put_sni("b.example", 9);
	assert_int_equal(read_built(&h), -EBADMSG);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		put_extension(types[i], "\x02\x03\x04", 3);
		assert_int_equal(read_built(&h), 1);
		put_extension(types[i], "\x02\x03\x04", 3);
		put_sni("a.example", 9);
		put_extension(types[i], "\x02\x03\x04", 3);
		assert_int_equal(read_built(&h), -EBADMSG);
	}
}

static void test_many_extensions(void **state)
{
	struct clienthello h;

	(void)state;
	for (unsigned i = 0; i < CLIENTHELLO_EXTENSIONS_MAX; i++)
		put_extension(1000 + i, "", 0);
	assert_int_equal(read_built(&h), 1);
	for (unsigned i = 0; i <= CLIENTHELLO_EXTENSIONS_MAX; i++)
		put_extension(1000 + i, "", 0);
	assert_int_equal(read_built(&h), -EMSGSIZE);
}

static void test_versions(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned want; /* 0: refused */
	} rows[] = {
		{ "\x02\x03\x04", 3, 0x0304 },
		{ "\x04\x03\x03\x03\x04", 5, 0x0304 },
		{ "\x06\xfa\xfa\x03\x04\x03\x03", 7, 0x0304 },
		{ "\x06\x03\x01\x0a\x0a\x03\x02", 7, 0x0302 },
		{ "\x04\x7f\x1c\x03\x03", 5, 0x0303 }, /* a draft */
		{ "\x02\xaa\xaa", 3, 0x0303 }, /* nothing but GREASE */
		{ "", 0, 0 },
		{ "\0", 1, 0 },
		{ "\x01\x03", 2, 0 },
		{ "\x02\x03", 2, 0 },
		{ "\x02\x03\x04\0", 4, 0 },
		{ "\x03\x03\x04\x03", 4, 0 },
	};
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_extension(43, rows[i].text, rows[i].len);
		assert_int_equal(read_built(&h), rows[i].want != 0 ? 1 : -EBADMSG);
		if (rows[i].want != 0)
			assert_int_equal(h.version, rows[i].want);
	}
	assert_int_equal(read_built(&h), 1); /* none: the legacy version */
	assert_int_equal(h.version, 0x0303);
}

static void test_ech(void **state)
{
	struct clienthello h;

	(void)state;
	put_sni("outer.example", 13);
	put_extension(0xfe0d, "\0\0\x01\0\x01\x2a", 6);
	assert_int_equal(read_built(&h), 1);
	assert_true(h.ech);
	assert_string_equal(h.name, "outer.example");
	put_extension(0xffce, "", 0);
	assert_int_equal(read_built(&h), 1);
	assert_true(h.ech);
	put_extension(0xfefe, "", 0);
	assert_int_equal(read_built(&h), 1);
	assert_false(h.ech);
}

/* Each part as long as it may be, and not. */
static void test_parts(void **state)
{
	static const struct {
		size_t session, suites, compression, behind;
		int want;
	} rows[] = {
		{ 0, 2, 1, 0, 1 },         { 32, 64, 2, 0, 1 },
		{ 33, 2, 1, 0, -EBADMSG }, { 0, 0, 1, 0, -EBADMSG },
		{ 0, 3, 1, 0, -EBADMSG },  { 0, 2, 0, 0, -EBADMSG },
		{ 0, 2, 1, 1, -EBADMSG }, /* a byte behind the extensions */
	};
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ext.len = 0;
		put_sni("a.example", 9);
		build_with(rows[i].session, rows[i].suites, rows[i].compression,
			   rows[i].behind);
		if (read_exactly(hello.data, hello.len, &h) != rows[i].want)
			fail_msg("row %zu", i);
	}
	ext.len = 0;
}

/* Every length field, one off either way. */
static void test_lengths(void **state)
{
	static const struct {
		size_t at; /* of the length's low byte */
		int by;
	} rows[] = {
		{ 8, -1 }, /* handshake, ends before its extensions do */
		{ 43, 1 }, { 43, -1 }, /* session id */
		{ 49, 1 }, { 49, -1 }, { 49, -4 }, /* suites: odd, none */
		{ 54, 1 }, { 54, -1 }, /* compression */
		{ 57, 1 }, { 57, -1 }, /* extensions */
	};
	struct clienthello h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_sni("a.example", 9);
		build();
		ext.len = 0;
		assert_int_equal(read_exactly(hello.data, hello.len, &h), 1);
		hello.data[rows[i].at] = (uint8_t)(hello.data[rows[i].at] + rows[i].by);
		if (read_exactly(hello.data, hello.len, &h) != -EBADMSG)
			fail_msg("row %zu", i);
	}
	build();
	hello.data[9] = 0x04; /* legacy version 4.x */
	assert_int_equal(read_exactly(hello.data, hello.len, &h), -EBADMSG);
}

static void test_without_extensions(void **state)
{
	struct clienthello h;

	(void)state;
	build();
	hello.len -= 2;
	set_length(&hello, 3, hello.len - 5);
	set_length(&hello, 7, hello.len - 9);
	assert_int_equal(read_exactly(hello.data, hello.len, &h), 1);
	assert_string_equal(h.name, "");
	assert_int_equal(h.version, 0x0303);
	put8(&hello, 0);
	set_length(&hello, 3, hello.len - 5);
	set_length(&hello, 7, hello.len - 9);
	assert_int_equal(read_exactly(hello.data, hello.len, &h), -EBADMSG);
}

/* A refusal writes nothing, and what follows in other records is not looked at. */
static void test_output(void **state)
{
	struct clienthello h = { .name = "untouched", .version = 7 };
	size_t whole;

	(void)state;
	put_sni("a.example", 9);
	put_sni("b.example", 9);
	assert_int_equal(read_built(&h), -EBADMSG);
	assert_string_equal(h.name, "untouched");
	assert_int_equal(h.version, 7);
	put_sni("a.example", 9);
	build();
	ext.len = 0;
	whole = hello.len;
	put(&hello, "\x16\x03\x03", 3);
	assert_int_equal(read_exactly(hello.data, hello.len, &h), 1);
	assert_string_equal(h.name, "a.example");
	assert_int_equal(h.length, whole);
	/* a second message in the same record is refused, as soon as it is announced */
	hello.len = whole;
	put(&hello, "\x01\x02", 2);
	set_length(&hello, 3, hello.len - 5);
	assert_int_equal(read_exactly(hello.data, hello.len - 2, &h), -EBADMSG);
	assert_int_equal(read_exactly(hello.data, hello.len, &h), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_fragmented),
		cmocka_unit_test(test_two_records),
		cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_sni_malformed),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_many_extensions),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_ech),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_without_extensions),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
