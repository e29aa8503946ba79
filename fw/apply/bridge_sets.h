/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bridge_sets - the sets of the table "bridge sekisho" */
#ifndef FW_APPLY_BRIDGE_SETS_H
#define FW_APPLY_BRIDGE_SETS_H

#include "fw/apply/batch.h"
#include "fw/apply/change.h"
#include "fw/compile/ruleset.h"

/* Into a batch: make what is missing; replace what is in them. */
void bridge_sets_put(struct batch *b);
void bridge_sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms);

/* What goes goes first; see sets_change(). */
void bridge_sets_change(struct batch *b, const struct change *c, int64_t now_ms);

#endif
