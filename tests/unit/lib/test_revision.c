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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/revision.h"
#include "tests/support/alloc_fail.h"

#define POLICY \
	"version: 1\\nsite: { name: x }\\nzones:\\n  office:\\n    kind: office\\n" \
	"    interfaces: [office0]\\n    networks: [10.30.0.0/24]\\n  wan:\\n" \
	"    kind: internet\\n    interfaces: [wan0]\\n" \
	"proxy: { zones: [office], via: wan, resolvers: [192.0.2.53] }\\n"
#define ENTRY \
	"{\"id\":\"a0123456789abcdef\",\"host\":\"*.example.jp\",\"ports\":[443]," \
	"\"zones\":[\"office\"]}"
#define PERMIT_REST(number, mac) \
	"\"number\":" number ",\"device\":\"d0123456789abcdef\",\"mac\":\"" mac "\"," \
	"\"interface\":\"office0\",\"zone\":\"office\",\"until\":1790000000,\"user\":" \
	"\"\"," \
	"\"destinations\":[\"vendor.example\"]}"
#define PERMIT  "{\"id\":\"p0123456789abcdef\"," PERMIT_REST("12", "02:00:00:00:00:01")
#define PERMIT2 "{\"id\":\"p0123456789abcdeg\"," PERMIT_REST("11", "02:00:00:00:00:02")
#define TEXT(number, entries, permits) \
	"{\"format\":1,\"number\":" number ",\"created\":\"2026-11-21T00:00:00Z\"," \
	"\"policy\":\"" POLICY "\",\"entries\":[" entries "],\"permits\":[" permits "]}"

static const char good[] = TEXT("7", ENTRY, PERMIT "," PERMIT2);

static int parse(const char *text, struct revision **ret_rev)
{
	struct diags diags = { 0 };
	int r = revision_parse(text, strlen(text), ret_rev, &diags);

	assert_true(r == 0 || r == -ENOMEM || diags.count > 0);
	return r;
}

static void test_good(void **state)
{
	struct revision *rev = NULL;

	(void)state;
	assert_int_equal(parse(good, &rev), 0);
	assert_int_equal(rev->number, 7);
	assert_int_equal(rev->entry_count, 1);
	assert_string_equal(rev->entry[0].host, "*.example.jp");
	assert_int_equal(rev->entry[0].port[0], 443);
	assert_string_equal(rev->policy->zone[rev->entry[0].zone[0]].name, "office");
	assert_int_equal(rev->permit_count, 2);
	assert_int_equal(rev->permit[0].number, 11); /* in the order of their numbers */
	assert_int_equal(rev->permit[1].until, 1790000000);
	assert_int_equal(revision_permit_mark(&rev->permit[1]),
			 REVISION_MARK_RESTRICTED | 12);
	revision_free(rev);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"{}",
		"[]",
		"null",
		"{\"format\":2}",
		TEXT("0", "", ""),
		TEXT("\"7\"", "", ""),
		TEXT("-1", "", ""),
		TEXT("7", "{}", ""),
		TEXT("7", "7", ""),
		TEXT("7",
		     ENTRY ","
			   "{\"id\":\"x\"}",
		     ""),
		TEXT("7",
		     "{\"id\":\"a0123456789abcdef\",\"host\":\"*.jp\",\"ports\":[],"
		     "\"zones\":[]}",
		     ""),
		TEXT("7",
		     "{\"id\":\"a0123456789abcdef\",\"host\":\"EXAMPLE.jp\",\"ports\":[],"
		     "\"zones\":[]}",
		     ""),
		TEXT("7",
		     "{\"id\":\"a0123456789abcdef\",\"host\":\"a.jp\",\"ports\":[0],"
		     "\"zones\":[]}",
		     ""),
		TEXT("7",
		     "{\"id\":\"a0123456789abcdef\",\"host\":\"a.jp\",\"ports\":[],"
		     "\"zones\":[\"none\"]}",
		     ""),
		TEXT("7",
		     "{\"id\":\"a0123456789abcdef\",\"host\":\"a.jp\",\"ports\":[],"
		     "\"zones\":[],\"x\":1}",
		     ""),
		TEXT("7", "",
		     "{\"id\":\"p0123456789abcdef\"," PERMIT_REST("0",
								  "02:00:00:00:00:01")),
		TEXT("7", "",
		     "{\"id\":\"p0123456789abcdef\"," PERMIT_REST("16777216",
								  "02:00:00:00:00:01")),
		TEXT("7", "",
		     "{\"id\":\"p0123456789abcdef\"," PERMIT_REST("1",
								  "ff:ff:ff:ff:ff:ff")),
		TEXT("7", "",
		     "{\"id\":\"q0123456789abcdef\"," PERMIT_REST("1",
								  "02:00:00:00:00:01")),
		TEXT("7", "", PERMIT "," PERMIT),
		TEXT("7", "",
		     PERMIT ",{\"id\":\"p0123456789abcdeg\"," PERMIT_REST(
			     "12", "02:00:00:00:00:03")),
		TEXT("7", "",
		     PERMIT ",{\"id\":\"p0123456789abcdeg\"," PERMIT_REST(
			     "13", "02:00:00:00:00:01")),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct revision *rev = NULL;

		if (parse(rows[i], &rev) != -EINVAL || rev != NULL)
			fail_msg("row %zu passes", i);
	}
}

static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct revision *rev = NULL;
		struct diags diags = { 0 };
		char *cut = malloc(n);

		memcpy(cut, good, n);
		assert_int_equal(revision_parse(cut, n, &rev, &diags), -EINVAL);
		assert_true(diags.count > 0);
		free(cut);
	}
}

static void test_out_of_memory(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct revision *rev = NULL;
		bool fired;
		int r;

		alloc_fail_at(n);
		r = parse(good, &rev);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		if (!fired) {
			assert_int_equal(r, 0);
			revision_free(rev);
			return;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(rev);
	}
}

struct box {
	char dir[64], secret[80];
};

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	*state = b;
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/test-revision-XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(b->secret, sizeof(b->secret), "%s/secret", b->dir);
	return revision_key_ensure(b->dir, b->secret);
}

static int teardown(void **state)
{
	static const char *const names[] = { "secret",         "revision.pub",
					     "current",        "0000000007.json",
					     "0000000007.sig", "0000000008.json",
					     "0000000008.sig" };
	struct box *b = *state;
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", b->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(b->dir);
	free(b);
	return 0;
}

static int load(const struct box *b, uint64_t number)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	int r = revision_load(b->dir, number, &rev, &diags);

	revision_free(rev);
	assert_true(r == 0 || diags.count > 0);
	return r;
}

static void test_store_and_load(void **state)
{
	struct box *b = *state;
	struct stat st;

	assert_int_equal(stat(b->secret, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(load(b, 0), -ENOENT);
	assert_int_equal(revision_store(b->dir, b->secret, 7, good, strlen(good)), 0);
	assert_int_equal(load(b, 7), 0);
	assert_int_equal(load(b, 0), -ENOENT);
	assert_int_equal(revision_set_current(b->dir, 7), 0);
	assert_int_equal(load(b, 0), 0);
	assert_int_equal(revision_discard(b->dir, 7), 0);
	assert_int_equal(load(b, 7), -ENOENT);
}

static void test_signature_and_number(void **state)
{
	struct box *b = *state;
	char path[128], changed[sizeof(good)];

	assert_int_equal(revision_store(b->dir, b->secret, 7, good, strlen(good)), 0);
	memcpy(changed, good, sizeof(good));
	*strstr(changed, "vendor") = 'V';
	(void)snprintf(path, sizeof(path), "%s/0000000007.json", b->dir);
	assert_int_equal(fdio_replace_file(path, 0640, changed, strlen(changed)), 0);
	assert_int_equal(load(b, 7), -EBADMSG);
	/* a good revision under another number is refused too */
	assert_int_equal(revision_store(b->dir, b->secret, 8, good, strlen(good)), 0);
	assert_int_equal(load(b, 8), -EBADMSG);
}

static void test_the_key_stays(void **state)
{
	struct box *b = *state;
	char path[128];

	assert_int_equal(revision_store(b->dir, b->secret, 7, good, strlen(good)), 0);
	(void)snprintf(path, sizeof(path), "%s/revision.pub", b->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(load(b, 7), -ENOENT);
	assert_int_equal(revision_key_ensure(b->dir, b->secret), 0);
	assert_int_equal(load(b, 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test_setup_teardown(test_store_and_load, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signature_and_number, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_key_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
