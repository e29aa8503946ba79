/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold - what the kernel is to hold, and that it goes on holding it
 *
 * The ruleset that was put in last is kept here, so that it can be put in again when
 * somebody else has changed it, and taken back when it was on trial.
 */
#ifndef FW_APPLY_HOLD_H
#define FW_APPLY_HOLD_H

#include <systemd/sd-event.h>

#include "fw/apply/change.h"
#include "fw/apply/drift.h"
#include "fw/apply/isolate.h"
#include "fw/apply/nfnl.h"
#include "fw/apply/txn.h"
#include "fw/compile/ruleset.h"
#include "lib/mono.h"

/*
 * After a change by somebody else, with what it was. Ours has been undone by then, or
 * undone is why not: then it is tried every second, and told again when it worked.
 */
typedef void hold_fn(const struct drift_change *change, int undone, void *user);

struct hold {
	struct nfnl nfnl;
	struct drift drift;
	struct isolate isolate;
	struct ruleset *now; /* owned; NULL: nothing was put in by this process */
	int64_t clock_us; /* wall clock minus monotonic, when its timeouts were set */
	struct mono recording; /* new flows may pass until then */
	bool owes; /* what is in owed could not be undone, and is tried again */
	struct drift_change owed;
	bool forwarding;
	bool ports_due; /* bridges or ports were not as they are to be */
	bool ports_told;
	sd_event_source *change; /* owned */
	sd_event_source *tick; /* owned */
	hold_fn *fn;
	void *user;
};

/*
 * From now on the kernel drops what our rules, if it has any yet, do not permit.
 * h is cleared before and stays where it is. Returns 0 or a negative errno;
 * hold_close() in every case.
 */
int hold_open(struct hold *h, sd_event *event, hold_fn *fn, void *user) MUST_CHECK;
void hold_close(struct hold *h);

/*
 * Replace everything by rs, unless the kernel has it already. On success rs is
 * taken over, *ret_before is what was there (NULL: nothing) and the caller's,
 * *ret_cut counts the connections of permits that are gone. On failure nothing has
 * changed and *ret_rule is the rule refused, or FW_NO_RULE.
 */
int hold_commit(struct hold *h, struct ruleset *rs, struct ruleset **ret_before,
		uint32_t *ret_cut, uint32_t *ret_rule) MUST_CHECK;

/*
 * Only what is in c, on top of what is held. *ret_lost: marks whose connections are to be
 * ended, by the caller, who frees the array; their packets pass no more. Returns 0,
 * -ESTALE (it does not fit what is held, or what the kernel has) or another negative
 * errno; then nothing has changed.
 */
int hold_change(struct hold *h, const struct change *c,
		struct txn_marks *ret_lost) MUST_CHECK;

/* New flows pass for timeout_ms from now. */
int hold_recording(struct hold *h, uint32_t timeout_ms) MUST_CHECK;

#endif
