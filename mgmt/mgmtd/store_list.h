/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_list - the table of lists: what entries of one list have in common
 *
 * A list is a row of versions. At most one is in force (active) and at most one
 * waits for approval (requested). The list "default" is always there and counts for
 * everybody.
 */
#ifndef MGMT_MGMTD_STORE_LIST_H
#define MGMT_MGMTD_STORE_LIST_H

#include <stdint.h>

#include "lib/allow/list.h"
#include "lib/attr.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

#define LIST_DEFAULT      ALLOW_LIST_DEFAULT
#define LISTS_MAX         ALLOW_LISTS_MAX
#define LIST_NAMES_MAX    17408 /* JSON of 256 names of 63 bytes */
#define LIST_SCHEDULE_MAX 12288 /* JSON */

struct list {
	int64_t number; /* of the version; ascending */
	char version[ID_TEXT_MAX];
	char id[ID_TEXT_MAX]; /* "l...", the same in every version */
	char name[INPUT_NAME_MAX + 1];
	char mode[8]; /* "enforce" or "observe" */
	char zones[LIST_NAMES_MAX]; /* JSON arrays of names; "[]": all */
	char groups[LIST_NAMES_MAX];
	char users[LIST_NAMES_MAX];
	char schedule[LIST_SCHEDULE_MAX]; /* JSON object, "" always */
	char reason[INPUT_REASON_MAX + 1];
	char state[16]; /* "requested", "active", "replaced", "withdrawn", "removed" */
	char requested_by[LOGIN_MAX + 1];
	char requested_role[16];
	int64_t requested;
	char approved_by[LOGIN_MAX + 1];
	int64_t approved;
};

typedef int list_fn(const struct list *l, void *user);

/*
 * A version as requested. -EEXIST: the list has an open request; -ENOTUNIQ: the name
 * is another list's; -EDQUOT: too many lists.
 */
int store_list_request(struct db *db, const struct list *l) MUST_CHECK;

/* The list's version in that state. -ENOENT: none. */
int store_list_get(struct db *db, const char *id, const char *state,
		   struct list *ret) MUST_CHECK;

/* The active list by id or name. -ENOENT: none. */
int store_list_find(struct db *db, const char *id_or_name, struct list *ret) MUST_CHECK;

/* The version in force becomes replaced, and l the one in force. -EEXIST: its name is taken. */
int store_list_approve(struct db *db, const struct list *l, const char *by,
		       int64_t now) MUST_CHECK;

/* End the open request. */
int store_list_withdraw(struct db *db, const char *id, const char *by, int64_t now,
			const char *reason) MUST_CHECK;

/* End it all. -ENOTEMPTY: entries are in it. */
int store_list_remove(struct db *db, const char *id, const char *by, int64_t now,
		      const char *reason) MUST_CHECK;

/* Entries, requested or active, that are in it. */
int store_list_entries(struct db *db, const char *id, int64_t *ret_count) MUST_CHECK;

/* fn for every list in that state: the default one, then by name. */
int store_list_each(struct db *db, const char *state, list_fn *fn, void *user) MUST_CHECK;

#endif
