/* SPDX-License-Identifier: GPL-3.0-or-later */
/* counters - one of the kernel's for each flow, which outlives the rules */
#ifndef FW_APPLY_COUNTERS_H
#define FW_APPLY_COUNTERS_H

#include "fw/apply/batch.h"
#include "fw/compile/ruleset.h"

/*
 * Make the counters that rs's rules name, where they are missing; one that is there
 * goes on counting. That of a flow that is gone stays until the machine starts anew.
 */
void counters_put(struct batch *b, const struct ruleset *rs);

#endif
