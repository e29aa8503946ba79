/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_flow - that a flow of the policy was looked at again
 *
 * When it is due stands in the policy. A review that names the next day moves that on,
 * for as long as the policy does not name a later one, and the flow is what it was then.
 */
#ifndef MGMT_MGMTD_STORE_FLOW_H
#define MGMT_MGMTD_STORE_FLOW_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/flow_stamp.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

struct flow_review {
	int64_t at;
	char who[LOGIN_MAX + 1];
	char result[INPUT_REASON_MAX + 1];
	char next[11]; /* "YYYY-MM-DD", "" none */
	char stamp[FLOW_STAMP_MAX]; /* of what was looked at */
};

int store_flow_review(struct db *db, const char *flow,
		      const struct flow_review *review) MUST_CHECK;
/* The newest of the flow as its stamp says that it is. -ENOENT: there was none. */
int store_flow_reviewed(struct db *db, const char *flow, const char *stamp,
			struct flow_review *ret) MUST_CHECK;

#endif
