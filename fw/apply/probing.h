/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probing - probes out, one after the other, and what became of them (in the apply role) */
#ifndef FW_APPLY_PROBING_H
#define FW_APPLY_PROBING_H

#include <stdbool.h>

#include "fw/apply/nfnl.h"
#include "fw/probe/probe.h"

struct probing {
	int channel; /* to the probe role; the caller's. -1: there is none (any more) */
	bool bridge; /* some come in at a bridge's port; set it before the run */
	struct probe *list; /* owned */
	uint32_t count;
	int refused; /* sticky, until the run */
};

/* One more for the next run. A struct probe that may not be sent spoils the run. */
void probing_take(struct probing *p, const void *payload);

/*
 * Send those that were taken, and forget them. Takes some milliseconds, half a second
 * when not all of them arrive. Returns 0, or a negative errno: nothing is known.
 */
int probing_run(struct probing *p, struct nfnl *n, const struct probe_run *order,
		struct probe_answer *ret_answer) MUST_CHECK;

void probing_clear(struct probing *p);

#endif
