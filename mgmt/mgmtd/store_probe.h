/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_probe - what gated's own packets found, run by run, for the monthly review */
#ifndef MGMT_MGMTD_STORE_PROBE_H
#define MGMT_MGMTD_STORE_PROBE_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/workflow.h"

#define PROBE_RUNS_MAX 2000 /* kept; the oldest go */

struct probe_run {
	int64_t id;
	int64_t at;
	char who[LOGIN_MAX + 1]; /* CHANGE_BY_TIMER: the schedule */
	int64_t policy; /* version of the policy then; 0: none */
	int64_t revision;
	char result[16]; /* "good", "bad", "not-tested" */
	int64_t passed; /* as they were to; likewise the next */
	int64_t blocked;
	int64_t contradictions;
	int64_t untested;
	const char *answer; /* gated's JSON: the caller's, or until fn returns */
};

/* run->id is set. */
int store_probe_add(struct db *db, struct probe_run *run) MUST_CHECK;

/* The newest, without its answer. -ENOENT: there was none. */
int store_probe_last(struct db *db, struct probe_run *ret) MUST_CHECK;

/* Newest first; before 0: from the newest on, else only those with a smaller id. */
int store_probe_each(struct db *db, int64_t before, int64_t limit,
		     int (*fn)(const struct probe_run *run, void *user),
		     void *user) MUST_CHECK;

/* The version of the policy that is the newest; 0: none. */
int store_probe_policy(struct db *db, int64_t *ret_version) MUST_CHECK;

#endif
