/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial - a ruleset that stays only when somebody confirms it in time
 *
 * What was in force before is kept here with the timer, so that going back needs no
 * other process. It is the first one's "before" that counts when one trial follows
 * another.
 */
#ifndef FW_APPLY_TRIAL_H
#define FW_APPLY_TRIAL_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "fw/apply/hold.h"
#include "fw/apply/request.h"
#include "fw/compile/ruleset.h"

struct trial {
	struct ruleset *before; /* owned; NULL: nothing is on trial */
	uint64_t revision; /* on trial */
	int64_t began_us; /* UTC, the first one's */
	sd_event_source *timer; /* owned */
};

/* fn is called when the time is over. Returns 0 or -errno. trial_close() in every case. */
int trial_open(struct trial *t, sd_event *event, sd_event_time_handler_t fn,
	       void *user) MUST_CHECK;
void trial_close(struct trial *t);

static inline bool trial_is_on(const struct trial *t)
{
	return t->before != NULL;
}

/* Begin, or begin the next one. before is taken over. */
void trial_begin(struct trial *t, struct ruleset *before, uint64_t revision,
		 uint32_t seconds);

/* Over; what was before is the caller's (NULL: there was no trial). */
struct ruleset *trial_end(struct trial *t);

/*
 * m has been put in, behind before, which is taken over; what that means for a trial.
 * *none stands for "nothing was there" and is taken over where it is needed.
 */
void trial_note(struct trial *t, const struct fw_begin *m, struct ruleset *before,
		struct ruleset **none);

/*
 * What was before is put in again, but not permits that are over by now. Returns 0, or
 * a negative errno: the trial goes on.
 */
int trial_go_back(struct trial *t, struct hold *h, uint32_t *ret_cut) MUST_CHECK;

/*
 * The same when the compile role may be dead: what began in the trial ends, also where
 * it need not.
 */
void trial_leave(struct trial *t, struct hold *h);

/* The timer again: going back did not work. */
void trial_again(struct trial *t, uint32_t seconds);

#endif
