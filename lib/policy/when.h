/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * when - at which times a flow is open, and what of it is overdue (level 2)
 *
 * Pure. Times are seconds UTC.
 */
#ifndef LIB_POLICY_WHEN_H
#define LIB_POLICY_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/diag.h"
#include "lib/policy/policy.h"

#define WHEN_NEVER INT64_MAX

/* Does the flow have a schedule or an end, so that its time can be over? */
bool when_is_timed(const struct policy_flow *f);

bool when_is_open(const struct policy *p, const struct policy_flow *f, int64_t now);

/*
 * For a flow that is open now: the first second in which it is not, or WHEN_NEVER. Far
 * ahead in a schedule it may be an earlier one, but never one before
 * when_next_change().
 */
int64_t when_end(const struct policy *p, const struct policy_flow *f, int64_t now);

/* The first second after now in which to ask again for any flow, or WHEN_NEVER. */
int64_t when_next_change(const struct policy *p, int64_t now);

/*
 * Add a message for each flow whose review date is past, and for each that will
 * never be open again. They refuse nothing.
 */
void when_warn(const struct policy *p, int64_t now, struct diags *warnings);

#endif
