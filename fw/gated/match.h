/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match - which flow of a policy a connection belongs to (pure) */
#ifndef FW_GATED_MATCH_H
#define FW_GATED_MATCH_H

#include "fw/gated/events/ctevent.h"
#include "lib/policy/policy.h"
#include "lib/revision.h"

/* The first flow that names the connection's original direction, or NULL. */
const struct policy_flow *match_flow(const struct policy *p,
				     const struct ctevent_tuple *t);

/* Of those that are open at now (seconds UTC). */
const struct policy_flow *match_flow_at(const struct policy *p,
					const struct ctevent_tuple *t, int64_t now);

/* Does one of those that are open and that the permit is limited to name it? */
bool match_permit(const struct policy *p, const struct revision_permit *permit,
		  const struct ctevent_tuple *t, int64_t now);

/* The zone whose networks hold the address, or POLICY_NONE. */
size_t match_zone(const struct policy *p, struct addr a);

#endif
