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
#include "proxy/target.h"

#define REFUSED(text) \
	{ \
		text, NULL, 0, 0, NULL \
	}

struct row {
	const char *text, *host; /* NULL: refused */
	uint16_t port;
	uint8_t family;
	const char *path;
};

static const struct row authorities[] = {
	{ "a.example:443", "a.example", 443, 0, "" },
	{ "A.Example.:443", "a.example", 443, 0, "" },
	{ "192.0.2.1:443", "192.0.2.1", 443, 4, "" },
	{ "[2001:DB8::1]:443", "2001:db8::1", 443, 6, "" },
	{ "[::ffff:10.9.9.9]:443", "10.9.9.9", 443, 4, "" },
	REFUSED("a.example"),
	REFUSED("a.example:"),
	REFUSED("a.example:0"),
	REFUSED("a.example:65536"),
	REFUSED("a.example:0443"),
	REFUSED("a.example:+443"),
	REFUSED("a.example:443x"),
	REFUSED("a.example:4 43"),
	REFUSED(":443"),
	REFUSED(""),
	REFUSED("a..example:443"),
	REFUSED("a.example..:443"),
	REFUSED("%61.example:443"),
	REFUSED("u@a.example:443"),
	REFUSED("u:p@a.example:443"),
	REFUSED("a.example:443/"),
	REFUSED("a.example\\:443"),
	REFUSED("a.example:443:443"),
	REFUSED("2001:db8::1:443"),
	REFUSED("[2001:db8::1]"),
	REFUSED("[2001:db8::1%eth0]:443"),
	REFUSED("[2001:db8::1%25eth0]:443"),
	REFUSED("[a.example]:443"),
	REFUSED("[192.0.2.1]:443"),
	REFUSED("[]:443"),
	REFUSED("[2001:db8::1:443"),
	REFUSED("2001:db8::1]:443"),
	REFUSED("127.1:443"),
	REFUSED("0x7f000001:443"),
	REFUSED("2130706433:443"),
	REFUSED("0177.0.0.1:443"),
	REFUSED("127.0.0.01:443"),
	REFUSED("http://a.example:443"),
	REFUSED("\xe6\x97\xa5.example:443"),
};

static const struct row absolutes[] = {
	{ "http://a.example", "a.example", 80, 0, "" },
	{ "HTTP://A.EXAMPLE/", "a.example", 80, 0, "/" },
	{ "http://a.example:8080/x?y=z", "a.example", 8080, 0, "/x?y=z" },
	{ "http://a.example?y", "a.example", 80, 0, "?y" },
	{ "http://a.example/u@b.example:443", "a.example", 80, 0, "/u@b.example:443" },
	{ "http://[2001:db8::1]/", "2001:db8::1", 80, 6, "/" },
	{ "http://192.0.2.1/", "192.0.2.1", 80, 4, "/" },
	{ "http://[::FFFF:a09:909]/", "10.9.9.9", 80, 4, "/" },
	REFUSED("http://::ffff:10.9.9.9/"),
	REFUSED("http://a.example/#f"),
	REFUSED("http://a.example#f"),
	REFUSED("http://a.example:/"),
	REFUSED("http:///x"),
	REFUSED("http://"),
	REFUSED("http:/a.example/"),
	REFUSED("https://a.example/"),
	REFUSED("ftp://a.example/"),
	REFUSED("//a.example/"),
	REFUSED("/path"),
	REFUSED("*"),
	REFUSED(""),
	REFUSED("a.example:443"),
	REFUSED("http://u:p@a.example/"),
	REFUSED("http://a.example\\@b.example/"),
	REFUSED("http://b.example@a.example/"),
	REFUSED("http://a%2eexample/"),
};

typedef int parser(struct http1_span text, struct target *ret_target);

static void check(const struct row *row, size_t count, parser *parse)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(row[i].text);
		char *copy = malloc(len + 1); /* exact: overreads are seen */
		struct target t = { .port = 7 };
		int r;

		assert_non_null(copy);
		copy = memcpy(realloc(copy, len != 0 ? len : 1), row[i].text, len);
		r = parse((struct http1_span){ copy, len }, &t);
		if (r != (row[i].host != NULL ? 0 : -EBADMSG))
			fail_msg("%s: %d", row[i].text, r);
		if (r == 0) {
			assert_string_equal(t.host, row[i].host);
			assert_int_equal(t.port, row[i].port);
			assert_int_equal(t.addr.family, row[i].family);
			assert_int_equal(t.path.len, strlen(row[i].path));
			assert_memory_equal(t.path.p, row[i].path, t.path.len);
		} else {
			assert_int_equal(t.port, 7); /* untouched */
		}
		free(copy);
	}
}

static void test_authority(void **state)
{
	(void)state;
	check(authorities, ARRAY_LEN(authorities), target_parse_authority);
}

static void test_absolute(void **state)
{
	(void)state;
	check(absolutes, ARRAY_LEN(absolutes), target_parse_absolute);
}

/* What a client sends that knows no proxy: a path, and the host beside it. */
static const struct {
	const char *target, *host_field;
	const char *host; /* NULL: refused */
	uint16_t port;
} origins[] = {
	{ "/", "a.example", "a.example", 80 },
	{ "/x?y=http://b.example/", "A.Example.:8080", "a.example", 8080 },
	{ "//b.example/", "a.example", "a.example", 80 },
	{ "/", "192.0.2.1", "192.0.2.1", 80 },
	{ "/", "[2001:db8::1]:81", "2001:db8::1", 81 },
	{ "/", "", NULL, 0 },
	{ "/", NULL, NULL, 0 },
	{ "/", "a.example:0", NULL, 0 },
	{ "/", "a.example, b.example", NULL, 0 },
	{ "/", "u@a.example", NULL, 0 },
	{ "/", "a.example/x", NULL, 0 },
	{ "/#f", "a.example", NULL, 0 },
	{ "", "a.example", NULL, 0 },
	{ "*", "a.example", NULL, 0 },
	{ "x", "a.example", NULL, 0 },
};

static void test_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
		const char *target = origins[i].target, *field = origins[i].host_field;
		struct http1_span text = { target, strlen(target) };
		struct http1_span host = { field, field != NULL ? strlen(field) : 0 };
		struct target t = { .port = 7 };
		int r = target_parse_origin(text, host, &t);

		if (r != (origins[i].host != NULL ? 0 : -EBADMSG))
			fail_msg("%s with %s: %d", target, field, r);
		if (r < 0) {
			assert_int_equal(t.port, 7);
			continue;
		}
		assert_string_equal(t.host, origins[i].host);
		assert_int_equal(t.port, origins[i].port);
		assert_ptr_equal(t.path.p, target);
		assert_int_equal(t.path.len, text.len);
	}
}

static void test_long_host(void **state)
{
	char text[600];
	struct target t;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 50; i < sizeof(text); i += 50)
		text[i] = '.';
	memcpy(text + 253, ":80", 3);
	assert_int_equal(target_parse_authority((struct http1_span){ text, 256 }, &t), 0);
	memcpy(text + 253, "aa:80", 5);
	assert_int_equal(target_parse_authority((struct http1_span){ text, 258 }, &t),
			 -EBADMSG);
	assert_int_equal(target_parse_authority((struct http1_span){ text, 600 }, &t),
			 -EBADMSG);
}

static void test_host_field(void **state)
{
	static const struct {
		const char *field;
		bool same;
	} rows[] = {
		{ "a.example", true },    { "A.example.:8080", true },
		{ "b.example", false },   { "", false },
		{ "a.example@b", false }, { "a.example:x", false },
		{ "a.example ", false },  { "192.0.2.1", false },
	};
	struct target t;

	(void)state;
	assert_int_equal(
		target_parse_authority((struct http1_span){ "a.example:80", 12 }, &t), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http1_span s = { rows[i].field, strlen(rows[i].field) };

		assert_int_equal(target_host_is(&t, s), rows[i].same);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authority),  cmocka_unit_test(test_absolute),
		cmocka_unit_test(test_origin),     cmocka_unit_test(test_long_host),
		cmocka_unit_test(test_host_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
