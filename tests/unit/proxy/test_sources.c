/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "proxy/sources.h"
#include "tests/support/alloc_fail.h"

static struct addr addr_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

/* One of many addresses of a network. */
static struct addr host(unsigned net, unsigned i)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "fd30:0:0:%x::%x", net, i);
	return addr_of(text);
}

static void test_addresses(void **state)
{
	struct addr a = addr_of("10.0.0.1"), b = addr_of("10.0.0.2");
	struct sources *s;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	assert_int_equal(sources_add(s, a, false, 0, 9), -EUSERS);
	assert_int_equal(sources_add(s, a, false, 2, 9), 0);
	assert_int_equal(sources_add(s, a, false, 2, 9), 0);
	assert_int_equal(sources_add(s, a, false, 2, 9), -EUSERS);
	assert_int_equal(sources_add(s, b, false, 2, 2), -ENFILE);
	assert_int_equal(sources_add(s, b, false, 2, 3), 0);
	assert_int_equal(sources_total(s), 3);
	sources_remove(s, a, false);
	assert_int_equal(sources_add(s, a, false, 2, 9), 0);
	for (int i = 0; i < 2; i++)
		sources_remove(s, a, false);
	sources_remove(s, b, false);
	sources_remove(s, b, false); /* nothing is there */
	assert_int_equal(sources_total(s), 0);
	sources_free(s);
	sources_free(NULL);
}

/* With addresses of its own making, a device gets half of what there is. */
static void test_networks(void **state)
{
	struct sources *s;
	unsigned n = 0;

	(void)state;
	assert_int_equal(sources_new(&s), 0);
	while (sources_add(s, host(1, n), false, 4, 20) == 0)
		n++;
	assert_int_equal(n, 10);
	assert_int_equal(sources_add(s, host(1, 1), false, 4, 20), -EUSERS);
	/* what was refused left nothing behind */
	assert_int_equal(sources_total(s), 10);
	assert_int_equal(sources_add(s, host(2, 1), false, 4, 20), 0);
	assert_int_equal(sources_add(s, addr_of("10.0.0.1"), false, 4, 20), 0);
	/* admitted devices are known by more than their addresses */
	assert_int_equal(sources_add(s, host(1, 99), true, 1, 20), 0);
	assert_int_equal(sources_add(s, host(1, 99), true, 1, 20), -EUSERS);
	sources_remove(s, host(1, 3), false);
	assert_int_equal(sources_add(s, host(1, 98), false, 4, 20), 0);
	assert_int_equal(sources_add(s, host(1, 3), false, 4, 20), -EUSERS);
	sources_free(s);
}

static void test_allocation(void **state)
{
	struct sources *s;

	(void)state;
	alloc_fail_at(1);
	assert_int_equal(sources_new(&s), -ENOMEM);
	assert_int_equal(sources_new(&s), 0);
	for (unsigned nth = 1; nth <= 2; nth++) { /* the address, its network */
		alloc_fail_at(nth);
		assert_int_equal(sources_add(s, host(1, 1), false, 1, 9), -ENOMEM);
		assert_true(alloc_fail_fired());
		assert_int_equal(sources_total(s), 0);
	}
	alloc_fail_at(0);
	assert_int_equal(sources_add(s, host(1, 1), false, 1, 9), 0);
	assert_int_equal(sources_total(s), 1);
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
