/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zone_since - since when each zone has had the admission mode that it has now */
#ifndef MGMT_MGMTD_ZONE_SINCE_H
#define MGMT_MGMTD_ZONE_SINCE_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/policy/policy.h"
#include "mgmt/mgmtd/db.h"

/*
 * From the versions of the policy that stayed in force, 100 at most: a zone that has
 * been the same in all of them has been so at least since the oldest. 0: not known.
 * Returns 0, -ENOMEM or what db.h says.
 */
int zone_since(struct db *db, const struct policy *now,
	       int64_t ret_since[POLICY_ZONES_MAX]) MUST_CHECK;

#endif
