/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow_stamp - what a flow lets pass, and on whose word, as a short text to compare
 *
 * The id of a flow stays when the flow is edited. A review, or an approval, is of what
 * stood there then: zones, addresses, services, hours, days, translation, partner, basis
 * and owner. Not of its line, the names of groups and services, the order of lists, and
 * when it is to be reviewed.
 */
#ifndef MGMT_MGMTD_FLOW_STAMP_H
#define MGMT_MGMTD_FLOW_STAMP_H

#include "lib/attr.h"
#include "lib/policy/policy.h"

#define FLOW_STAMP_MAX 33 /* 32 hex digits */

/* Of a flow of p. Returns 0 or -ENOMEM. */
int flow_stamp(const struct policy *p, const struct policy_flow *f,
	       char dst[FLOW_STAMP_MAX]) MUST_CHECK;

#endif
