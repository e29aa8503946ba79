/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_entry - the table of allowlist entries, from request to removal */
#ifndef MGMT_MGMTD_STORE_ENTRY_H
#define MGMT_MGMTD_STORE_ENTRY_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/workflow.h"

#define ENTRY_PORTS_MAX 128 /* JSON of 16 ports */
#define ENTRY_ZONES_MAX 2304 /* JSON of 64 names */

struct entry {
	char id[ID_TEXT_MAX];
	char host[HOST_PATTERN_MAX + 1];
	char ports[ENTRY_PORTS_MAX]; /* JSON array of numbers */
	char zones[ENTRY_ZONES_MAX]; /* JSON array of names; "[]": every proxy zone */
	char reason[INPUT_REASON_MAX + 1];
	char state[16]; /* "requested", "active", "removed" */
	char requested_by[LOGIN_MAX + 1];
	char requested_role[16];
	int64_t requested;
	char approved_by[LOGIN_MAX + 1];
	int64_t approved;
};

/* As requested. -EEXIST: the same host, ports and zones are there; -EDQUOT: table full. */
int store_entry_add(struct db *db, const struct entry *e) MUST_CHECK;
/* -ENOENT: no such entry, or removed. */
int store_entry_get(struct db *db, const char *id, struct entry *ret) MUST_CHECK;
int store_entry_approve(struct db *db, const char *id, const char *by,
			int64_t now) MUST_CHECK;
int store_entry_remove(struct db *db, const char *id, const char *by, int64_t now,
		       const char *reason) MUST_CHECK;

/* fn for every entry that is not removed (only_active: or requested), by host. */
int store_entry_each(struct db *db, bool only_active,
		     int (*fn)(const struct entry *e, void *user), void *user) MUST_CHECK;

#endif
