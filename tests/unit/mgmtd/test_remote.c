/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Remote maintenance: a permit of a terminal's, which is checked once a year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/revision.h"
#include "mgmt/mgmtd/chores.h"
#include "tests/unit/mgmtd/stand.h"

#define DAY_S      86400
#define TODAY      1789916400 /* midnight in Tokyo before FIXTURE_NOW */
#define FROM_CHECK (366 * DAY_S)

static const char vpn[] = "zones:\n"
			  "  far:\n"
			  "    kind: vpn\n"
			  "    interfaces: [wg0]\n"
			  "    networks: [10.50.0.0/24]\n";

/* The fixture's policy with a zone of kind vpn. */
static int setup(void **state)
{
	const char *rest = strstr(fixture_policy, "zones:\n") + strlen("zones:\n");
	char text[1024];
	json_t *body;
	char *dump;

	(void)stand_open(state);
	(void)snprintf(text, sizeof(text), "%.*s%s%s",
		       (int)(rest - strlen("zones:\n") - fixture_policy), fixture_policy,
		       vpn, rest);
	body = json_pack("{s:s, s:s}", "text", text, "reason", "r");
	dump = json_dumps(body, 0);
	json_decref(stand_ask("POST", "/api/policy", dump, 200));
	json_decref(body);
	free(dump);
	json_decref(stand_post("/api/devices", "{'mac': '10.50.0.5', 'interface': 'wg0'}",
			       200));
	return 0;
}

/* rest: what else the request says, as JSON behind a comma. */
static void permit(const char *rest)
{
	char body[300];

	(void)snprintf(body, sizeof(body),
		       "{'kind': 'maintenance', 'owner': 'o', 'reason': 'r',"
		       " 'company': '保守社', 'terminal': '専用端末'%s}",
		       rest);
	json_decref(stand_post("/api/devices/02040a320005/approve", body, 200));
}

static void check(const char *day)
{
	char body[40];

	(void)snprintf(body, sizeof(body), "{'checked': '%s'}", day);
	json_decref(stand_post("/api/devices/02040a320005/check", body, 200));
}

/* The end of the one permit of the revision in force; -1: it has none. */
static int64_t end(void)
{
	struct diags diags = { 0 };
	struct revision *rev = NULL;
	int64_t until = -1;

	assert_int_equal(revision_load(f.app.publisher.dir, 0, &rev, &diags), 0);
	assert_in_range(rev->permit_count, 0, 1);
	if (rev->permit_count == 1)
		until = rev->permit[0].until;
	revision_free(rev);
	return until;
}

/* Whichever comes first is in the revision: no daemon is needed for either. */
static void test_ends_with_its_check(void **state)
{
	int64_t checked = TODAY - 364 * DAY_S, own = f.now + 30 * DAY_S;

	(void)state;
	permit(", 'seconds': 2592000, 'checked': '2025-09-22'");
	assert_int_equal(end(), checked + FROM_CHECK);
	check("2026-09-21");
	assert_int_equal(end(), own);
	assert_int_equal(f.app.publisher.behind, 2);
	check("2025-09-22");
	assert_int_equal(end(), checked + FROM_CHECK);
	/* over by the clock, and then by the chore; a check brings the rest back */
	f.now = checked + FROM_CHECK;
	chores_run(&f.app, f.now);
	assert_int_equal(end(), -1);
	check("2026-09-23");
	assert_int_equal(end(), own);
}

/* It would end before it begins: it waits for a check that lasts longer. */
static void test_begins_unchecked(void **state)
{
	(void)state;
	permit(", 'from': '2026-09-30', 'until': '2026-10-05', 'checked': '2025-09-22'");
	assert_int_equal(end(), -1);
	check("2026-09-01");
	assert_int_equal(end(), TODAY + 15 * DAY_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ends_with_its_check, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_begins_unchecked, setup,
						stand_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
