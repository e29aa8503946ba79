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

#include "fw/switch/cards.h"
#include "tests/support/alloc_fail.h"

#define NOW 1000

static struct policy_zone zones[] = {
	{ .name = "core", .admission = POLICY_ADMISSION_ENFORCE, .vlan = 10 },
	{ .name = "office", .admission = POLICY_ADMISSION_ENFORCE, .vlan = 20 },
	{ .name = "plain", .admission = POLICY_ADMISSION_ENFORCE },
	{ .name = "open", .admission = POLICY_ADMISSION_OFF, .vlan = 30 },
};
static struct policy policy = { .zone = zones, .zone_count = ARRAY_LEN(zones) };

#define MAC(last) \
	{ \
		{ \
			2, 0, 0, 0, 0, last \
		} \
	}
#define CARDS(...) \
	(const struct revision_card[]) \
	{ \
		__VA_ARGS__ \
	}
#define CARD(last) \
	{ \
		.mac = MAC(last) \
	}
#define PERMIT(last, z, start, end) \
	{ \
		.card = CARDS(CARD(last)), .card_count = 1, .zone = z, .from = start, \
		.until = end \
	}

static struct revision_permit permits[] = {
	PERMIT(9, 0, 0, 0),
	PERMIT(1, 1, 500, 2000),
	PERMIT(2, 2, 0, 0), /* a zone without a VLAN */
	PERMIT(3, 3, 0, 0), /* one that does not enforce */
	PERMIT(4, 1, 0, NOW), /* over */
	PERMIT(5, 1, 0, 3000),
	PERMIT(5, 1, 3500, 4000),
	PERMIT(6, 1, 0, 0), /* in two VLANs */
	PERMIT(6, 0, 0, 0),
	PERMIT(8, 1, 0, 0),
	PERMIT(8, 0, 0, NOW - 1),
	{ .card = CARDS(CARD(10), CARD(11)), .card_count = 2, .zone = 1 },
	{ .card = CARDS(CARD(12), CARD(13)),
	  .card_count = 2,
	  .zone = 1,
	  .quarantined = true },
};
static const struct revision rev = { .policy = &policy,
				     .permit = permits,
				     .permit_count = ARRAY_LEN(permits) };

static const char expected[] = "sekisho-cards 2\n"
			       "020000000001 20 500 2000\n"
			       "020000000005 20 0 3000\n"
			       "020000000005 20 3500 4000\n"
			       "020000000008 20 0 0\n"
			       "020000000009 10 0 0\n"
			       "02000000000a 20 0 0\n"
			       "02000000000b 20 0 0\n"
			       "end\n";

static const char accepted[] = "02:00:00:00:00:01 20\n"
			       "02:00:00:00:00:05 20\n"
			       "02:00:00:00:00:08 20\n"
			       "02:00:00:00:00:09 10\n"
			       "02:00:00:00:00:0a 20\n"
			       "02:00:00:00:00:0b 20\n";

static void test_made(void **state)
{
	struct cards c = { 0 };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(cards_of(&rev, NOW, &c), 0);
	assert_int_equal(c.ambiguous, 1);
	assert_int_equal(cards_next_change(&c, 0), 500);
	assert_int_equal(cards_next_change(&c, NOW), 2000);
	assert_int_equal(cards_next_change(&c, 3000), 3500);
	assert_int_equal(cards_next_change(&c, 4000), 0);
	assert_int_equal(cards_print(&c, &text, &len), 0);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
	free(text);
	assert_int_equal(cards_print_accept(&c, NOW, &text, &len), 0);
	assert_string_equal(text, accepted);
	assert_int_equal(len, strlen(accepted));
	free(text);
	cards_clear(&c);

	assert_int_equal(cards_print(&c, &text, &len), 0);
	assert_string_equal(text, "sekisho-cards 2\nend\n");
	free(text);
	assert_int_equal(cards_print_accept(&c, NOW, &text, &len), 0);
	assert_string_equal(text, "");
	free(text);
}

/* A full register with the longest lines fits. */
static void test_full(void **state)
{
	struct cards c = { .item = calloc(REVISION_PERMITS_MAX, sizeof(*c.item)),
			   .count = REVISION_PERMITS_MAX };
	struct card found = { 0 };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	assert_non_null(c.item);
	for (size_t i = 0; i < c.count; i++)
		c.item[i] = (struct card){ .mac = { { 2, 0, 0, (uint8_t)(i >> 16),
						      (uint8_t)(i >> 8), (uint8_t)i } },
					   .vlan = 4094,
					   .until = INT64_MAX };
	assert_int_equal(cards_print_accept(&c, NOW, &text, &len), 0);
	free(text);
	assert_int_equal(cards_print(&c, &text, &len), 0);
	assert_true(len <= CARDS_FILE_MAX);
	assert_int_equal(cards_find(text, len, c.item[99999].mac, NOW, &found), 0);
	assert_int_equal(found.vlan, 4094);
	free(text);
	cards_clear(&c);
}

static int find(const char *text, size_t len, uint8_t last, int64_t now, struct card *ret)
{
	/* exactly so long, for the sanitizer */
	char *copy = malloc(len + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy = realloc(copy, len != 0 ? len : 1);
	r = cards_find(copy, len, (struct mac){ { 2, 0, 0, 0, 0, last } }, now, ret);
	free(copy);
	return r;
}

static void test_found(void **state)
{
	const size_t len = strlen(expected);
	struct card c = { 0 };

	(void)state;
	assert_int_equal(find(expected, len, 1, 499, &c), -ENOENT);
	assert_int_equal(find(expected, len, 1, 500, &c), 0);
	assert_int_equal(c.vlan, 20);
	assert_int_equal(c.until, 2000);
	assert_int_equal(find(expected, len, 1, 1999, &c), 0);
	assert_int_equal(find(expected, len, 1, 2000, &c), -ENOENT);
	assert_int_equal(find(expected, len, 5, 2999, &c), 0);
	assert_int_equal(c.until, 3000);
	assert_int_equal(find(expected, len, 5, 3000, &c), -ENOENT);
	assert_int_equal(find(expected, len, 5, 3500, &c), 0);
	assert_int_equal(find(expected, len, 9, INT64_MAX, &c), 0);
	assert_int_equal(c.vlan, 10);
	for (uint8_t last = 2; last < 14; last++) {
		bool there = last == 5 || (last >= 8 && last <= 11);

		assert_int_equal(find(expected, len, last, NOW, &c), there ? 0 : -ENOENT);
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(find(expected, cut, 1, NOW, &c), -EBADMSG);
}

static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"sekisho-cards 1\n020000000001 20 0 0\nend\n",
		"sekisho-cards 2\n020000000001 0 0 0\nend\n",
		"sekisho-cards 2\n020000000001 4095 0 0\nend\n",
		"sekisho-cards 2\n020000000001 20 0 -1\nend\n",
		"sekisho-cards 2\n020000000001 20 -1 0\nend\n",
		"sekisho-cards 2\n020000000001 20 0\nend\n",
		"sekisho-cards 2\n020000000001 20\nend\n",
		"sekisho-cards 2\n020000000001 20 0 0 0\nend\n",
		"sekisho-cards 2\n020000000001 20 0 0 \nend\n",
		"sekisho-cards 2\n02000000001 20 0 0\nend\n",
		"sekisho-cards 2\n020000000001 20 0 0end\n",
		"sekisho-cards 2\n\nend\n",
		"sekisho-cards 2\n020000000001 20 0 0\nend\nx",
		"sekisho-cards 2\n020000000001 20 0 "
		"0000000000000000000000000000000000000000000000000000\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct card c = { .vlan = 7 };

		assert_int_equal(find(bad[i], strlen(bad[i]), 1, NOW, &c), -EBADMSG);
		assert_int_equal(c.vlan, 7);
	}
}

static void test_memory(void **state)
{
	struct cards c = { 0 };
	char *text = NULL;
	size_t len = 0;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(cards_of(&rev, NOW, &c), -ENOMEM);
	alloc_fail_at(1);
	assert_int_equal(cards_print(&c, &text, &len), -ENOMEM);
	alloc_fail_at(1);
	assert_int_equal(cards_print_accept(&c, NOW, &text, &len), -ENOMEM);
	alloc_fail_at(0);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),   cmocka_unit_test(test_full),
		cmocka_unit_test(test_found),  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
