/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fw/apply/check.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"

#define SITE "version: 1\nsite: { name: x }\nzones:\n"
#define CORE "  core: { kind: personal, interfaces: [core0], networks: [10.1.0.0/16] }\n"
#define NONE "{ \"ports\": [], \"permits\": [] }"
#define FLOW(more) \
	"services: { web: [tcp/443] }\nflows:\n  - { id: f, from: core, to: far, " \
	"services: [web], partner: p, basis: b, owner: o, review: 2027-01-01" more \
	" }\n"

static int compile(struct revision *rev, char *text, size_t size)
{
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	int r = ruleset_compile(rev, &golden_inventory, &rs, &diags);

	(void)diag_print(&diags, "f", text, size);
	if (r == 0)
		ruleset_free(rs);
	else
		assert_null(rs);
	return r;
}

static int compile_text(const char *policy, char *text, size_t size)
{
	struct revision *rev = golden_make(policy, NONE);
	int r;

	assert_non_null(rev);
	r = compile(rev, text, size);
	revision_free(rev);
	return r;
}

static void test_missing_interface(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(compile_text(SITE
				      "  core: { kind: personal, interfaces: [eth9], "
				      "networks: [10.1.0.0/16] }\n",
				      text, sizeof(text)),
			 -EINVAL);
	assert_non_null(strstr(text,
			       "f:4:40: interface 'eth9' of zone 'core' does not exist "
			       "on this machine (it has: lo, core0, "));
}

/* What was in force already need not be there: it comes later, or it is broken. */
static void test_known_interface(void **state)
{
	struct revision *rev =
		golden_make(SITE "  core: { kind: personal, interfaces: [eth9], "
				 "networks: [10.1.0.0/16] }\n",
			    NONE);
	struct inventory inv = golden_inventory;
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };

	(void)state;
	assert_non_null(rev);
	inv.known = rev->policy;
	assert_int_equal(ruleset_compile(rev, &inv, &rs, &diags), 0);
	ruleset_free(rs);
	revision_free(rev);
}

static void test_no_common_family(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(compile_text(SITE CORE
				      "  far: { kind: closed, interfaces: [wan1], "
				      "networks: [\"fd01::/64\"] }\n" FLOW(""),
				      text, sizeof(text)),
			 -EINVAL);
	assert_non_null(strstr(text, "flow 'f' can match nothing"));
}

static void test_missing_account(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(
		compile_text(
			SITE CORE
			"gateway: { ntp: { servers: [192.0.2.1], account: ntpsec } }\n",
			text, sizeof(text)),
		-EINVAL);
	assert_non_null(strstr(text,
			       "f:5:12: account 'ntpsec', for which 'ntp' is meant, does "
			       "not exist on this machine"));
}

/* Compiled at its end a flow is gone; in the second before, its rules name that end. */
static void test_ends(void **state)
{
	struct revision *rev = golden_load("timed");
	struct inventory inv = golden_inventory;
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	int64_t end;
	size_t rules;

	(void)state;
	assert_int_equal(ruleset_compile(rev, &inv, &rs, &diags), 0);
	end = rs->next_change;
	assert_true(end > GOLDEN_NOW && end < GOLDEN_NOW + 86400);
	rules = rs->rule_count;
	ruleset_free(rs);
	inv.now = end - 1;
	assert_int_equal(ruleset_compile(rev, &inv, &rs, &diags), 0);
	assert_int_equal(rs->rule_count, rules);
	assert_int_equal(rs->next_change, end);
	ruleset_free(rs);
	inv.now = end;
	assert_int_equal(ruleset_compile(rev, &inv, &rs, &diags), 0);
	assert_true(rs->rule_count < rules && rs->next_change > end);
	for (size_t i = 0; i < rs->rule_count; i++) {
		assert_string_not_equal(rs->rule[i].comment, "flow:night-run");
		assert_true(rs->rule[i].until == 0 || rs->rule[i].until > end);
	}
	ruleset_free(rs);
	revision_free(rev);
}

/* The policy reader refuses it first; the compiler must not rely on that. */
static void test_assertion(void **state)
{
	struct policy_assertion never = { .from = 0, .to = 1, .at = { .line = 42 } };
	struct revision *rev =
		golden_make(SITE CORE "  far: { kind: closed, interfaces: [wan1], "
				      "networks: [10.2.0.0/16] }\n" FLOW(""),
			    NONE);
	char text[1024];

	(void)state;
	assert_non_null(rev);
	assert_int_equal(compile(rev, text, sizeof(text)), 0);
	rev->policy->assertion = &never;
	rev->policy->assertion_count = 1;
	assert_int_equal(compile(rev, text, sizeof(text)), -EINVAL);
	assert_non_null(strstr(text,
			       "flow 'f' contradicts the assertion of line 42: never "
			       "from 'core' to 'far'"));
	rev->policy->assertion = NULL;
	rev->policy->assertion_count = 0;
	revision_free(rev);
}

static const char *const cases[] = { "clinic",    "union",       "smallest",
				     "admission", "transparent", "timed" };

/* What the compiler makes, the apply role's checks let through. */
static void test_records_pass_the_checks(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct revision *rev = golden_load(cases[c]);
		struct ruleset *rs = NULL;
		struct diags diags = { 0 };

		assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
		for (uint32_t i = 0; i < rs->chain_count; i++)
			assert_int_equal(
				check_chain(&rs->chain[i], FW_CHAIN_FIRST_FREE + i), 0);
		for (uint32_t i = 0; i < rs->rule_count; i++)
			assert_int_equal(
				check_rule(&rs->rule[i], i, (uint32_t)rs->chain_count),
				0);
		for (size_t i = 0; i < rs->permit_count; i++)
			assert_int_equal(check_permit(&rs->permit[i]), 0);
		ruleset_free(rs);
		revision_free(rev);
	}
}

/* Permits that are over, and those of zones where everybody may speak, are no elements. */
static void test_permits(void **state)
{
	struct revision *rev = golden_load("clinic");
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };

	(void)state;
	assert_int_equal(rev->permit_count, 4);
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	assert_int_equal(rs->permit_count, 3);
	for (size_t i = 0; i < rs->permit_count; i++)
		assert_int_not_equal(rs->permit[i].mark & REVISION_MARK_NUMBER, 4);
	ruleset_free(rs);
	for (size_t z = 0; z < rev->policy->zone_count; z++)
		rev->policy->zone[z].admission = POLICY_ADMISSION_OFF;
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	assert_int_equal(rs->permit_count, 0);
	ruleset_free(rs);
	revision_free(rev);
}

/* A chain of packets from outside marks each before anything else asks for that. */
static bool marks_first(const struct ruleset *rs, uint32_t chain)
{
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];

		if (r->chain != chain)
			continue;
		if (r->set_mark == FW_SET_META_CONST && r->verdict == FW_VERDICT_NONE)
			return true;
		if (r->lookup != FW_LOOKUP_QUARANTINE || r->verdict != FW_VERDICT_GOTO)
			return false;
	}
	return false;
}

/* The base chains only lead on, and what they lead to marks each packet anew. */
static void test_order_of_marks(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct revision *rev = golden_load(cases[c]);
		struct ruleset *rs = NULL;
		struct diags diags = { 0 };

		assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
		for (size_t i = 0; i < rs->rule_count; i++) {
			const struct fw_rule *r = &rs->rule[i];

			if (r->chain >= FW_CHAIN_OUTPUT || r->iifname[0] == '\0' ||
			    strcmp(r->iifname, "lo") == 0)
				continue;
			assert_int_equal(r->verdict, FW_VERDICT_GOTO);
			assert_true(marks_first(rs, r->target));
		}
		ruleset_free(rs);
		revision_free(rev);
	}
}

static bool same_service(const struct fw_rule *a, const struct fw_rule *b)
{
	return a->l4proto == b->l4proto && a->icmp_type == b->icmp_type &&
	       (a->match & FW_MATCH_ICMP_TYPE) == (b->match & FW_MATCH_ICMP_TYPE) &&
	       a->dport_min == b->dport_min && a->dport_max == b->dport_max;
}

static bool same_pair(const struct fw_rule *a, const struct fw_rule *b)
{
	return a->family == b->family && a->has_saddr == b->has_saddr &&
	       a->has_daddr == b->has_daddr && a->saddr_len == b->saddr_len &&
	       a->daddr_len == b->daddr_len && a->until == b->until &&
	       memcmp(a->saddr, b->saddr, sizeof(a->saddr)) == 0 &&
	       memcmp(a->daddr, b->daddr, sizeof(a->daddr)) == 0 &&
	       strcmp(a->comment, b->comment) == 0;
}

/* Does the long way through chain let pass what the short rule does? */
static bool has_long_way(const struct ruleset *rs, uint32_t chain, const char *oif,
			 const struct fw_rule *shorter)
{
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *pair = &rs->rule[i];

		if (pair->chain != chain || pair->verdict != FW_VERDICT_JUMP ||
		    strcmp(pair->oifname, oif) != 0 || !same_pair(pair, shorter))
			continue;
		if ((shorter->match & FW_MATCH_MARK) != 0
			    ? pair->mark_value != shorter->mark_value ||
				      pair->mark_mask != shorter->mark_mask
			    : pair->mark_value != FW_MARK_ZONE)
			return false;
		for (size_t k = 0; k < rs->rule_count; k++) {
			if (rs->rule[k].chain == pair->target &&
			    same_service(&rs->rule[k], shorter))
				return true;
		}
	}
	return false;
}

static bool is_short_flow(const struct fw_rule *r)
{
	return r->counter == FW_COUNTER_FLOW && r->verdict == FW_VERDICT_ACCEPT;
}

/* From each rule that leads to the short rule's chain; or it stands there itself. */
static size_t count_long_ways(const struct ruleset *rs, const struct fw_rule *r)
{
	size_t count = 0;

	assert_int_equal(r->lookup, FW_LOOKUP_LIVE);
	if (r->oifname[0] != '\0') {
		assert_int_equal(r->ct_state, FW_CT_ESTABLISHED);
		assert_int_equal(r->ct_direction, FW_DIR_ORIGINAL);
		assert_true(has_long_way(rs, r->chain, r->oifname, r));
		return 1;
	}
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *lead = &rs->rule[i];

		if (lead->target != r->chain || lead->verdict != FW_VERDICT_JUMP)
			continue;
		assert_int_equal(lead->ct_state, FW_CT_ESTABLISHED);
		assert_int_equal(lead->ct_direction, FW_DIR_ORIGINAL);
		assert_true(has_long_way(rs, lead->chain, lead->oifname, r));
		count++;
	}
	return count;
}

/* The proof asks less of later packets: that no short rule is wider is shown here. */
static void test_short_way_is_no_wider(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		struct revision *rev = golden_load(cases[c]);
		struct ruleset *rs = NULL;
		struct diags diags = { 0 };

		assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
		for (size_t i = 0; i < rs->rule_count; i++) {
			if (!is_short_flow(&rs->rule[i]))
				continue;
			assert_int_not_equal(count_long_ways(rs, &rs->rule[i]), 0);
			count++;
		}
		ruleset_free(rs);
		revision_free(rev);
	}
	assert_true(count > 10);
}

/* Many flows between two zones: all of them go the long way, and only once. */
static void test_short_way_is_short(void **state)
{
	struct revision *rev = golden_load("clinic");
	struct policy *p = rev->policy;
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	size_t before = 0, after = 0;

	(void)state;
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	for (size_t i = 0; i < rs->rule_count; i++)
		before += is_short_flow(&rs->rule[i]);
	assert_int_not_equal(before, 0);
	ruleset_free(rs);
	for (size_t i = 0; i < p->service_count; i++) {
		size_t count = 40; /* more than there may be */
		struct policy_match *m = calloc(count, sizeof(*m));

		assert_non_null(m);
		for (size_t k = 0; k < count; k++)
			m[k] = (struct policy_match){ .proto = 6,
						      .port_min = (uint16_t)(k + 1),
						      .port_max = (uint16_t)(k + 1) };
		free(p->service[i].match);
		p->service[i].match = m;
		p->service[i].match_count = count;
	}
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	for (size_t i = 0; i < rs->rule_count; i++)
		after += is_short_flow(&rs->rule[i]);
	assert_int_equal(after, 0);
	ruleset_free(rs);
	revision_free(rev);
}

/* Nothing that goes on is let through without a mark that is live. */
static void test_order_of_things(void **state)
{
	struct revision *rev = golden_load("clinic");
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };

	(void)state;
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];

		if (r->verdict != FW_VERDICT_ACCEPT)
			continue;
		/* only the loopback interface is accepted in a base chain of packets from outside */
		if (r->chain < FW_CHAIN_OUTPUT)
			assert_string_equal(r->iifname, "lo");
		/* established connections pass while their mark is live, the proxy's own aside */
		if ((r->ct_state & (FW_CT_ESTABLISHED | FW_CT_RELATED)) != 0)
			assert_true(r->lookup == FW_LOOKUP_LIVE ||
				    r->ct_mark == FW_MARK_PROXY ||
				    (r->ct_mark == FW_MARK_GATEWAY && r->has_daddr));
		/* a new connection always gets a mark, or has got a live one already */
		if ((r->ct_state & FW_CT_NEW) != 0)
			assert_true(r->set_mark != 0 || r->lookup == FW_LOOKUP_LIVE);
	}
	ruleset_free(rs);
	revision_free(rev);
}

/* Each redirection is of a transparent zone's own devices, to the proxy's port. */
static void test_redirections(void **state)
{
	struct revision *rev = golden_load("transparent");
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	size_t count = 0;

	(void)state;
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];

		if (r->verdict != FW_VERDICT_REDIRECT)
			continue;
		count++;
		assert_int_equal(r->target, 8080);
		assert_int_not_equal(r->mark_value & FW_MARK_CLASS, 0);
		assert_memory_equal(ruleset_chain_name(rs, r->chain), "redirect-", 9);
	}
	assert_int_equal(count, 6); /* two ports; full and restricted, and the zone's */
	ruleset_free(rs);
	rev->policy->proxy.transparent_count = 0;
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), 0);
	assert_false(ruleset_has_rules(rs, FW_CHAIN_PREROUTING));
	ruleset_free(rs);
	revision_free(rev);
}

static void out_of_memory(const char *name)
{
	struct revision *rev = golden_load(name);
	char text[1024];
	int r;

	for (unsigned n = 1;; n++) {
		alloc_fail_at(n);
		r = compile(rev, text, sizeof(text));
		if (!alloc_fail_fired())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	alloc_fail_at(0);
	assert_int_equal(r, 0);
	revision_free(rev);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(cases); c++)
		out_of_memory(cases[c]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_interface),
		cmocka_unit_test(test_known_interface),
		cmocka_unit_test(test_no_common_family),
		cmocka_unit_test(test_assertion),
		cmocka_unit_test(test_records_pass_the_checks),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_order_of_things),
		cmocka_unit_test(test_order_of_marks),
		cmocka_unit_test(test_short_way_is_no_wider),
		cmocka_unit_test(test_short_way_is_short),
		cmocka_unit_test(test_redirections),
		cmocka_unit_test(test_missing_account),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
