/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/apply/check.h"
#include "fw/gated/load.h"
#include "fw/gated/lockdown.h"
#include "lib/str.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"

/* What can accept, where: everything else has to be a refusal or lead to one. */
static void only_management(const struct revision *rev, const struct ruleset *rs)
{
	const struct policy_management *m = &rev->policy->management;

	for (uint32_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];
		const char *chain = ruleset_chain_name(rs, r->chain);

		assert_int_equal(check_rule(r, i, (uint32_t)rs->chain_count), 0);
		assert_int_not_equal(r->chain, FW_CHAIN_PREROUTING);
		assert_int_not_equal(strncmp(chain, "flow", 4), 0);
		assert_int_not_equal(strncmp(chain, "open", 4), 0);
		if (r->chain == FW_CHAIN_FORWARD) {
			assert_int_not_equal(r->verdict, FW_VERDICT_ACCEPT);
			/* out of it lead the marking of packets and the refusal */
			if (r->verdict == FW_VERDICT_GOTO)
				assert_string_equal(ruleset_chain_name(rs, r->target),
						    "deny");
		}
		if (r->chain == FW_CHAIN_OUTPUT && r->verdict == FW_VERDICT_ACCEPT)
			assert_int_equal(r->match & (FW_MATCH_SKUID | FW_MATCH_CT_MARK),
					 0);
		if (strncmp(chain, "input-", 6) == 0 && r->l4proto == IPPROTO_TCP)
			assert_true(m->present &&
				    (r->dport_min == m->port || r->dport_min == m->ssh));
	}
}

static void test_only_management_is_left(void **state)
{
	static const char *const cases[] = { "smallest",    "clinic", "union",
					     "transparent", "nat",    "timed",
					     "bridged" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct revision *rev = golden_load(cases[i]);
		struct diags diags = { 0 };
		struct ruleset *rs = NULL;

		assert_non_null(rev);
		assert_int_equal(lockdown_compile(rev, &golden_inventory, &rs, &diags),
				 0);
		only_management(rev, rs);
		for (size_t k = 0; k < rs->permit_count; k++) {
			bool managing = false;
			const struct policy_management *m = &rev->policy->management;

			for (size_t z = 0; z < m->zone_count; z++)
				managing = managing ||
					   policy_zone_by_interface(
						   rev->policy, rs->permit[k].iifname) ==
						   m->zone[z];
			assert_true(m->present && managing);
		}
		ruleset_free(rs);
		revision_free(rev);
	}
}

/* A lockdown needs no account of the policy: one may have gone since it was loaded. */
static void test_a_missing_account_does_not_keep_it_open(void **state)
{
	struct revision *rev = golden_load("timed");
	struct svc svc = { 0 };
	struct gate g = { .svc = &svc, .now = { .rev = rev } };
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };

	(void)state;
	assert_non_null(rev);
	assert_true(rev->policy->gateway.ntp.present);
	(void)str_copy(rev->policy->gateway.ntp.account,
		       sizeof(rev->policy->gateway.ntp.account), "nobody-of-that-name");
	assert_true(load_compile(&g, rev, rev->policy, &rs, &diags) < 0);
	g.lockdown.on = true;
	assert_int_equal(load_compile(&g, rev, rev->policy, &rs, &diags), 0);
	only_management(rev, rs);
	ruleset_free(rs);
	revision_free(rev);
}

static void test_out_of_memory(void **state)
{
	struct revision *rev = golden_load("union");
	bool fired = true;

	(void)state;
	assert_non_null(rev);
	for (unsigned n = 1; fired; n++) {
		struct diags diags = { 0 };
		struct ruleset *rs = NULL;
		int r;

		alloc_fail_at(n);
		r = lockdown_compile(rev, &golden_inventory, &rs, &diags);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		ruleset_free(rs);
	}
	revision_free(rev);
}

static void test_spares(void **state)
{
	struct revision *rev = golden_load("union");
	const struct policy_management *m;
	struct ctevent e = { .orig = { .proto = IPPROTO_TCP } };

	(void)state;
	assert_non_null(rev);
	m = &rev->policy->management;
	assert_true(m->present);
	e.orig.dst_port = m->port;
	e.orig.src = rev->policy->zone[m->zone[0]].networks.item[0].addr;
	assert_true(lockdown_spares(rev, &e));
	e.orig.dst_port = 22; /* offered by this policy, and by no other */
	assert_true(lockdown_spares(rev, &e));
	rev->policy->management.ssh = 0;
	assert_false(lockdown_spares(rev, &e));
	e.orig.dst_port = 0;
	assert_false(lockdown_spares(rev, &e));
	e.orig.dst_port = m->port;
	e.orig.dst_port++;
	assert_false(lockdown_spares(rev, &e));
	e.orig.dst_port--;
	e.orig.proto = IPPROTO_UDP;
	assert_false(lockdown_spares(rev, &e));
	e.orig.proto = IPPROTO_TCP;
	assert_int_equal(addr_parse("203.0.113.1", &e.orig.src), 0);
	assert_false(lockdown_spares(rev, &e));
	revision_free(rev);
}

static void test_state_file(void **state)
{
	char dir[] = "/tmp/lockdown-XXXXXX", path[64];
	struct lockdown l = { .on = true, .since_s = 1790000000 }, got;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/lockdown", dir);
	lockdown_read(path, &got);
	assert_false(got.on);
	(void)snprintf(l.who, sizeof(l.who), "shicho");
	(void)snprintf(l.reason, sizeof(l.reason), "火事");
	assert_int_equal(lockdown_write(path, &l), 0);
	lockdown_read(path, &got);
	assert_true(got.on);
	assert_int_equal(got.since_s, l.since_s);
	assert_string_equal(got.who, l.who);
	assert_string_equal(got.reason, l.reason);
	/* whatever is in it: it is there */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	lockdown_read(path, &got);
	assert_true(got.on);
	assert_string_equal(got.who, "");
	l.on = false;
	assert_int_equal(lockdown_write(path, &l), 0);
	assert_int_equal(lockdown_write(path, &l), 0);
	lockdown_read(path, &got);
	assert_false(got.on);
	assert_int_equal(rmdir(dir), 0);
	/* it cannot be looked at: locked */
	lockdown_read("/dev/null/lockdown", &got);
	assert_true(got.on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_management_is_left),
		cmocka_unit_test(test_a_missing_account_does_not_keep_it_open),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_state_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
