/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/revision.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"

#define POLICY \
	"version: 1\\nsite: { name: x }\\nzones:\\n  office:\\n    kind: office\\n" \
	"    interfaces: [office0, office1]\\n    networks: [10.30.0.0/16]\\n  wan:\\n" \
	"    kind: internet\\n    interfaces: [wan0]\\n"
#define CARD(mac, interface) "{\"mac\":\"" mac "\",\"interface\":\"" interface "\"}"
#define PERMIT(id, number, cards, more) \
	"{\"id\":\"p0123456789abcde" id "\",\"number\":" number \
	",\"device\":\"d0123456789abcdef\",\"cards\":[" cards "]," \
	"\"zone\":\"office\"," more "\"user\":\"\",\"group\":\"\"," \
	"\"destinations\":[]}"
#define A \
	PERMIT("a", "3", \
	       CARD("02:00:00:00:00:01", "office0") "," CARD("02:00:00:00:00:01", \
							     "office1"), \
	       "\"address\":\"10.30.0.9\",\"from\":100,\"until\":200,")
#define B                         PERMIT("b", "5", CARD("02:00:00:00:00:02", "office0"), "")
#define C                         PERMIT("c", "4", CARD("02:00:00:00:00:03", "office0"), "")
#define MAC(n)                    "{\"mac\":\"02:00:00:00:00:0" n "\"}"
#define FULL(permits, quarantine) WHOLE("7", "80", permits, quarantine)
#define WHOLE(number, ports, permits, quarantine) \
	"{\"format\":3,\"number\":" number ",\"created\":\"2026-11-21T00:00:00Z\"," \
	"\"policy\":\"" POLICY \
	"\"," REVISION_PARTS(ports) ",\"permits\":[" permits \
				    "],\"quarantine\":[" quarantine "]}"
#define SMALL(number, base, removed, added, isolated, released) \
	"{\"format\":3,\"number\":" number ",\"base\":" base "," \
	"\"created\":\"2026-11-21T00:00:00Z\",\"permits_removed\":[" removed "]," \
	"\"permits_added\":[" added "],\"quarantine_added\":[" isolated "]," \
	"\"quarantine_removed\":[" released "]}"
#define ID(x) "\"p0123456789abcde" x "\""

static struct revision *parse(const char *text)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };

	if (revision_parse(text, strlen(text), &rev, &diags) < 0)
		fail_msg("%s: %s", text, diags.item[0].text);
	return rev;
}

static int apply_text(const struct revision *base, const char *text,
		      struct revision **ret_rev)
{
	struct revision_small *small = NULL;
	struct diags diags = { 0 };
	int r = revision_small_parse(text, strlen(text), base->policy, &small, &diags);

	if (r == 0)
		r = revision_apply_small(base, small, ret_rev, &diags);
	revision_small_free(small);
	assert_true(r == 0 || r == -ENOMEM || diags.count > 0);
	return r;
}

static void test_format_3(void **state)
{
	struct revision *rev = parse(FULL(A "," B, MAC("2")));
	const struct revision_permit *p = revision_find(rev, 3);

	(void)state;
	assert_int_equal(p->card_count, 2);
	assert_string_equal(p->interface, "office0");
	assert_string_equal(p->card[1].interface, "office1");
	assert_int_equal(p->address.family, 4);
	assert_false(revision_permit_holds(p, 99));
	assert_true(revision_permit_holds(p, 100));
	assert_false(revision_permit_holds(p, 200));
	assert_true(revision_find(rev, 5)->quarantined);
	assert_false(revision_permit_holds(revision_find(rev, 5), 100));
	assert_null(revision_find(rev, 4));
	assert_int_equal(rev->full, 7);
	revision_free(rev);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		FULL(PERMIT("a", "3", "", ""), ""),
		FULL(PERMIT("a", "3", CARD("02:00:00:00:00:01", "wan0"), ""), ""),
		FULL(PERMIT("a", "3", CARD("02:00:00:00:00:01", "office0"),
			    "\"address\":\"::ffff:10.0.0.1\","),
		     ""),
		FULL(PERMIT("a", "3", CARD("02:00:00:00:00:01", "office0"),
			    "\"address\":\"0.0.0.0\","),
		     ""),
		FULL(PERMIT("a", "3", CARD("02:00:00:00:00:01", "office0"),
			    "\"address\":7,"),
		     ""),
		FULL(PERMIT("a", "3", CARD("02:00:00:00:00:01", "office0"),
			    "\"from\":9,\"until\":9,"),
		     ""),
		FULL(PERMIT("a", "3",
			    CARD("02:00:00:00:00:01",
				 "office0") "," CARD("02:00:00:00:00:01", "office0"),
			    ""),
		     ""),
		FULL(A "," PERMIT("b", "5", CARD("02:00:00:00:00:01", "office1"), ""),
		     ""),
		FULL("", MAC("1") "," MAC("1")),
		FULL("", "{\"mac\":\"01:00:00:00:00:01\"}"),
		FULL("", "\"02:00:00:00:00:01\""),
		SMALL("8", "7", "", "", "", ""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct revision *rev = NULL;
		struct diags diags = { 0 };

		if (revision_parse(rows[i], strlen(rows[i]), &rev, &diags) != -EINVAL ||
		    diags.count == 0)
			fail_msg("row %zu passes", i);
	}
}

static void test_apply(void **state)
{
	struct revision *base = parse(FULL(A "," B, MAC("9"))), *next = NULL,
			*last = NULL;

	(void)state;
	assert_int_equal(
		apply_text(base,
			   SMALL("9", "7", ID("b"), C, MAC("3") "," MAC("1"), MAC("9")),
			   &next),
		0);
	assert_int_equal(next->number, 9);
	assert_int_equal(next->full, 7);
	assert_int_equal(next->behind, 1);
	assert_int_equal(next->permit_count, 2);
	assert_int_equal(next->permit[0].number, 3);
	assert_true(next->permit[0].quarantined);
	assert_int_equal(next->permit[1].number, 4);
	assert_true(next->permit[1].quarantined);
	assert_int_equal(next->quarantine_count, 2);
	assert_ptr_equal(next->policy, base->policy);
	assert_false(base->permit[0].quarantined);
	revision_free(base); /* what comes of it lives on */
	/* the same permit, changed: removed and added */
	assert_int_equal(
		apply_text(
			next,
			SMALL("10", "9", ID("c"),
			      PERMIT("c", "4", CARD("02:00:00:00:00:03", "office1"), ""),
			      "", MAC("3")),
			&last),
		0);
	revision_free(next);
	assert_int_equal(last->permit_count, 2);
	assert_string_equal(last->permit[1].interface, "office1");
	assert_false(last->permit[1].quarantined);
	assert_true(last->permit[0].quarantined);
	revision_free(last);
}

static void test_misfits(void **state)
{
	static const char *const rows[] = {
		SMALL("8", "6", "", "", "", ""),
		SMALL("7", "7", "", "", "", ""),
		SMALL("8", "7", ID("c"), "", "", ""),
		SMALL("8", "7", ID("b") "," ID("b"), "", "", ""),
		SMALL("8", "7", "7", "", "", ""),
		SMALL("8", "7", "", B, "", ""),
		SMALL("8", "7", "", C "," C, "", ""),
		SMALL("8", "7", "",
		      PERMIT("c", "6", CARD("02:00:00:00:00:02", "office0"), ""), "", ""),
		SMALL("8", "7", "",
		      PERMIT("c", "5", CARD("02:00:00:00:00:04", "office0"), ""), "", ""),
		SMALL("8", "7", "", "", MAC("9"), ""),
		SMALL("8", "7", "", "", "", MAC("1")),
		SMALL("8", "7", "", "", MAC("9"), MAC("9")),
		FULL("", ""),
	};
	struct revision *base = parse(FULL(A "," B, MAC("9")));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct revision *next = NULL;

		if (apply_text(base, rows[i], &next) != -EINVAL || next != NULL)
			fail_msg("row %zu fits", i);
	}
	revision_free(base);
}

static void test_every_truncation(void **state)
{
	static const char good[] = SMALL("9", "7", ID("b"), C, MAC("1"), MAC("9"));
	struct revision *base = parse(FULL(A "," B, MAC("9")));

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		struct revision_small *small = NULL;
		struct diags diags = { 0 };
		char *cut = malloc(n);

		memcpy(cut, good, n);
		assert_int_equal(
			revision_small_parse(cut, n, base->policy, &small, &diags),
			-EINVAL);
		free(cut);
	}
	revision_free(base);
}

static void test_out_of_memory(void **state)
{
	static const char good[] = SMALL("9", "7", ID("b"), C, MAC("1"), MAC("9"));
	struct revision *base = parse(FULL(A "," B, MAC("9")));

	(void)state;
	for (unsigned n = 1;; n++) {
		struct revision *rev = NULL;
		bool fired;
		int r;

		alloc_fail_at(n);
		r = apply_text(base, good, &rev);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		if (!fired) {
			assert_int_equal(r, 0);
			revision_free(rev);
			break;
		}
		assert_true(r == -ENOMEM || r == -EINVAL); /* jansson says the latter */
		assert_null(rev);
	}
	revision_free(base);
}

struct box {
	char dir[64], secret[80];
};

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	*state = b;
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/test-small-XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(b->secret, sizeof(b->secret), "%s/secret", b->dir);
	return revision_key_ensure(b->dir, b->secret);
}

static int teardown(void **state)
{
	struct box *b = *state;
	char path[128];

	for (uint64_t n = 1; n < 300; n++)
		assert_int_equal(revision_discard(b->dir, n), 0);
	(void)snprintf(path, sizeof(path), "%s/revision.pub", b->dir);
	(void)unlink(path);
	(void)unlink(b->secret);
	(void)rmdir(b->dir);
	free(b);
	return 0;
}

static void store(const struct box *b, uint64_t number, const char *text)
{
	assert_int_equal(revision_store(b->dir, b->secret, number, text, strlen(text)),
			 0);
}

static int load(const struct box *b, uint64_t number, const struct revision *base,
		struct revision **ret_rev)
{
	struct diags diags = { 0 };
	int r = revision_load_on(b->dir, number, base, ret_rev, &diags);

	assert_true(r == 0 || diags.count > 0);
	return r;
}

static void test_chain(void **state)
{
	struct box *b = *state;
	struct revision *rev = NULL, *next = NULL;

	store(b, 7, FULL(A, ""));
	store(b, 8, SMALL("8", "7", "", B, "", ""));
	store(b, 10, SMALL("10", "8", ID("a"), C, MAC("2"), ""));
	assert_int_equal(load(b, 10, NULL, &rev), 0);
	assert_int_equal(rev->number, 10);
	assert_int_equal(rev->full, 7);
	assert_int_equal(rev->behind, 2);
	assert_int_equal(rev->permit_count, 2);
	revision_free(rev);
	/* on top of what is there, nothing below it is read */
	assert_int_equal(load(b, 8, NULL, &rev), 0);
	assert_int_equal(revision_discard(b->dir, 7), 0);
	assert_int_equal(revision_discard(b->dir, 8), 0);
	assert_int_equal(load(b, 10, rev, &next), 0);
	assert_int_equal(next->behind, 2);
	revision_free(next);
	next = NULL;
	assert_int_equal(load(b, 10, NULL, &next), -ENOENT);
	/* and a forged one in between is seen */
	store(b, 7, FULL(A, ""));
	store(b, 8, SMALL("9", "7", "", B, "", ""));
	assert_int_equal(load(b, 10, NULL, &next), -EBADMSG);
	revision_free(rev);
}

/* A full one that differs in permits only is taken as a small one would be. */
static void test_adopted(void **state)
{
	struct box *b = *state;
	struct revision *base = NULL, *same = NULL, *other = NULL, *small = NULL;

	store(b, 7, FULL(A, ""));
	store(b, 8, WHOLE("8", "80", B "," C, MAC("2")));
	store(b, 9, WHOLE("9", "81", A, ""));
	store(b, 10, SMALL("10", "8", "", A, "", ""));
	assert_int_equal(load(b, 7, NULL, &base), 0);
	assert_int_equal(load(b, 8, base, &same), 0);
	assert_int_equal(load(b, 9, base, &other), 0);
	assert_int_equal(load(b, 10, base, &small), 0);
	assert_ptr_equal(same->policy, base->policy);
	assert_ptr_equal(small->policy, base->policy);
	assert_ptr_not_equal(other->policy, base->policy);
	assert_int_equal(other->allow.port[0], 81);
	revision_free(base);
	assert_int_equal(same->full, 8);
	assert_int_equal(same->behind, 0);
	assert_int_equal(same->permit_count, 2);
	assert_int_equal(small->permit_count, 3);
	assert_true(revision_is_quarantined(same, same->quarantine[0]));
	assert_int_equal(same->policy->zone_count, 2);
	assert_int_equal(same->allow.port[0], 80);
	revision_free(same);
	revision_free(small);
	revision_free(other);
}

static void test_long_chain(void **state)
{
	struct box *b = *state;
	struct revision *rev = NULL;

	store(b, 7, FULL(A, ""));
	for (unsigned n = 8; n <= 7 + REVISION_CHAIN_MAX + 1; n++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "{\"format\":3,\"number\":%u,\"base\":%u,"
			       "\"created\":\"2026-11-21T00:00:00Z\","
			       "\"permits_removed\":[],\"permits_added\":[],"
			       "\"quarantine_added\":[],\"quarantine_removed\":[]}",
			       n, n - 1);
		store(b, n, text);
	}
	assert_int_equal(load(b, 7 + REVISION_CHAIN_MAX, NULL, &rev), 0);
	assert_int_equal(rev->behind, REVISION_CHAIN_MAX);
	revision_free(rev);
	rev = NULL;
	assert_int_equal(load(b, 7 + REVISION_CHAIN_MAX + 1, NULL, &rev), -EBADMSG);
	assert_int_equal(load(b, 7 + REVISION_CHAIN_MAX, NULL, &rev), 0);
	assert_int_equal(load(b, 7 + REVISION_CHAIN_MAX + 1, rev, &rev), -EINVAL);
	revision_free(rev);
}

/* Ten thousand permits: what a small change costs. Printed, not judged. */
static void test_speed(void **state)
{
	static const char change[] = SMALL(
		"8", "7", "",
		PERMIT("c", "20000", CARD("06:00:00:00:00:03", "office0"), ""), "", "");
	struct revision *base, *next = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct mono begun;

	(void)state;
	(void)fputs("{\"format\":3,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\","
		    "\"policy\":\"" POLICY "\"," REVISION_PARTS("80") ",\"permits\":[",
		    out);
	for (unsigned i = 1; i <= 10000; i++)
		(void)fprintf(out,
			      "%s{\"id\":\"p%016u\",\"number\":%u,"
			      "\"device\":\"d0123456789abcdef\",\"cards\":[{\"mac\":"
			      "\"02:00:00:00:%02x:%02x\",\"interface\":\"office0\"}],"
			      "\"zone\":\"office\",\"user\":\"\",\"group\":\"\","
			      "\"destinations\":[]}",
			      i == 1 ? "" : ",", i, i, i >> 8, i & 0xff);
	(void)fputs("],\"quarantine\":[]}", out);
	assert_int_equal(fclose(out), 0);
	base = parse(text);
	begun = mono_now();
	assert_int_equal(apply_text(base, change, &next), 0);
	print_message("one permit more beside 10000: %" PRId64 " us\n",
		      mono_now().us - begun.us);
	assert_int_equal(next->permit_count, 10001);
	revision_free(next);
	revision_free(base);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_3),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_misfits),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_adopted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_chain, setup, teardown),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
