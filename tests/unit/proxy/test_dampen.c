/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "proxy/dampen.h"

#define T0 1000000 /* ms; some time after the start of the machine */

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* Every refusal is stood for by some record, and a flood causes few. */
static void test_flood(void **state)
{
	static struct dampen d;
	struct addr a = addr("10.0.0.1"), who;
	uint32_t records = 0, stood_for = 0, count;

	(void)state;
	dampen_init(&d);
	for (int i = 0; i < 100000; i++) { /* ten seconds of 10,000 a second */
		count = dampen_refusal(&d, 0, a, T0 + i / 10);
		records += count != 0 ? 1 : 0;
		stood_for += count;
	}
	assert_in_range(records, DAMPEN_BURST, DAMPEN_BURST + 10 * DAMPEN_PER_S + 1);
	while ((count = dampen_owed(&d, &who)) != 0) {
		assert_true(addr_equal(who, a));
		stood_for += count;
	}
	assert_int_equal(stood_for, 100000);
	/* quiet for a while, and it may cause a burst again */
	for (int i = 0; i < DAMPEN_BURST; i++)
		assert_int_equal(dampen_refusal(&d, 0, a, T0 + 60000), 1);
	assert_int_equal(dampen_refusal(&d, 0, a, T0 + 60000), 0);
}

/* A device is one, whichever address it uses; another has its own measure. */
static void test_by_permit(void **state)
{
	static struct dampen d;
	unsigned others = 0;

	(void)state;
	dampen_init(&d);
	for (unsigned i = 0; i < 1000; i++) {
		struct addr a = addr("fd00::1");

		a.bytes[14] = (uint8_t)(i >> 8);
		a.bytes[15] = (uint8_t)i;
		assert_int_equal(dampen_refusal(&d, 7, a, T0) != 0, i < DAMPEN_BURST);
	}
	for (uint32_t permit = 8; permit < 40; permit++)
		others += dampen_refusal(&d, permit, addr("10.0.0.2"), T0);
	assert_in_range(others, 30, 2000); /* one or two may share the slot */
}

/* A clock that stands still or goes back grants nothing and breaks nothing. */
static void test_clock(void **state)
{
	static struct dampen d;
	struct addr a = addr("10.0.0.1");

	(void)state;
	dampen_init(&d);
	for (int i = 0; i < DAMPEN_BURST; i++)
		assert_int_equal(dampen_refusal(&d, 0, a, T0), 1);
	assert_int_equal(dampen_refusal(&d, 0, a, T0 - 5000), 0);
	assert_int_equal(dampen_refusal(&d, 0, a, T0), 0);
	assert_int_equal(dampen_refusal(&d, 0, a, T0 + 1000 / DAMPEN_PER_S), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_by_permit),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
