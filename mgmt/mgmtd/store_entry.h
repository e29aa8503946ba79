/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_entry - the table of allowlist entries, from request to removal
 *
 * An entry never changes once it was requested. Another one may replace it: when
 * that is approved, the old one is removed.
 */
#ifndef MGMT_MGMTD_STORE_ENTRY_H
#define MGMT_MGMTD_STORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/input_allow.h"
#include "mgmt/mgmtd/store_list.h"
#include "mgmt/mgmtd/workflow.h"

#define ENTRY_PORTS_MAX   128 /* JSON of 16 ports */
#define ENTRY_METHODS_MAX 160 /* JSON of 8 methods */
#define ENTRY_BY_MAX      95 /* a login, or a device and one (site_request.h) */

struct entry {
	char id[ID_TEXT_MAX];
	char host[HOST_PATTERN_MAX + 1]; /* or an address */
	bool address; /* host is one */
	char ports[ENTRY_PORTS_MAX]; /* JSON array of numbers, ascending */
	char scheme[8]; /* "any", "http", "https" */
	bool tls_any; /* CONNECT without a look at the TLS name */
	char path[INPUT_PATH_MAX + 1]; /* prefix, "" any */
	char methods[ENTRY_METHODS_MAX]; /* JSON array; "[]" any */
	char list[ID_TEXT_MAX];
	char purpose[INPUT_REASON_MAX + 1];
	char owner[INPUT_NAME_MAX + 1];
	int64_t since, until; /* seconds UTC, 0: none */
	char review[INPUT_DAY_MAX]; /* "YYYY-MM-DD", "" none */
	char override[INPUT_REASON_MAX + 1]; /* why a public suffix was accepted */
	char replaces[ID_TEXT_MAX]; /* "" none */
	char state[16]; /* "requested", "active", "removed" */
	char requested_by[ENTRY_BY_MAX + 1];
	char requested_role[16];
	int64_t requested;
	char approved_by[LOGIN_MAX + 1];
	int64_t approved;
	char list_name[INPUT_NAME_MAX + 1]; /* of the list, as it is in force */
};

/* Which entries are wanted; a cleared one: all that are not removed. */
struct entry_filter {
	const char *state; /* "requested" or "active"; NULL: both */
	const char *list; /* id; NULL: any */
	const char *text; /* anywhere in host, purpose, owner, requester; NULL: any */
	const char *after; /* id: go on after that entry; NULL: from the first on */
	int64_t limit; /* 0: no limit */
};

typedef int entry_fn(const struct entry *e, void *user);

/* -EDQUOT when count more would be too many. */
int store_entry_room(struct db *db, int64_t count) MUST_CHECK;

/* -EEXIST when one that permits exactly the same is there. */
int store_entry_same(struct db *db, const struct entry *e) MUST_CHECK;

/*
 * Entries that are only requested, by who, whoever was signed in there (prefix: by all
 * whose names begin so).
 */
int store_entry_open_by(struct db *db, const char *who, bool prefix,
			int64_t *ret_count) MUST_CHECK;

/*
 * As requested. -EEXIST: one that permits exactly the same is there, but for the one
 * that it replaces.
 */
int store_entry_add(struct db *db, const struct entry *e) MUST_CHECK;
/* -ENOENT: no such entry, or removed. */
int store_entry_get(struct db *db, const char *id, struct entry *ret) MUST_CHECK;

/*
 * Becomes active, and the one that it replaces is removed. -ESTALE: it replaces one
 * that is no longer active.
 */
int store_entry_approve(struct db *db, const struct entry *e, const char *by,
			int64_t now) MUST_CHECK;
int store_entry_remove(struct db *db, const char *id, const char *by, int64_t now,
		       const char *reason) MUST_CHECK;

/* fn for every entry that fits, by host. Stops at a negative return. */
int store_entry_find(struct db *db, const struct entry_filter *filter, entry_fn *fn,
		     void *user) MUST_CHECK;

/* fn for every entry that is not removed (only_active: or requested), by host. */
int store_entry_each(struct db *db, bool only_active, entry_fn *fn,
		     void *user) MUST_CHECK;

/* Active entries, by the host's labels from the last on: what a wildcard covers follows it. */
int store_entry_each_by_domain(struct db *db, entry_fn *fn, void *user) MUST_CHECK;

#endif
