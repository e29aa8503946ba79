/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/allow/format.h"
#include "lib/allow/match.h"
#include "lib/attr.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/allow/made.h"

#define IMAGE_MAX 4096

static const char *const hosts[] = { "a.jp", "b.jp", "*.a.jp", "192.0.2.1", "a.jp" };

static int build(struct made *m)
{
	struct allow_entry entry[ARRAY_LEN(hosts)];

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		entry[i] = made_entry(hosts[i]);
	entry[0].scheme = ALLOW_SCHEME_HTTP;
	entry[0].path = "/a";
	entry[0].method[0] = "GET";
	entry[0].method_count = 1;
	entry[1].list = 7;
	return made_new(entry, ARRAY_LEN(entry), m);
}

static size_t read_bytes(const struct made *m, uint8_t bytes[IMAGE_MAX])
{
	ssize_t n = pread(m->fd, bytes, IMAGE_MAX, 0);

	assert_int_equal(n, m->built.size);
	return (size_t)n;
}

static bool permits(const struct allow_image *image, const char *host)
{
	struct allow_lists lists = made_lists(8);
	struct allow_question q = { .host = host,
				    .literal = strcmp(host, "192.0.2.1") == 0,
				    .port = 80,
				    .path = "/a",
				    .method = "GET" };

	return allow_match(image, &lists, &q).permitted;
}

static void test_open(void **state)
{
	struct allow_image *image = NULL;
	struct made m;
	uint8_t wrong[ALLOW_HASH_SIZE] = { 0 };

	(void)state;
	assert_int_equal(build(&m), 0);
	assert_int_equal(m.built.entries, 5);
	assert_int_equal(m.built.terms, 3);
	assert_int_equal(allow_image_open(m.fd, m.built.size, wrong, &image), -EBADMSG);
	assert_int_equal(allow_image_open(m.fd, m.built.size + 1, m.built.hash, &image),
			 -EBADMSG);
	assert_int_equal(
		allow_image_open(m.fd, ALLOW_IMAGE_MAX + 1u, m.built.hash, &image),
		-EFBIG);
	assert_int_equal(allow_image_open(-1, m.built.size, m.built.hash, &image),
			 -EBADF);
	assert_null(image);
	image = made_image(&m);
	made_close(&m); /* the mapping stays */
	assert_int_equal(allow_image_entries(image), 5);
	assert_int_equal(allow_image_lists(image), 8);
	assert_true(permits(image, "a.jp"));
	assert_true(permits(image, "b.jp"));
	assert_true(permits(image, "x.y.a.jp"));
	assert_true(permits(image, "192.0.2.1"));
	assert_false(permits(image, "c.jp"));
	allow_image_free(image);
}

static void test_empty(void **state)
{
	struct allow_image *image;
	struct made m;

	(void)state;
	assert_int_equal(made_new(NULL, 0, &m), 0);
	image = made_image(&m);
	assert_int_equal(allow_image_entries(image), 0);
	assert_int_equal(allow_image_lists(image), 0);
	assert_false(permits(image, "a.jp"));
	allow_image_free(image);
	made_close(&m);
}

/* Ask everything of bytes that an attacker chose; exact-sized, so that ASan sees more. */
static int ask_all(const uint8_t *bytes, size_t size)
{
	struct allow_image *image = NULL;
	uint8_t *copy = malloc(size);
	int r;

	memcpy(copy, bytes, size);
	r = allow_image_of(copy, size, &image);
	if (r == 0) {
		for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
			(void)permits(image, hosts[i]);
		(void)permits(image, "x.y.a.jp");
	}
	allow_image_free(image);
	free(copy);
	return r;
}

static void test_every_truncation(void **state)
{
	uint8_t bytes[IMAGE_MAX] = { 0 };
	struct made m;
	size_t size;

	(void)state;
	assert_int_equal(build(&m), 0);
	size = read_bytes(&m, bytes);
	assert_int_equal(ask_all(bytes, size), 0);
	for (size_t n = 1; n < size; n++)
		assert_int_equal(ask_all(bytes, n), -EBADMSG);
	assert_int_equal(ask_all(bytes, size + 1), -EBADMSG);
	made_close(&m);
}

/* Every byte with several values: refused, or read within bounds. */
static void test_every_byte(void **state)
{
	static const uint8_t value[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	uint8_t bytes[IMAGE_MAX];
	struct made m;
	size_t size;

	(void)state;
	assert_int_equal(build(&m), 0);
	size = read_bytes(&m, bytes);
	for (size_t i = 0; i < size; i++) {
		uint8_t was = bytes[i];

		for (size_t k = 0; k < ARRAY_LEN(value); k++) {
			int r;

			bytes[i] = value[k];
			r = ask_all(bytes, size);
			if (i < FORMAT_AT_DEPTHS && i / 4 != FORMAT_AT_ENTRIES / 4 &&
			    i / 4 != FORMAT_AT_LISTS / 4 && value[k] != was)
				assert_int_equal(r, -EBADMSG);
		}
		bytes[i] = was;
	}
	made_close(&m);
}

static void test_random_damage(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	uint8_t bytes[IMAGE_MAX], damaged[IMAGE_MAX];
	struct made m;
	size_t size;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	assert_int_equal(build(&m), 0);
	size = read_bytes(&m, bytes);
	for (int round = 0; round < 20000; round++) {
		memcpy(damaged, bytes, size);
		for (int i = rand() % 6; i >= 0; i--)
			damaged[FORMAT_HEADER + (size_t)rand() % (size - FORMAT_HEADER)] =
				(uint8_t)rand();
		assert_int_equal(ask_all(damaged, size), 0);
	}
	made_close(&m);
}

/* The bytes of an image with one entry, and so one bucket and one term. */
static size_t one_entry(uint8_t bytes[IMAGE_MAX])
{
	struct allow_entry e = made_entry("a.jp");
	struct made m;
	size_t size;

	assert_int_equal(made_new(&e, 1, &m), 0);
	size = read_bytes(&m, bytes);
	made_close(&m);
	return size;
}

static bool finds(const uint8_t *bytes, size_t size, const char *host)
{
	struct allow_image *image = NULL;
	uint8_t *copy = malloc(size);
	bool found;

	memcpy(copy, bytes, size);
	assert_int_equal(allow_image_of(copy, size, &image), 0);
	found = permits(image, host);
	allow_image_free(image);
	free(copy);
	return found;
}

/* A term that ends behind everything, with more ports than there are bytes. */
static void test_term_outside(void **state)
{
	uint8_t bytes[IMAGE_MAX];
	size_t size = one_entry(bytes), term_end = FORMAT_HEADER + 8 + 4;
	size_t ports = term_end + 4 + 19;

	(void)state;
	assert_true(finds(bytes, size, "a.jp"));
	format_put(bytes + term_end, format_get32(bytes + term_end) + 500, 4);
	format_put(bytes + ports, 250, 1);
	format_put(bytes + ports + 1, 0, 4);
	assert_false(finds(bytes, size, "a.jp"));
}

/* A record that says its key is longer than what is left, as long as what is asked. */
static void test_key_outside(void **state)
{
	uint8_t bytes[IMAGE_MAX];
	size_t size = one_entry(bytes), record = size - FORMAT_RECORD_HEAD - 4;

	(void)state;
	assert_int_equal(bytes[record], 4);
	bytes[record] = 5;
	assert_false(finds(bytes, size, "a.jpx"));
}

static void test_same_host(void **state)
{
	static struct allow_entry entry[ALLOW_SAME_MAX + 1];
	struct made m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(entry); i++) {
		entry[i] = made_entry("a.jp");
		entry[i].from = (int64_t)i;
	}
	assert_int_equal(made_new(entry, ALLOW_SAME_MAX + 1, &m), -E2BIG);
	assert_int_equal(made_new(entry, ALLOW_SAME_MAX, &m), 0);
	assert_int_equal(m.built.terms, ALLOW_SAME_MAX);
	assert_int_equal(m.built.duplicates, 0);
	made_close(&m);
}

static void test_refused(void **state)
{
	struct allow_entry bad = made_entry("A.jp");
	struct allow_build *b;

	(void)state;
	assert_int_equal(allow_build_new(&b), 0);
	assert_int_equal(allow_build_add(b, &bad), -EINVAL);
	bad.host = "a.jp";
	assert_false(allow_build_has_port(b, 443));
	assert_int_equal(allow_build_add(b, &bad), 0);
	assert_true(allow_build_has_port(b, 443));
	assert_false(allow_build_has_port(b, 444));
	allow_build_free(b);
}

static void test_cannot_write(void **state)
{
	struct allow_entry e = made_entry("a.jp");
	struct allow_built built;
	struct allow_build *b;

	(void)state;
	assert_int_equal(allow_build_new(&b), 0);
	assert_int_equal(allow_build_add(b, &e), 0);
	assert_int_equal(allow_build_finish(b, -1, &built), -EBADF);
	allow_build_free(b);
}

static int build_many(struct made *m)
{
	static struct allow_entry entry[200];

	for (size_t i = 0; i < ARRAY_LEN(entry); i++) {
		entry[i] = made_entry("a.jp");
		entry[i].from = (int64_t)i;
	}
	return made_new(entry, ARRAY_LEN(entry), m);
}

static void test_allocation(void **state)
{
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct made m;
		int r;

		alloc_fail_at(n);
		r = build_many(&m);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		if (fired)
			continue;
		alloc_fail_at(1);
		r = allow_image_open(m.fd, m.built.size, m.built.hash,
				     &(struct allow_image *){ NULL });
		alloc_fail_at(0);
		assert_int_equal(r, -ENOMEM);
		made_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_term_outside),
		cmocka_unit_test(test_key_outside),
		cmocka_unit_test(test_same_host),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cannot_write),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
