/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the apply role takes from the compile role, which may have been taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "fw/apply/intake.h"

#define CARDS 3

static void begin(struct intake *in, uint32_t rules, uint32_t cards)
{
	const struct fw_begin m = { .revision = 7,
				    .rule_count = rules,
				    .card_count = cards };

	assert_true(intake_take(in, FW_REQ_BEGIN, &m, sizeof(m)));
}

static struct fw_card card(uint8_t last)
{
	return (struct fw_card){ .mac = { 2, 0, 0, 0, 0, last } };
}

static struct fw_rule rule(uint32_t number)
{
	return (struct fw_rule){ .number = number,
				 .chain = FW_CHAIN_FORWARD,
				 .verdict = FW_VERDICT_DROP };
}

static int end(struct intake *in)
{
	struct fw_result why = { 0 };
	int r = intake_end(in, &why);

	assert_int_equal(why.code, r);
	return r;
}

static void test_several_in_a_message(void **state)
{
	const struct fw_rule rules[] = { rule(0), rule(1), rule(2) };
	const struct fw_card cards[CARDS] = { card(1), card(2), card(3) };
	struct intake in = { 0 };

	(void)state;
	begin(&in, 3, CARDS);
	assert_true(intake_take(&in, FW_REQ_RULE, rules, 2 * sizeof(*rules)));
	assert_int_equal(end(&in), -EPERM); /* one is missing */
	intake_forget(&in);

	begin(&in, 3, CARDS);
	assert_true(intake_take(&in, FW_REQ_RULE, rules, sizeof(rules)));
	assert_true(intake_take(&in, FW_REQ_CARD, cards, sizeof(*cards)));
	assert_true(intake_take(&in, FW_REQ_CARD, cards + 1, 2 * sizeof(*cards)));
	assert_int_equal(end(&in), 0);
	assert_int_equal(in.next->rule[2].number, 2);
	assert_int_equal(in.next->quarantine[CARDS - 1].mac[5], 3);
	intake_forget(&in);
}

static void test_one_bad_among_several(void **state)
{
	const struct fw_rule rules[] = { rule(0), rule(7), rule(2) };
	struct intake in = { 0 };
	struct fw_result why = { 0 };

	(void)state;
	begin(&in, 3, 0);
	assert_true(intake_take(&in, FW_REQ_RULE, rules, sizeof(rules)));
	assert_int_equal(intake_end(&in, &why), -EPERM);
	assert_int_equal(why.rule, 7);
	intake_forget(&in);
}

static void test_more_than_announced(void **state)
{
	const struct fw_card cards[CARDS] = { card(1), card(2), card(3) };
	struct intake in = { 0 };

	(void)state;
	begin(&in, 0, CARDS - 1);
	assert_true(intake_take(&in, FW_REQ_CARD, cards, sizeof(cards)));
	assert_int_equal(end(&in), -EPERM);
	intake_forget(&in);
}

static void test_sizes(void **state)
{
	const struct fw_begin begins[2] = { { .revision = 7 }, { .revision = 8 } };
	const struct fw_change changes[2] = { 0 };
	const struct fw_rule rules[2] = { rule(0), rule(1) };
	struct intake in = { 0 };

	(void)state;
	assert_false(intake_take(&in, FW_REQ_BEGIN, begins, sizeof(begins)));
	assert_false(intake_take(&in, FW_REQ_CHANGE, changes, sizeof(changes)));
	begin(&in, 2, 0);
	assert_false(intake_take(&in, FW_REQ_RULE, rules, 0));
	assert_false(intake_take(&in, FW_REQ_RULE, rules, sizeof(*rules) - 1));
	assert_false(intake_take(&in, FW_REQ_RULE, rules, sizeof(rules) - 1));
	assert_false(intake_take(&in, FW_REQ_COMMIT, NULL, 0)); /* another's */
	assert_int_equal(end(&in), -EPERM);
	intake_forget(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_in_a_message),
		cmocka_unit_test(test_one_bad_among_several),
		cmocka_unit_test(test_more_than_announced),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
