/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/trial.h"

#include <string.h>

#include "fw/apply/sweep.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"

#define AREA "gated-apply"

int trial_open(struct trial *t, sd_event *event, sd_event_time_handler_t fn, void *user)
{
	int r = sd_event_add_time(event, &t->timer, CLOCK_MONOTONIC, 0, 1, fn, user);

	return r < 0 ? r : sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
}

void trial_close(struct trial *t)
{
	(void)sd_event_source_disable_unref(t->timer);
	ruleset_free(t->before);
	*t = (struct trial){ 0 };
}

void trial_again(struct trial *t, uint32_t seconds)
{
	(void)sd_event_source_set_time_relative(t->timer, (uint64_t)seconds * 1000000);
	(void)sd_event_source_set_enabled(t->timer, SD_EVENT_ONESHOT);
}

void trial_begin(struct trial *t, struct ruleset *before, uint64_t revision,
		 uint32_t seconds)
{
	if (trial_is_on(t)) {
		ruleset_free(before);
	} else {
		t->before = before;
		t->began_us = wall_us();
	}
	t->revision = revision;
	trial_again(t, seconds);
}

struct ruleset *trial_end(struct trial *t)
{
	(void)sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
	return STEAL(t->before);
}

void trial_note(struct trial *t, const struct fw_begin *m, struct ruleset *before,
		struct ruleset **none)
{
	uint32_t confirm_s = m->confirm_s;

	if (confirm_s == FW_CONFIRM_KEEP && trial_is_on(t)) {
		ruleset_free(before);
		return;
	}
	if (confirm_s == 0 || confirm_s == FW_CONFIRM_KEEP) {
		ruleset_free(trial_end(t));
		ruleset_free(before);
		return;
	}
	trial_begin(t, before != NULL ? before : STEAL(*none), m->revision, confirm_s);
}

int trial_go_back(struct trial *t, struct hold *h, uint32_t *ret_cut)
{
	struct ruleset *tried = NULL;
	uint32_t rule;
	int r = hold_commit(h, t->before, &tried, ret_cut, &rule);

	if (r < 0)
		return r;
	ruleset_free(tried);
	t->before = NULL; /* the kernel's now */
	(void)trial_end(t);
	return 0;
}

void trial_leave(struct trial *t, struct hold *h)
{
	uint32_t cut = 0;
	int r = trial_go_back(t, h, &cut);

	if (r == 0)
		r = sweep_since(&h->nfnl, t->began_us, &cut);
	if (r < 0)
		log_err(AREA, "cannot go back from a trial: %s", strerror(-r));
	else
		log_warn(AREA,
			 "the trial is over: the revision before is in force again, "
			 "%u connections cut",
			 cut);
}
