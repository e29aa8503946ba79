/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones with ports: what the compiler makes of their permits, what the apply role takes. */
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
#include "fw/gated/denies.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"

#define SITE "version: 1\nsite: { name: x }\nzones:\n"
#define ZONE(more) \
	SITE "  office: { kind: office, interfaces: [br0], ports: [p1, p2], networks: " \
	     "[10.1.0.0/16]" more " }\n"
#define NONE "{ \"ports\": [], \"permits\": [] }"
#define PERMIT(n, port, more) \
	"{ \"id\": \"p000000000000000" n "\", \"number\": " n \
	", \"device\": \"d000000000000000" n "\", \"mac\": \"02:00:00:00:00:01\"" \
	", \"interface\": \"" port "\", \"zone\": \"office\", \"user\": \"\"" \
	", \"group\": \"\"" more " }"
#define PERMITS(a, b) "{ \"ports\": [], \"permits\": [ " a ", " b " ] }"
#define ALL           ", \"destinations\": []"
#define SOME          ", \"destinations\": [\"a.example\"]"
#define UNTIL(s)      ", \"until\": 17900000" s

static struct ruleset *compile(const char *policy, const char *objects)
{
	struct revision *rev = golden_make(policy, objects);
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	char text[1024];

	assert_non_null(rev);
	if (ruleset_compile(rev, &golden_inventory, &rs, &diags) < 0)
		(void)fputs(diag_print(&diags, "f", text, sizeof(text)), stderr);
	revision_free(rev);
	return rs;
}

static const struct fw_permit *find(const struct ruleset *rs, enum fw_permit_kind kind,
				    const char *name)
{
	const struct fw_permit *found = NULL;

	for (size_t i = 0; i < rs->permit_count; i++) {
		if (rs->permit[i].kind != kind ||
		    strcmp(rs->permit[i].iifname, name) != 0)
			continue;
		assert_null(found);
		found = &rs->permit[i];
	}
	return found;
}

/* The card counts once for the bridge, and which of its permits does: number, until when. */
static void check_counts(const char *objects, uint32_t mark, int64_t until,
			 int64_t next_permit)
{
	struct ruleset *rs = compile(ZONE(""), objects);
	const struct fw_permit *p;

	assert_non_null(rs);
	p = find(rs, FW_PERMIT_BRIDGE, "br0");
	assert_non_null(p);
	assert_int_equal(p->mark, mark);
	assert_int_equal(p->until, until);
	assert_true(rs->next_permit == next_permit);
	assert_non_null(find(rs, FW_PERMIT_PORT, "p1"));
	assert_non_null(find(rs, FW_PERMIT_PORT, "p2"));
	for (size_t i = 0; i < rs->permit_count; i++)
		assert_int_equal(check_permit(&rs->permit[i]), 0);
	ruleset_free(rs);
}

static void test_a_card_at_two_ports(void **state)
{
	(void)state;
	/* the one that lasts, else the first */
	check_counts(PERMITS(PERMIT("1", "p1", UNTIL("60") ALL),
			     PERMIT("2", "p2", UNTIL("90") ALL)),
		     REVISION_MARK_FULL | 2, 1790000090, INT64_MAX);
	check_counts(PERMITS(PERMIT("1", "p1", UNTIL("60") ALL), PERMIT("2", "p2", ALL)),
		     REVISION_MARK_FULL | 2, 0, INT64_MAX);
	check_counts(PERMITS(PERMIT("2", "p1", ALL), PERMIT("1", "p2", ALL)),
		     REVISION_MARK_FULL | 1, 0, INT64_MAX);
	/* the lesser rights, and when they are over the others */
	check_counts(PERMITS(PERMIT("1", "p1", ALL), PERMIT("2", "p2", SOME)),
		     REVISION_MARK_RESTRICTED | 2, 0, INT64_MAX);
	check_counts(PERMITS(PERMIT("1", "p1", UNTIL("90") ALL),
			     PERMIT("2", "p2", UNTIL("60") SOME)),
		     REVISION_MARK_RESTRICTED | 2, 1790000060, 1790000060);
	check_counts(PERMITS(PERMIT("1", "p1", UNTIL("60") ALL),
			     PERMIT("2", "p2", UNTIL("90") SOME)),
		     REVISION_MARK_RESTRICTED | 2, 1790000090, INT64_MAX);
}

/* A port hears as long as somebody there may. */
static void test_ends_of_ports(void **state)
{
	struct ruleset *rs =
		compile(ZONE(""), PERMITS(PERMIT("1", "p1", UNTIL("60") ALL),
					  PERMIT("2", "p2", UNTIL("90") SOME)));

	(void)state;
	assert_non_null(rs);
	assert_int_equal(find(rs, FW_PERMIT_NEIGHBOURS, "p1")->until, 1790000060);
	assert_int_equal(find(rs, FW_PERMIT_LISTENING, "p1")->until, 1790000060);
	assert_int_equal(find(rs, FW_PERMIT_LISTENING, "p2")->until, 1790000090);
	assert_null(find(rs, FW_PERMIT_NEIGHBOURS, "p2"));
	ruleset_free(rs);
}

/* A permit for the bridge itself is for no port; nor does one count without admission. */
static void test_permits_that_do_not_count(void **state)
{
	const char *objects =
		PERMITS(PERMIT("1", "br0", ALL), PERMIT("2", "p2", UNTIL("00") ALL));
	struct ruleset *rs = compile(ZONE(""), objects);

	(void)state;
	assert_non_null(rs);
	assert_int_equal(rs->permit_count, 0);
	assert_int_equal(rs->port_count, 2);
	assert_true(rs->port[0].free == 0 && rs->port[0].locked == 0);
	assert_string_equal(rs->port[1].name, "p2");
	assert_string_equal(rs->port[1].bridge, "br0");
	ruleset_free(rs);
	rs = compile(ZONE(", admission: off"),
		     PERMITS(PERMIT("1", "p1", ALL), PERMIT("2", "p2", ALL)));
	assert_non_null(rs);
	assert_int_equal(rs->permit_count, 0);
	assert_int_equal(rs->port[0].free, 1);
	ruleset_free(rs);
}

static void test_missing_port(void **state)
{
	struct revision *rev = golden_make(
		SITE "  office: { kind: office, interfaces: [br0], ports: [p1, p9], "
		     "networks: [10.1.0.0/16] }\n",
		NONE);
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	char text[1024];

	(void)state;
	assert_non_null(rev);
	assert_int_equal(ruleset_compile(rev, &golden_inventory, &rs, &diags), -EINVAL);
	assert_non_null(strstr(diag_print(&diags, "f", text, sizeof(text)),
			       "port 'p9' of zone 'office' does not exist"));
	revision_free(rev);
}

/* Else nobody would record what is refused. */
static void test_prefix(void **state)
{
	(void)state;
	assert_int_equal(denies_reason(FW_BRIDGE_LOG_PREFIX), REASON_NOT_ADMITTED);
	assert_int_equal(denies_reason(FW_BRIDGE_LOG_QUARANTINE), REASON_QUARANTINED);
}

static void test_no_memory(void **state)
{
	struct revision *rev = golden_load("bridged");
	bool fired = true;

	(void)state;
	assert_non_null(rev);
	for (unsigned nth = 1; fired; nth++) {
		struct ruleset *rs = NULL;
		struct diags diags = { 0 };
		int r;

		alloc_fail_at(nth);
		r = ruleset_compile(rev, &golden_inventory, &rs, &diags);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		ruleset_free(rs);
	}
	revision_free(rev);
}

static void test_records_of_ports(void **state)
{
	const struct fw_port ok = { .name = "p1", .bridge = "br0", .locked = 1 };
	const struct fw_permit listening = { .iifname = "p1",
					     .kind = FW_PERMIT_LISTENING };
	struct fw_permit permit = listening;
	struct fw_port p = ok;

	(void)state;
	assert_int_equal(check_port(&ok), 0);
	p.free = 1; /* what is free is not locked */
	assert_int_equal(check_port(&p), -EPERM);
	p = ok;
	p.locked = 2;
	assert_int_equal(check_port(&p), -EPERM);
	p = ok;
	p.bridge[0] = '\0';
	assert_int_equal(check_port(&p), -EPERM);
	p = ok;
	memset(p.name, 'x', sizeof(p.name));
	assert_int_equal(check_port(&p), -EPERM);
	p = ok;
	p.pad[1] = 1;
	assert_int_equal(check_port(&p), -EPERM);
	assert_int_equal(check_permit(&listening), 0);
	permit.mark = REVISION_MARK_FULL | 1;
	assert_int_equal(check_permit(&permit), -EPERM);
	permit.mac[0] = 2;
	assert_int_equal(check_permit(&permit), -EPERM);
	permit.kind = FW_PERMIT_PORT;
	assert_int_equal(check_permit(&permit), 0);
	permit.kind = FW_PERMIT_LISTENING + 1;
	assert_int_equal(check_permit(&permit), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_card_at_two_ports),
		cmocka_unit_test(test_ends_of_ports),
		cmocka_unit_test(test_permits_that_do_not_count),
		cmocka_unit_test(test_missing_port),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_records_of_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
