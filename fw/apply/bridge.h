/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge - the tables of family bridge: who may send to whom between a bridge's ports
 *
 * "bridge sekisho" decides on port and MAC before the bridge learns an address; its
 * rules are always the same and its sets are the ruleset's (fw/compile/ruleset.h).
 * There is no connection tracking in here: each frame is looked up, so that an
 * element that ends in the kernel ends the running flows too. "bridge sekisho-guard"
 * is the second lock: what our rules have not marked is not forwarded.
 *
 * Both are there when a zone has ports, and only then: their base chains drop what
 * comes from ports that nobody named.
 */
#ifndef FW_APPLY_BRIDGE_H
#define FW_APPLY_BRIDGE_H

#include <stdbool.h>

#include "fw/apply/batch.h"
#include "fw/compile/ruleset.h"

struct bridge_state {
	bool there; /* one of the tables has chains */
	bool odd; /* they have chains that are not ours */
};

/* What the kernel holds of them. Returns 0, -EINTR or another negative errno. */
int bridge_read(struct nfnl *n, struct bridge_state *ret_state) MUST_CHECK;

/*
 * Into a batch: both tables as rs needs them, in place; or deleted and made again
 * (anew), or deleted when rs has no ports. Permits that are over at now_ms are left out.
 */
void bridge_put(struct batch *b, const struct ruleset *rs, const struct bridge_state *old,
		bool anew, int64_t now_ms);

#endif
