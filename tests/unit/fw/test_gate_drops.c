/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fw/gated/drops.h"

#define HEAD \
	"entries  clashres found new invalid ignore delete chainlength insert " \
	"insert_failed drop early_drop icmp_error  expect_new\n"
#define CPU(drop) \
	"00000005  00000001 00000002 00000003 00000004 00000005 00000006 00000007 " \
	"00000008 00000009 " drop " 0000000b 0000000c  0000000d\n"

static char path[] = "/tmp/sekisho-drops-XXXXXX";

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_all_processors_count(void **state)
{
	struct drops d = { 0 };

	(void)state;
	put(HEAD CPU("00000010") CPU("00000001"));
	assert_int_equal(drops_look(&d, path), 0); /* before us */
	assert_int_equal(drops_look(&d, path), 0);
	put(HEAD CPU("0000001a") CPU("00000003"));
	assert_int_equal(drops_look(&d, path), 12);
	assert_int_equal(drops_look(&d, path), 0);
	put(HEAD CPU("00000000") CPU("00000003")); /* one has begun anew */
	assert_int_equal(drops_look(&d, path), 0);
	put(HEAD CPU("00000002") CPU("00000003"));
	assert_int_equal(drops_look(&d, path), 2);
}

static void test_what_tells_nothing(void **state)
{
	static const char *const texts[] = { "",
					     "\n",
					     "entries early_drop\n00000001 00000002\n",
					     HEAD "00000005\n",
					     HEAD "\n",
					     "drop" };
	struct drops d = { 0 };

	(void)state;
	assert_int_equal(drops_look(&d, "/nowhere/at/all"), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(texts[i]);
		(void)drops_look(&d, path);
		assert_int_equal(drops_look(&d, path), 0);
	}
}

static void test_the_kernel_has_it(void **state)
{
	struct drops d = { 0 };

	(void)state;
	if (access(DROPS_PATH, R_OK) == -1)
		skip();
	(void)drops_look(&d, DROPS_PATH);
	assert_true(d.known);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 || close(fd) == -1 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_processors_count),
		cmocka_unit_test(test_what_tells_nothing),
		cmocka_unit_test(test_the_kernel_has_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
