/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/change.h"
#include "tests/support/alloc_fail.h"

#define FULL(n) (REVISION_MARK_FULL | (n))
#define CARD(n, last, ...) \
	{ \
		.iifname = "office0", .mac = { 2, 0, 0, 0, 0, (last) }, .mark = FULL(n), \
		__VA_ARGS__ \
	}

/* permit 2 has two cards, permit 4 an address */
static struct fw_permit before[] = {
	CARD(1, 1, .until = 100),
	CARD(2, 2, .until = 0),
	CARD(2, 3, .until = 0),
	CARD(4, 4, .family = 4, .address = { 10, 0, 0, 1 }),
};
/* 1 has another end, 2 has lost a card, 3 is new, 4 has gone */
static struct fw_permit after[] = {
	CARD(1, 1, .until = 200),
	CARD(2, 2, .until = 0),
	CARD(3, 5, .until = 0),
};
static struct fw_card isolated[] = { { { 2, 1 }, { 0 } }, { { 2, 2 }, { 0 } } };

static struct ruleset of(uint64_t revision, struct fw_permit *p, size_t count,
			 struct fw_card *q, size_t cards)
{
	return (struct ruleset){ .revision = revision,
				 .permit = p,
				 .permit_count = count,
				 .quarantine = q,
				 .quarantine_count = cards };
}

static void test_there_and_back(void **state)
{
	struct ruleset from = of(7, before, ARRAY_LEN(before), isolated, 1);
	struct ruleset to = of(8, after, ARRAY_LEN(after), isolated + 1, 1), made = { 0 };
	struct change c = { 0 };

	(void)state;
	assert_int_equal(change_between(&from, &to, &c), 0);
	assert_int_equal(c.base, 7);
	assert_int_equal(c.revision, 8);
	assert_int_equal(c.gone_count, 4); /* a permit changes as a whole */
	assert_int_equal(c.come_count, 3);
	assert_int_equal(c.isolated_count, 1);
	assert_int_equal(c.released_count, 1);
	assert_int_equal(change_apply(&from, &c, &made), 0);
	assert_int_equal(made.permit_count, ARRAY_LEN(after));
	assert_memory_equal(made.permit, after, sizeof(after));
	assert_int_equal(made.quarantine_count, 1);
	assert_int_equal(made.quarantine[0].mac[1], 2);
	free(made.permit);
	free(made.quarantine);
	/* of something else it is no change */
	assert_int_equal(change_apply(&to, &c, &made), -ESTALE);
	to.revision = 7;
	assert_int_equal(change_apply(&to, &c, &made), -ESTALE);
	from.quarantine_count = 0;
	assert_int_equal(change_apply(&from, &c, &made), -ESTALE);
	change_clear(&c);
}

static void test_nothing(void **state)
{
	struct ruleset from = of(7, before, ARRAY_LEN(before), isolated, 2), to = from;
	struct change c = { 0 };

	(void)state;
	assert_int_equal(change_between(&from, &to, &c), 0);
	assert_int_equal(
		c.gone_count + c.come_count + c.isolated_count + c.released_count, 0);
	change_clear(&c);
}

/* Another end cuts nothing; a card that is lost cuts the permit's connections. */
static void test_lost_marks(void **state)
{
	uint32_t *marks = NULL;
	size_t count = 0;

	(void)state;
	assert_int_equal(change_lost_marks(before, ARRAY_LEN(before), after,
					   ARRAY_LEN(after), &marks, &count),
			 0);
	assert_int_equal(count, 2);
	assert_int_equal(marks[0], FULL(2));
	assert_int_equal(marks[1], FULL(4));
	free(marks);
	/* another class under the same number is another mark */
	after[0].mark = REVISION_MARK_RESTRICTED | 1;
	assert_int_equal(change_lost_marks(before, 1, after, 1, &marks, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(marks[0], FULL(1));
	after[0].mark = FULL(1);
	free(marks);
}

static void test_too_much(void **state)
{
	size_t count = FW_CHANGE_MAX + 1;
	struct fw_permit *p = calloc(count, sizeof(*p));
	struct ruleset from = of(7, p, 0, NULL, 0), to = of(8, p, count, NULL, 0);
	struct change c = { 0 };

	(void)state;
	for (size_t i = 0; i < count; i++)
		p[i].mark = FULL((uint32_t)i + 1);
	assert_int_equal(change_between(&from, &to, &c), -E2BIG);
	change_clear(&c);
	free(p);
}

static void test_out_of_memory(void **state)
{
	struct ruleset from = of(7, before, ARRAY_LEN(before), isolated, 1);
	struct ruleset to = of(8, after, ARRAY_LEN(after), isolated + 1, 1);
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct ruleset made = { 0 };
		struct change c = { 0 };
		uint32_t *marks = NULL;
		size_t count = 0;
		int r;

		alloc_fail_at(n);
		r = change_between(&from, &to, &c);
		if (r == 0)
			r = change_apply(&from, &c, &made);
		if (r == 0)
			r = change_lost_marks(before, ARRAY_LEN(before), after,
					      ARRAY_LEN(after), &marks, &count);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		change_clear(&c);
		free(made.permit);
		free(made.quarantine);
		free(marks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_lost_marks),     cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
