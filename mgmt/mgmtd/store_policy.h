/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_policy - every version of the policy file, the newest in force */
#ifndef MGMT_MGMTD_STORE_POLICY_H
#define MGMT_MGMTD_STORE_POLICY_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

struct policy_version {
	char *text; /* owned; store_policy_free() */
	int64_t applied;
	char by[LOGIN_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
};

int store_policy_add(struct db *db, const char *text, int64_t now, const char *by,
		     const char *reason) MUST_CHECK;
/* The newest. -ENOENT: none was applied yet. */
int store_policy_get(struct db *db, struct policy_version *ret) MUST_CHECK;
void store_policy_free(struct policy_version *v);

#endif
