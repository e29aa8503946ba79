/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/trial.h"

#include "lib/mem.h"
#include "lib/mono.h"

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
