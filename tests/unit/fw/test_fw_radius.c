/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fw/golden.h"

#define OBJECTS "{ \"ports\": [], \"permits\": [] }"

/* The gateway's answer to switches: from their addresses only, under a permit. */
static void test_input(void **state)
{
	static const char policy[] =
		"version: 1\nsite: { name: s }\nzones:\n"
		"  office: { kind: office, interfaces: [office0], networks: "
		"[10.3.0.0/16] }\n"
		"  mgmt: { kind: management, interfaces: [mgmt0], networks: "
		"[10.4.0.0/16],\n"
		"          admission: off }\n"
		"gateway: { radius: { switches: [10.3.0.5, 10.4.0.6] } }\n";
	struct revision *rev = golden_make(policy, OBJECTS);
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	size_t found = 0;

	(void)state;
	assert_non_null(rev);
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];
		const char *chain = ruleset_chain_name(rs, r->chain);
		bool office;

		if (r->dport_min != 1812)
			continue;
		office = r->saddr[1] == 3;
		assert_int_equal(r->dport_max, 1812);
		assert_int_equal(r->l4proto, 17);
		assert_int_equal(r->saddr_len, 32);
		assert_int_equal(r->saddr[3], office ? 5 : 6);
		assert_string_equal(chain, office ? "input-office" : "input-mgmt");
		assert_int_equal(r->match, FW_MATCH_MARK);
		assert_int_equal(r->mark_value,
				 office ? REVISION_MARK_FULL : FW_MARK_ZONE);
		found++;
	}
	assert_int_equal(found, 2);
	ruleset_free(rs);
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_input) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
