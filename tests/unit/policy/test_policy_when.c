/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The times at which flows are open, and warnings. */
#include "lib/policy/when.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mem.h"
#include "tests/unit/policy/base.h"

#define JST (9 * 3600)
#define DAY 86400

#define FLOW  "  - { id: f, from: core, to: claims, services: [web]" PAPERS
#define FLOW2 "  - { id: g, from: office, to: claims, services: [web] }\n"
#define HOURS \
	"schedules:\n  s: { hours: [\"mon-fri 08:30-17:15\"], holidays: [2026-11-23] " \
	"}\n"
#define ALWAYS "schedules:\n  s: { hours: [\"mon-sun 00:00-24:00\"] }\n"

/* Seconds UTC of a time of day in Tokyo; 2026-11-20 is a Friday. */
static int64_t at(const char *date, int hour, int minute, int second)
{
	int32_t day;

	assert_int_equal(allow_schedule_date(date, &day), 0);
	return (int64_t)day * DAY + hour * 3600 + minute * 60 + second - JST;
}

static struct policy *parse(const char *text)
{
	static char out[DIAG_MAX * (DIAG_TEXT_MAX + 32)];
	struct policy *p = NULL;
	struct diags d = { 0 };

	if (policy_parse(text, strlen(text), &p, &d) != 0)
		fail_msg("%s", diag_print(&d, "p", out, sizeof(out)));
	return p;
}

static void hours_of_a_week(void **state)
{
	struct policy *p = parse(BASE HOURS "flows:\n" FLOW ", schedule: s }\n");
	const struct policy_flow *f = &p->flow[0];
	int64_t opens = at("2026-11-20", 8, 30, 0), closes = at("2026-11-20", 17, 15, 0);

	(void)state;
	assert_true(when_is_timed(f));
	assert_false(when_is_open(p, f, opens - 1));
	assert_int_equal(when_next_change(p, opens - 1), opens);
	assert_true(when_is_open(p, f, opens));
	assert_int_equal(when_end(p, f, opens), closes);
	assert_int_equal(when_next_change(p, opens), closes);
	assert_true(when_is_open(p, f, closes - 1));
	assert_false(when_is_open(p, f, closes));
	/* a weekend, and a Monday that is a holiday */
	assert_int_equal(when_next_change(p, closes), at("2026-11-24", 8, 30, 0));
	policy_free(p);
}

/* What never closes is given an end all the same, and asked for again well before. */
static void hours_without_an_end(void **state)
{
	struct policy *p = parse(BASE ALWAYS "flows:\n" FLOW ", schedule: s }\n");
	int64_t now = at("2026-11-20", 12, 0, 0);

	(void)state;
	assert_true(when_is_open(p, &p->flow[0], now));
	assert_true(when_end(p, &p->flow[0], now) >= when_next_change(p, now) + DAY);
	assert_true(when_next_change(p, now) > now);
	policy_free(p);
}

static void first_and_last_day(void **state)
{
	struct policy *p = parse(BASE "flows:\n" FLOW ", valid_from: 2026-12-01, "
				      "valid_until: 2026-12-31 }\n");
	const struct policy_flow *f = &p->flow[0];
	int64_t first = at("2026-12-01", 0, 0, 0), over = at("2027-01-01", 0, 0, 0);

	(void)state;
	assert_true(when_is_timed(f));
	assert_int_equal(when_next_change(p, 0), first);
	assert_false(when_is_open(p, f, first - 1));
	assert_true(when_is_open(p, f, first));
	assert_int_equal(when_end(p, f, first), over);
	assert_int_equal(when_next_change(p, first), over);
	assert_true(when_is_open(p, f, over - 1));
	assert_false(when_is_open(p, f, over));
	assert_int_equal(when_next_change(p, over), WHEN_NEVER);
	policy_free(p);
}

static void the_earlier_end_counts(void **state)
{
	struct policy *p = parse(BASE HOURS "flows:\n" FLOW ", schedule: s, valid_until: "
					    "2026-11-20 }\n" FLOW2);
	const struct policy_flow *f = &p->flow[0];
	int64_t noon = at("2026-11-20", 12, 0, 0), over = at("2026-11-21", 0, 0, 0);

	(void)state;
	assert_int_equal(when_end(p, f, noon), at("2026-11-20", 17, 15, 0));
	assert_int_equal(when_next_change(p, at("2026-11-20", 18, 0, 0)), over);
	/* the other one has neither hours nor an end */
	assert_false(when_is_timed(&p->flow[1]));
	assert_int_equal(when_end(p, &p->flow[1], noon), WHEN_NEVER);
	assert_int_equal(when_next_change(p, over), WHEN_NEVER);
	policy_free(p);
}

static void warnings(void **state)
{
	struct policy *p =
		parse(BASE "flows:\n" FLOW ", valid_until: 2027-04-30 }\n" FLOW2);
	struct diags d = { 0 };
	static char out[DIAG_MAX * (DIAG_TEXT_MAX + 32)];

	(void)state;
	/* due is not overdue */
	when_warn(p, at("2027-03-31", 23, 59, 59), &d);
	assert_int_equal(d.count, 0);
	when_warn(p, at("2027-04-02", 0, 0, 0), &d);
	assert_int_equal(d.count, 1);
	(void)diag_print(&d, "p", out, sizeof(out));
	assert_string_equal(out, "p:13:5: warning: the review of flow 'f' was due on "
				 "2027-03-31, 2 days ago\n");
	d.count = 0;
	when_warn(p, at("2027-05-01", 0, 0, 0), &d);
	assert_int_equal(d.count, 2);
	assert_non_null(strstr(d.item[1].text, "flow 'f' has ended"));
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_of_a_week),
		cmocka_unit_test(hours_without_an_end),
		cmocka_unit_test(first_and_last_day),
		cmocka_unit_test(the_earlier_end_counts),
		cmocka_unit_test(warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
