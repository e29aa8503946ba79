/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint - entries that do nothing, or that nobody looks after (pure)
 *
 * Entries are given in domain order (store_entry_each_by_domain()), so that what a
 * wildcard covers comes after it and few are held at a time.
 */
#ifndef MGMT_MGMTD_LINT_H
#define MGMT_MGMTD_LINT_H

#include <jansson.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/store_entry.h"

#define LINT_FINDINGS_MAX 1000
#define LINT_HELD_MAX     1024 /* wildcards above a name, and entries of that name */

enum lint_code {
	LINT_DUPLICATE, /* another one permits exactly the same in the same list */
	LINT_OVERLAPPED, /* a wildcard of the same list permits all of it */
	LINT_SHADOWED, /* another list, which counts for all at all times, permits all of it */
	LINT_EXPIRED,
	LINT_REVIEW, /* its review date has passed */
	LINT_UNUSED, /* no record of its use in the time looked at */
};

const char *lint_code_name(enum lint_code code);

struct lint;

/* now: seconds UTC; today: "YYYY-MM-DD" at the site. Returns 0 or -ENOMEM. */
int lint_new(int64_t now, const char *today, struct lint **ret_lint) MUST_CHECK;
void lint_free(struct lint *l);

/* The next active entry; to_all: its list counts for every client at all times. 0 or -ENOMEM. */
int lint_add(struct lint *l, const struct entry *e, bool to_all) MUST_CHECK;

/* One finding; other: id of the entry that makes it so, or NULL. -ENOMEM. */
int lint_note(struct lint *l, enum lint_code code, const struct entry *e,
	      const char *other) MUST_CHECK;

/* [{code, id, host, list, list_name, other}], which stay l's; more were found: *ret_cut. */
json_t *lint_findings(const struct lint *l, bool *ret_cut);

#endif
