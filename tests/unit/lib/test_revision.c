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

#include "lib/allow/build.h"
#include "lib/fdio.h"
#include "lib/revision.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"

#define POLICY \
	"version: 1\\nsite: { name: x }\\nzones:\\n  office:\\n    kind: office\\n" \
	"    interfaces: [office0]\\n    networks: [10.30.0.0/24]\\n  wan:\\n" \
	"    kind: internet\\n    interfaces: [wan0]\\n" \
	"proxy: { zones: [office], via: wan, resolvers: [192.0.2.53] }\\n"
#define PERMIT_REST(number, mac) \
	"\"number\":" number ",\"device\":\"d0123456789abcdef\",\"mac\":\"" mac "\"," \
	"\"interface\":\"office0\",\"zone\":\"office\",\"until\":1790000000," \
	"\"user\":\"\",\"group\":\"clinic\"," \
	"\"destinations\":[\"vendor.example\"]}"
#define PERMIT  "{\"id\":\"p0123456789abcdef\"," PERMIT_REST("12", "02:00:00:00:00:01")
#define PERMIT2 "{\"id\":\"p0123456789abcdeg\"," PERMIT_REST("11", "02:00:00:00:00:02")
#define SCHEDULE(zone, from, to, holiday) \
	"{\"timezone\":\"" zone "\",\"weekly\":[{\"days\":[\"mon\",\"sun\"]," \
	"\"from\":\"" from "\",\"to\":\"" to "\"}],\"holidays\":[\"" holiday "\"]}"
#define LIST(id, mode, zone, users, schedule) \
	"{\"id\":\"" id "\",\"name\":\"n\",\"mode\":\"" mode "\",\"zones\":[\"" zone \
	"\"],\"groups\":[\"b\",\"a\"],\"users\":[" users "],\"schedule\":" schedule "}"
#define DEFAULT(mode, zones, groups, users, schedule) \
	"{\"id\":\"ldefault\",\"name\":\"n\",\"mode\":\"" mode "\",\"zones\":[" zones \
	"],\"groups\":[" groups "],\"users\":[" users "],\"schedule\":" schedule "}"
#define ID "l0123456789abcdef"
#define OTHER \
	LIST(ID, "observe", "office", "\"u\"", \
	     SCHEDULE("Asia/Tokyo", "08:30", "24:00", "2026-11-23"))
#define BOTH   REVISION_DEFAULT_LIST "," OTHER
#define ZERO16 "0000000000000000"
#define HASH   ZERO16 ZERO16 ZERO16 "000000000000000f"
#define ALLOW(size, hash, ports) \
	"{\"size\":" size ",\"blake2b\":\"" hash "\",\"ports\":[" ports "]}"
#define WHOLE(number, lists, allow, permits) \
	"{\"format\":2,\"number\":" number ",\"created\":\"2026-11-21T00:00:00Z\"," \
	"\"policy\":\"" POLICY "\",\"lists\":[" lists "],\"allow\":" allow \
	",\"permits\":[" permits "]}"
#define TEXT(number, lists, permits) \
	WHOLE(number, lists, ALLOW("96", HASH, "80,443"), permits)
#define PERMITS(permits) TEXT("7", BOTH, permits)
#define LISTS(lists)     TEXT("7", lists, "")
#define IMAGE(allow)     WHOLE("7", BOTH, allow, "")

static const char good[] = PERMITS(PERMIT "," PERMIT2);

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
	assert_int_equal(rev->list_count, 2);
	assert_string_equal(rev->list[0].id, "ldefault");
	assert_null(rev->list[0].schedule);
	assert_true(rev->list[1].observe);
	assert_int_equal(rev->list[1].zones,
			 1u << policy_zone_by_name(rev->policy, "office"));
	assert_int_equal(rev->list[1].group_count, 2);
	assert_string_equal(rev->list[1].group[0], "a"); /* in order */
	assert_string_equal(rev->list[1].user[0], "u");
	assert_int_equal(rev->list[1].schedule->offset_s, 9 * 60 * 60);
	assert_int_equal(rev->list[1].schedule->span[0].days, 0x41);
	assert_int_equal(rev->list[1].schedule->span[0].from, 8 * 60 + 30);
	assert_int_equal(rev->list[1].schedule->span[0].to, 24 * 60);
	assert_int_equal(rev->list[1].schedule->holiday_count, 1);
	assert_int_equal(rev->allow.size, 96);
	assert_int_equal(rev->allow.hash[ALLOW_HASH_SIZE - 1], 0x0f);
	assert_int_equal(rev->allow.port_count, 2);
	assert_int_equal(rev->allow.port[1], 443);
	assert_int_equal(rev->permit_count, 2);
	assert_int_equal(rev->permit[0].number, 11); /* in the order of their numbers */
	assert_int_equal(rev->permit[1].until, 1790000000);
	assert_string_equal(rev->permit[1].group, "clinic");
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
		"{\"format\":1}",
		"{\"format\":2}",
		TEXT("0", BOTH, ""),
		TEXT("\"7\"", BOTH, ""),
		TEXT("-1", BOTH, ""),
		LISTS(""),
		LISTS("7"),
		LISTS(OTHER),
		LISTS(BOTH "," OTHER),
		LISTS(REVISION_DEFAULT_LIST "," REVISION_DEFAULT_LIST),
		LISTS(DEFAULT("observe", "", "", "", "null")),
		LISTS(DEFAULT("enforce", "\"office\"", "", "", "null")),
		LISTS(DEFAULT("enforce", "", "\"g\"", "", "null")),
		LISTS(DEFAULT("enforce", "", "", "\"u\"", "null")),
		LISTS(DEFAULT("enforce", "", "", "",
			      SCHEDULE("UTC", "00:00", "24:00", "2026-11-23"))),
		LISTS(REVISION_DEFAULT_LIST ",{\"id\":\"" ID "\"}"),
		LISTS(REVISION_DEFAULT_LIST
		      "," LIST("lx", "observe", "office", "", "null")),
		LISTS(REVISION_DEFAULT_LIST "," LIST(ID, "let", "office", "", "null")),
		LISTS(REVISION_DEFAULT_LIST "," LIST(ID, "enforce", "x", "", "null")),
		LISTS(REVISION_DEFAULT_LIST "," LIST(ID, "enforce", "wan", "7", "null")),
		LISTS(REVISION_DEFAULT_LIST
		      "," LIST(ID, "enforce", "wan", "\"\"", "null")),
		LISTS(REVISION_DEFAULT_LIST "," LIST(ID, "enforce", "wan", "", "{}")),
		LISTS(REVISION_DEFAULT_LIST "," LIST(
			ID, "enforce", "wan", "",
			SCHEDULE("Europe/Berlin", "08:30", "09:00", "2026-11-23"))),
		LISTS(REVISION_DEFAULT_LIST
		      "," LIST(ID, "enforce", "wan", "",
			       SCHEDULE("UTC", "22:00", "06:00", "2026-11-23"))),
		LISTS(REVISION_DEFAULT_LIST
		      "," LIST(ID, "enforce", "wan", "",
			       SCHEDULE("UTC", "8:00", "09:00", "2026-11-23"))),
		LISTS(REVISION_DEFAULT_LIST
		      "," LIST(ID, "enforce", "wan", "",
			       SCHEDULE("UTC", "08:00", "09:00", "2026-02-30"))),
		IMAGE("7"),
		IMAGE("{}"),
		IMAGE(ALLOW("0", HASH, "")),
		IMAGE(ALLOW("536870913", HASH, "")),
		IMAGE(ALLOW("96", ZERO16, "")),
		IMAGE(ALLOW("96", HASH "00", "")),
		IMAGE(ALLOW("96", HASH, "0")),
		IMAGE(ALLOW("96", HASH, "65536")),
		IMAGE(ALLOW("96", HASH, "443,80")),
		IMAGE(ALLOW("96", HASH, "80,80")),
		IMAGE(ALLOW("96", HASH, "\"80\"")),
		PERMITS("{\"id\":\"p0123456789abcdef\"," PERMIT_REST(
			"0", "02:00:00:00:00:01")),
		PERMITS("{\"id\":\"p0123456789abcdef\"," PERMIT_REST(
			"16777216", "02:00:00:00:00:01")),
		PERMITS("{\"id\":\"p0123456789abcdef\"," PERMIT_REST(
			"1", "ff:ff:ff:ff:ff:ff")),
		PERMITS("{\"id\":\"q0123456789abcdef\"," PERMIT_REST(
			"1", "02:00:00:00:00:01")),
		PERMITS(PERMIT "," PERMIT),
		PERMITS(PERMIT ",{\"id\":\"p0123456789abcdeg\"," PERMIT_REST(
			"12", "02:00:00:00:00:03")),
		PERMITS(PERMIT ",{\"id\":\"p0123456789abcdeg\"," PERMIT_REST(
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
					     "0000000008.sig", "0000000007.allow" };
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

/* An image with an entry in a list, beside revision 7. */
static void write_image(const struct box *b, uint16_t list, struct revision *rev)
{
	struct allow_entry e = { .id = "a0123456789abcdef",
				 .host = "a.jp",
				 .port = { 443 },
				 .port_count = 1,
				 .path = "",
				 .list = list };
	int fd = revision_create_image(b->dir, rev->number);
	struct allow_built built;
	struct allow_build *build;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(allow_build_new(&build), 0);
	assert_int_equal(allow_build_add(build, &e), 0);
	assert_int_equal(allow_build_finish(build, fd, &built), 0);
	allow_build_free(build);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(close(fd), 0);
	rev->allow.size = built.size;
	memcpy(rev->allow.hash, built.hash, sizeof(built.hash));
}

static int open_image(const struct box *b, const struct revision *rev)
{
	struct allow_image *image = NULL;
	struct diags diags = { 0 };
	int r = revision_open_image(b->dir, rev, &image, &diags);

	assert_int_equal(r == 0, diags.count == 0);
	assert_int_equal(r == 0, image != NULL);
	allow_image_free(image);
	return r;
}

static void test_image(void **state)
{
	struct box *b = *state;
	struct revision *rev = NULL;

	assert_int_equal(parse(good, &rev), 0);
	assert_int_equal(open_image(b, rev), -ENOENT);
	write_image(b, 1, rev);
	assert_int_equal(open_image(b, rev), 0);
	write_image(b, 1, rev); /* in place of the first */
	assert_int_equal(open_image(b, rev), 0);
	rev->allow.hash[3] ^= 1;
	assert_int_equal(open_image(b, rev), -EBADMSG);
	write_image(b, 2, rev); /* a list that the revision does not have */
	assert_int_equal(open_image(b, rev), -EBADMSG);
	assert_int_equal(revision_discard(b->dir, 7), 0);
	assert_int_equal(open_image(b, rev), -ENOENT);
	assert_int_equal(revision_create_image(b->dir, 0), -EINVAL);
	revision_free(rev);
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
		cmocka_unit_test_setup_teardown(test_image, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signature_and_number, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_key_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
