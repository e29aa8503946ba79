/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sets - the sets of the table "inet sekisho" */
#ifndef FW_APPLY_SETS_H
#define FW_APPLY_SETS_H

#include "fw/apply/batch.h"
#include "fw/apply/change.h"
#include "fw/compile/ruleset.h"

/* Into a batch: make what is missing, also those of rs alone; replace permits and quarantine. */
void sets_put(struct batch *b);
void sets_put_flows(struct batch *b, const struct ruleset *rs);
/* Those of the ruleset before, by flow; no rule is there any more. */
void sets_drop_flows(struct batch *b, const bool *old);
void sets_fill(struct batch *b, const struct ruleset *rs, int64_t now_ms);

/* What goes goes first: a permit may go and come in one transaction, for another end. */
void sets_change(struct batch *b, const struct change *c, int64_t now_ms);

/* New flows pass for so long (0: none from now on). */
void sets_recording(struct batch *b, uint32_t timeout_ms);

#endif
