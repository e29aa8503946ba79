/* SPDX-License-Identifier: GPL-3.0-or-later */
/* what is remembered of sign-ins: verdicts, and addresses that are shut out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "proxy/lockout.h"
#include "proxy/verdicts.h"
#include "tests/support/alloc_fail.h"

static struct verdicts_key key(uint32_t set, uint32_t n)
{
	struct verdicts_key k = { 0 };

	memcpy(k.bytes, &set, sizeof(set));
	memcpy(k.bytes + 8, &n, sizeof(n));
	return k;
}

static void test_kept_for_a_while(void **state)
{
	struct verdicts *v = verdicts_new();
	struct verdicts_key a = key(1, 1), b = key(1, 2), other = key(1, 3);
	char login[VERDICTS_LOGIN];

	(void)state;
	verdicts_put(v, &a, VERDICT_OK, "sato", 1000, 2000);
	verdicts_put(v, &b, VERDICT_REFUSED, "", 1000, 1500);
	assert_int_equal(verdicts_get(v, &a, 1999, login), VERDICT_OK);
	assert_string_equal(login, "sato");
	assert_int_equal(verdicts_get(v, &b, 1499, login), VERDICT_REFUSED);
	assert_string_equal(login, "");
	assert_int_equal(verdicts_get(v, &b, 1500, login), VERDICT_UNKNOWN);
	assert_int_equal(verdicts_get(v, &a, 2000, login), VERDICT_UNKNOWN);
	assert_int_equal(verdicts_get(v, &other, 1000, login), VERDICT_UNKNOWN);
	verdicts_put(v, &a, VERDICT_LOCKED, "", 1000, 3000); /* in its old place */
	assert_int_equal(verdicts_get(v, &a, 1000, login), VERDICT_LOCKED);
	verdicts_free(v);
}

static void test_forgotten(void **state)
{
	struct verdicts *v = verdicts_new();
	struct verdicts_key a = key(1, 1), b = key(2, 2), c = key(3, 3);
	char login[VERDICTS_LOGIN];

	(void)state;
	verdicts_put(v, &a, VERDICT_OK, "sato", 0, 1000);
	verdicts_put(v, &b, VERDICT_OK, "sato2", 0, 1000);
	verdicts_put(v, &c, VERDICT_REFUSED, "", 0, 1000);
	verdicts_forget(v, "sato");
	assert_int_equal(verdicts_get(v, &a, 1, login), VERDICT_UNKNOWN);
	assert_int_equal(verdicts_get(v, &b, 1, login), VERDICT_OK);
	verdicts_forget(v, "");
	assert_int_equal(verdicts_get(v, &b, 1, login), VERDICT_UNKNOWN);
	assert_int_equal(verdicts_get(v, &c, 1, login), VERDICT_REFUSED);
	verdicts_free(v);
}

/* Who guesses does not drive out who is signed in. */
static void test_full(void **state)
{
	struct verdicts *v = verdicts_new();
	struct verdicts_key good = key(7, 0);
	char login[VERDICTS_LOGIN];

	(void)state;
	verdicts_put(v, &good, VERDICT_OK, "sato", 0, 1000);
	for (uint32_t n = 1; n < 100; n++) {
		struct verdicts_key k = key(7, n);

		verdicts_put(v, &k, VERDICT_REFUSED, "", 0, 100000);
		assert_int_equal(verdicts_get(v, &k, 1, login), VERDICT_REFUSED);
	}
	assert_int_equal(verdicts_get(v, &good, 1, login), VERDICT_OK);
	for (uint32_t n = 100; n < 120; n++) {
		struct verdicts_key k = key(7, n);

		verdicts_put(v, &k, VERDICT_OK, "x", 0, 2000 + n);
	}
	assert_int_equal(verdicts_get(v, &good, 1, login), VERDICT_UNKNOWN);
	verdicts_free(v);
}

static struct addr source(uint32_t n)
{
	struct addr a = { .family = 6, .bytes = { 0xfd } };

	memcpy(a.bytes + 12, &n, sizeof(n));
	return a;
}

static void test_shut_out(void **state)
{
	struct lockout *l = lockout_new();
	struct addr a = source(1);
	bool first = false;

	(void)state;
	for (int i = 0; i < LOCKOUT_FAILURES; i++) {
		assert_false(lockout_is(l, a, 1000, &first));
		lockout_fail(l, a, 1000 + i);
	}
	assert_true(lockout_is(l, a, 1100, &first));
	assert_true(first);
	assert_true(lockout_is(l, a, 1100, &first));
	assert_false(first);
	assert_false(lockout_is(l, source(2), 1100, &first));
	lockout_fail(l, a, 400000); /* does not make it longer */
	assert_true(lockout_is(l, a, 1000 + LOCKOUT_MS, &first));
	assert_false(lockout_is(l, a, 1100 + LOCKOUT_MS, &first));
	/* failures long ago do not count */
	for (int i = 0; i < LOCKOUT_FAILURES - 1; i++)
		lockout_fail(l, a, 2 * LOCKOUT_MS);
	lockout_fail(l, a, 3 * LOCKOUT_MS);
	assert_false(lockout_is(l, a, 3 * LOCKOUT_MS, &first));
	lockout_free(l);
}

/* However many addresses fail, one that is shut out stays so. */
static void test_many_sources(void **state)
{
	struct lockout *l = lockout_new();
	bool first;

	(void)state;
	for (int i = 0; i < LOCKOUT_FAILURES; i++)
		lockout_fail(l, source(0), 1000);
	for (uint32_t n = 1; n < 5 * LOCKOUT_SOURCES_MAX; n++)
		lockout_fail(l, source(n), 1000 + (int64_t)n);
	assert_true(lockout_is(l, source(0), 30000, &first));
	lockout_free(l);
}

static void test_allocation(void **state)
{
	(void)state;
	alloc_fail_at(1);
	assert_null(verdicts_new());
	alloc_fail_at(1);
	assert_null(lockout_new());
	alloc_fail_at(0);
	verdicts_free(NULL);
	lockout_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_for_a_while),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_shut_out),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
