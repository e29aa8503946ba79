/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_policy - every version of the policy file, the newest that stayed in force */
#ifndef MGMT_MGMTD_STORE_POLICY_H
#define MGMT_MGMTD_STORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

struct policy_version {
	char *text; /* owned; store_policy_free() */
	uint64_t revision; /* by which it came; 0: not known any more */
	int64_t applied;
	char by[LOGIN_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
	char state[16]; /* "confirmed", "trial", "rolled-back", "unconfirmed" */
	int64_t until; /* end of its trial; 0: it had none */
	int64_t ended; /* when it was confirmed or went back */
	char ended_by[LOGIN_MAX + 1];
};

#define POLICY_CONFIRMED   "confirmed"
#define POLICY_ROLLED_BACK "rolled-back"
#define POLICY_UNCONFIRMED "unconfirmed"

int store_policy_add(struct db *db, const char *text, int64_t now, const char *by,
		     const char *reason) MUST_CHECK;
/* The one in force. -ENOENT: none was applied yet. */
int store_policy_get(struct db *db, struct policy_version *ret) MUST_CHECK;
/* The one of that revision, whatever became of it; -ENOENT. */
int store_policy_of(struct db *db, uint64_t revision,
		    struct policy_version *ret) MUST_CHECK;
/* The one on trial; -ENOENT. */
int store_policy_trial(struct db *db, struct policy_version *ret) MUST_CHECK;

/* The version that was just added is that of a revision; until: on trial, 0: for good. */
int store_policy_number(struct db *db, uint64_t revision, int64_t until) MUST_CHECK;
/* What is on trial ends; state is one of POLICY_*. */
int store_policy_end_trial(struct db *db, const char *state, const char *by,
			   int64_t now) MUST_CHECK;

/* fn for each, newest first, limit at most; with_text: else text is NULL. */
int store_policy_each(struct db *db, bool with_text, int64_t limit,
		      int (*fn)(const struct policy_version *v, void *user),
		      void *user) MUST_CHECK;
void store_policy_free(struct policy_version *v);

#endif
