/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel sent once (tests/golden/decode/NAME.raw, see check_decode.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "fw/verify/decode.h"
#include "fw/verify/print.h"
#include "lib/fdio.h"
#include "tests/support/alloc_fail.h"

#define FILE_MAX (1 << 20)

struct file {
	char *at;
	size_t len;
};

static struct file load(const char *name)
{
	struct file f;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/decode/%s", SOURCE_DIR, name);
	assert_int_equal(fdio_read_file(path, FILE_MAX, &f.at, &f.len), 0);
	return f;
}

static size_t message_len(const struct file *f, size_t at)
{
	uint32_t len;

	assert_true(f->len - at >= sizeof(len));
	memcpy(&len, f->at + at, sizeof(len));
	return len;
}

/* cut: this message is that much shorter than it says. */
static int add_all(struct decode *d, const struct file *f, size_t cut_at, size_t cut)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < f->len;) {
		size_t len = message_len(f, at);

		r = decode_add(d, f->at + at, at == cut_at ? len - cut : len);
		at += (len + 3) & ~(size_t)3;
	}
	return r;
}

static int decode(const struct file *f, struct model **ret_model)
{
	static const struct decode_interface lo = { .index = 1, .name = "lo" };
	struct decode *d = NULL;
	int r = decode_new(&lo, 1, &d);

	if (r == 0)
		r = add_all(d, f, f->len, 0);
	if (r == 0)
		r = decode_finish(d, ret_model);
	decode_free(d);
	return r;
}

static void check(const char *raw, const char *expected)
{
	struct file in = load(raw), want = load(expected);
	struct model *m = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(decode(&in, &m), 0);
	model_print(m, out);
	(void)fclose(out);
	assert_string_equal(text, want.at);
	model_free(m);
	free(text);
	free(in.at);
	free(want.at);
}

static void test_inet(void **state)
{
	(void)state;
	check("inet.raw", "inet.txt");
}

static void test_families(void **state)
{
	(void)state;
	check("families.raw", "families.txt");
	check("verdicts.raw", "verdicts.txt");
}

static void test_names(void **state)
{
	struct file in = load("inet.raw");
	struct model *m = NULL;
	uint32_t wildcard;

	(void)state;
	assert_int_equal(decode(&in, &m), 0);
	wildcard = model_name_index(m, "eth7");
	assert_string_equal(m->name[wildcard], "eth*");
	assert_int_equal(wildcard, model_name_index(m, "eth12"));
	assert_string_equal(m->name[model_name_index(m, "eth1")], "eth1");
	assert_int_equal(model_name_index(m, "nobody0"), NAME_OTHER);
	assert_string_equal(m->name[model_name_index(m, "veth3")], "veth*");
	model_free(m);
	free(in.at);
}

/* A message that ends before it says so is refused; one that lies never ends us. */
static void test_truncated(void **state)
{
	struct file in = load("families.raw");

	(void)state;
	for (size_t at = 0; at < in.len; at += (message_len(&in, at) + 3) & ~(size_t)3) {
		for (size_t cut = 1; cut < message_len(&in, at); cut++) {
			struct decode *d = NULL;

			assert_int_equal(decode_new(NULL, 0, &d), 0);
			assert_int_equal(add_all(d, &in, at, cut), -EBADMSG);
			decode_free(d);
		}
	}
	free(in.at);
}

/* The length in the head agrees, but the attributes are cut. */
static void test_cut_attributes(void **state)
{
	struct file in = load("families.raw");
	size_t refused = 0;

	(void)state;
	for (size_t at = 0; at < in.len; at += (message_len(&in, at) + 3) & ~(size_t)3) {
		size_t len = message_len(&in, at);

		for (size_t left = 20; left < len; left += 3) {
			uint8_t *copy = malloc(left);
			uint32_t now = (uint32_t)left;
			struct model *m = NULL;
			struct decode *d = NULL;
			int r;

			memcpy(copy, in.at + at, left);
			memcpy(copy, &now, sizeof(now));
			assert_int_equal(decode_new(NULL, 0, &d), 0);
			r = decode_add(d, copy, left);
			if (r == 0)
				r = decode_finish(d, &m);
			if (r < 0)
				refused++;
			model_free(m);
			decode_free(d);
			free(copy);
		}
	}
	assert_true(refused > 0);
	free(in.at);
}

static void test_out_of_memory(void **state)
{
	struct file in = load("inet.raw");
	unsigned nth = 1;

	(void)state;
	for (;; nth++) {
		struct model *m = NULL;
		bool fired;
		int r;

		alloc_fail_at(nth);
		r = decode(&in, &m);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		model_free(m);
		if (!fired) {
			assert_int_equal(r, 0);
			break;
		}
		/* only what a lookup teaches may be missing */
		assert_true(r == -ENOMEM || r == 0);
	}
	assert_true(nth > 100);
	free(in.at);
}

/* A rule of a chain that did not come is no rule that can be left out. */
static void test_missing_chain(void **state)
{
	struct file in = load("families.raw");
	struct model *m = NULL;
	struct decode *d = NULL;

	(void)state;
	assert_int_equal(decode_new(NULL, 0, &d), 0);
	for (size_t at = 0; at < in.len; at += (message_len(&in, at) + 3) & ~(size_t)3) {
		uint16_t type;

		memcpy(&type, in.at + at + 4, sizeof(type));
		if ((type & 0xff) != 3) /* NFT_MSG_NEWCHAIN */
			assert_int_equal(decode_add(d, in.at + at, message_len(&in, at)),
					 0);
	}
	assert_int_equal(decode_finish(d, &m), -EBADMSG);
	decode_free(d);
	free(in.at);
}

/* A rule that is missing from the dump is not passed over: the chain counts it. */
static void test_missing_rule(void **state)
{
	struct file in = load("families.raw");
	struct model *m = NULL;
	struct decode *d = NULL;
	const struct chain *c;
	bool left_out = false;

	(void)state;
	assert_int_equal(decode_new(NULL, 0, &d), 0);
	for (size_t at = 0; at < in.len; at += (message_len(&in, at) + 3) & ~(size_t)3) {
		uint16_t type;

		memcpy(&type, in.at + at + 4, sizeof(type));
		if ((type & 0xff) == 6 && !left_out) /* NFT_MSG_NEWRULE */
			left_out = true;
		else
			assert_int_equal(decode_add(d, in.at + at, message_len(&in, at)),
					 0);
	}
	assert_int_equal(decode_finish(d, &m), 0);
	c = &m->chain[0];
	assert_int_equal(c->rule_count, 2);
	assert_int_equal(c->rule[1].step[0].kind, STEP_UNKNOWN);
	model_free(m);
	decode_free(d);
	free(in.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_cut_attributes),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_missing_chain),
		cmocka_unit_test(test_missing_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
