/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a kernel that others change too: what is asked, put back and tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fw/apply/catch.h"
#include "fw/apply/hold.h"
#include "fw/apply/state.h"
#include "lib/mono.h"
#include "tests/support/alloc_fail.h"

#define SKIPPED  77
#define PERMITS  1500
#define DUMPS    20000
#define ENOUGH   12
#define RULES    2000
#define STORM_US 300
#define WAIT_MS  60000

static struct ruleset *ruleset_of(size_t rules, size_t permits)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	assert_non_null(rs);
	rs->revision = 1;
	rs->chain = calloc(1, sizeof(*rs->chain));
	rs->port = calloc(1, sizeof(*rs->port));
	rs->quarantine = calloc(1, sizeof(*rs->quarantine));
	rs->rule = calloc(rules, sizeof(*rs->rule));
	rs->permit = calloc(permits + 1, sizeof(*rs->permit));
	rs->rule_count = rules;
	rs->permit_count = permits;
	for (size_t i = 0; i < rules; i++) {
		struct fw_rule *r = &rs->rule[i];

		*r = (struct fw_rule){ .number = (uint32_t)i,
				       .chain = FW_CHAIN_FORWARD,
				       .family = 4,
				       .has_saddr = true,
				       .saddr_len = 32,
				       .l4proto = 6,
				       .dport_min = 80,
				       .dport_max = 81,
				       .iifname = "eth1",
				       .counter = FW_COUNTER_RULE,
				       .verdict = FW_VERDICT_DROP };
		r->saddr[0] = 10;
		r->saddr[2] = (uint8_t)(i >> 8);
		r->saddr[3] = (uint8_t)i;
		(void)snprintf(r->comment, sizeof(r->comment), "flow:claims-to-backup");
	}
	for (size_t i = 0; i < permits; i++) {
		struct fw_permit *p = &rs->permit[i];

		p->mark = 0x01000000u | (uint32_t)(i + 1);
		(void)snprintf(p->iifname, sizeof(p->iifname), "eth1");
		p->mac[0] = 2;
		p->mac[4] = (uint8_t)(i >> 8);
		p->mac[5] = (uint8_t)i;
	}
	return rs;
}

/* Somebody who never stops changing a table of his own. Returns the process. */
static pid_t start_storm(void)
{
	pid_t pid = fork();
	struct nfnl other;

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || nfnl_open(&other) < 0)
		_exit(EXIT_FAILURE);
	for (;;) {
		if (catch_open(&other, false, 1, 1) < 0 || catch_close(&other, false) < 0)
			_exit(EXIT_FAILURE);
		(void)usleep(STORM_US);
	}
}

static void end_storm(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it did not end by itself */
}

/* A shell's answer. */
static int shell(const char *words)
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", words, (char *)NULL);
		_exit(EXIT_FAILURE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void insert_foreign(void)
{
	assert_int_equal(
		shell("nft insert rule inet sekisho forward accept comment FOREIGN"), 0);
}

static bool is_foreign_there(void)
{
	return shell("nft list chain inet sekisho forward | grep -q FOREIGN") == 0;
}

struct seen {
	unsigned undone, failed;
};

static void on_ours(const struct drift_change *change, int undone, void *user)
{
	struct seen *s = user;

	if (!change->main && !change->guard)
		return;
	s->undone += undone == 0;
	s->failed += undone != 0;
}

static void wait_undone(sd_event *event, const struct seen *s, unsigned count)
{
	struct mono end = mono_after_ms(mono_now(), WAIT_MS);

	while (s->undone < count && mono_diff_ms(end, mono_now()) > 0)
		assert_true(sd_event_run(event, 20000) >= 0);
	assert_int_equal(s->undone, count);
}

struct stand {
	sd_event *event;
	struct hold hold;
	struct seen seen;
};

static struct stand *stand_new(size_t rules)
{
	struct stand *s = calloc(1, sizeof(*s));
	struct ruleset *before = NULL;
	uint32_t cut, rule;

	assert_non_null(s);
	assert_true(sd_event_new(&s->event) >= 0);
	assert_int_equal(hold_open(&s->hold, s->event, on_ours, &s->seen), 0);
	assert_int_equal(
		hold_commit(&s->hold, ruleset_of(rules, 1), &before, &cut, &rule), 0);
	assert_null(before);
	return s;
}

static void stand_free(struct stand *s)
{
	hold_close(&s->hold);
	(void)sd_event_unref(s->event);
	free(s);
}

/* What is left of an answer that a change overtook is not taken for the next one's. */
static void test_an_overtaken_dump_is_forgotten(void **state)
{
	struct ruleset *rs = ruleset_of(1, PERMITS);
	struct txn_marks gone = { 0 };
	uint32_t generation, rule;
	unsigned overtaken = 0;
	struct nfnl n;
	pid_t storm;

	(void)state;
	assert_int_equal(nfnl_open(&n), 0);
	assert_int_equal(txn_commit(&n, rs, 0, &gone, &generation, &rule), 0);
	storm = start_storm();
	for (int i = 0; i < DUMPS && overtaken < ENOUGH; i++) {
		struct state old = { 0 };
		int r = state_read(&n, &old);

		state_clear(&old);
		assert_true(r == 0 || r == -EINTR);
		overtaken += r != 0;
	}
	end_storm(storm);
	assert_int_not_equal(overtaken, 0); /* else this has shown nothing */
	assert_int_equal(txn_generation(&n, &generation), 0);
	free(gone.mark);
	assert_int_equal(txn_commit(&n, rs, 0, &gone, &generation, &rule), 0);
	free(gone.mark);
	ruleset_free(rs);
	nfnl_close(&n);
}

/* However busy others are with their tables, ours are put back meanwhile. */
static void test_others_cannot_keep_a_rebuild_out(void **state)
{
	struct stand *s = stand_new(RULES);
	pid_t storm;

	(void)state;
	insert_foreign();
	storm = start_storm();
	wait_undone(s->event, &s->seen, 1);
	end_storm(storm);
	assert_false(is_foreign_there());
	stand_free(s);
}

/* Memory fails at one place after the other, until it is where nothing was put back. */
static void change_that_stays(struct stand *s)
{
	for (unsigned nth = 1; nth < 16; nth++) {
		struct seen was = s->seen;

		insert_foreign();
		alloc_fail_at(nth);
		while (s->seen.failed == was.failed && s->seen.undone == was.undone)
			assert_true(sd_event_run(s->event, 20000) >= 0);
		alloc_fail_at(0);
		if (s->seen.failed != was.failed && is_foreign_there())
			return;
		while (s->hold.owes)
			assert_true(sd_event_run(s->event, 20000) >= 0);
	}
	fail();
}

/* What could not be undone is tried again, and no load takes it for what it was. */
static void test_what_failed_is_owed(void **state)
{
	struct stand *s = stand_new(1);
	struct ruleset *before = NULL;
	uint32_t cut, rule;

	(void)state;
	change_that_stays(s);
	wait_undone(s->event, &s->seen, s->seen.undone + 1);
	assert_false(is_foreign_there());
	change_that_stays(s);
	assert_int_equal(hold_commit(&s->hold, ruleset_of(1, 1), &before, &cut, &rule),
			 0);
	assert_false(is_foreign_there());
	ruleset_free(before);
	stand_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_overtaken_dump_is_forgotten),
		cmocka_unit_test(test_others_cannot_keep_a_rebuild_out),
		cmocka_unit_test(test_what_failed_is_owed),
	};

	if (unshare(CLONE_NEWNET) == -1)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
