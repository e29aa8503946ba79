/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <net/if.h>

#include "fw/gated/ifzone.h"
#include "lib/str.h"
#include "tests/unit/fw/golden.h"

static const char policy[] =
	"version: 1\nsite: { name: t }\nzones:\n"
	"  other: { kind: office, interfaces: [eth77], networks: [10.1.0.0/16] }\n"
	"  mine: { kind: office, interfaces: [eth78], networks: [10.2.0.0/16] }\n";
static const char objects[] = "{ \"ports\": [], \"permits\": [] }";

/* Zone 1 has the only interface that is there everywhere, which no policy may name. */
static struct revision *make(void)
{
	struct revision *rev = golden_make(policy, objects);

	assert_non_null(rev);
	assert_int_equal(
		str_copy(rev->policy->zone[1].interface[0].name, IF_NAMESIZE, "lo"), 0);
	return rev;
}

static void test_by_name(void **state)
{
	struct revision *rev = make();
	struct ifzone z = { 0 };
	uint32_t lo = if_nametoindex("lo");

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(ifzone_of(&z, rev->policy, lo), 1);
	assert_int_equal(z.count, 1);
	assert_int_equal(ifzone_of(&z, rev->policy, 0), POLICY_NONE);
	assert_int_equal(ifzone_of(&z, rev->policy, 1u << 30), POLICY_NONE);
	ifzone_forget(&z);
	assert_int_equal(z.count, 0);
	revision_free(rev);
}

/* More interfaces than there is room for are asked for each time. */
static void test_ceiling(void **state)
{
	struct revision *rev = make();
	struct ifzone z = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 2 * IFZONE_MAX; i++)
		assert_int_equal(ifzone_of(&z, rev->policy, (1u << 30) + i), POLICY_NONE);
	assert_int_equal(z.count, IFZONE_MAX);
	assert_int_equal(ifzone_of(&z, rev->policy, if_nametoindex("lo")), 1);
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
