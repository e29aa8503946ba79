/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_change - the history: who changed what, when and why; and the revisions */
#ifndef MGMT_MGMTD_STORE_CHANGE_H
#define MGMT_MGMTD_STORE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"

/* Who, when nobody did it; no login is like these. */
#define CHANGE_BY_TIMER  "(timer)"
#define CHANGE_BY_SENSOR "(sensor)"

/* One line of history. The strings are the caller's. */
struct change {
	const char *who;
	const char *what; /* "allow-approve" and so on */
	const char *object; /* id, login or "policy" */
	const char *about; /* the object for people: host, MAC; NULL: object says it */
	const char *reason;
	bool break_glass;
};

int store_change_add(struct db *db, const struct change *c, int64_t now) MUST_CHECK;

/* full: the full revision that it rests on, number itself when it is one. */
int store_revision_add(struct db *db, uint64_t number, uint64_t full, int64_t now,
		       const char *why) MUST_CHECK;
/* What number rests on. */
int store_revision_full(struct db *db, uint64_t number, uint64_t *ret_full) MUST_CHECK;
/* The newest number, on trial or not; 0 before the first. */
int store_revision_newest(struct db *db, uint64_t *ret_number) MUST_CHECK;
/* The newest that came into force for good, 0 before the first. */
int store_revision_current(struct db *db, uint64_t *ret_number) MUST_CHECK;

#endif
