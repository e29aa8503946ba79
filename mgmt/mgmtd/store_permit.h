/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_permit - the table of permits: requested, active, ended
 *
 * A device has at most one open request and one active permit. An active permit
 * whose end has passed stays in the table as it is: whether it is over is a
 * question of the clock, and permit_is_live() answers it.
 */
#ifndef MGMT_MGMTD_STORE_PERMIT_H
#define MGMT_MGMTD_STORE_PERMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input_list.h"
#include "mgmt/mgmtd/workflow.h"

#define PERMIT_DESTINATIONS_MAX 4160 /* JSON of 16 patterns */

struct permit {
	int64_t number;
	char id[ID_TEXT_MAX];
	char device[ID_TEXT_MAX];
	char interface[16]; /* where the permit holds, whatever the sensor sees later */
	char kind[16];
	char owner[INPUT_NAME_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
	char destinations
		[PERMIT_DESTINATIONS_MAX]; /* JSON array; "[]": the zone's rights */
	int64_t until; /* 0: no end */
	int64_t seconds; /* asked for, from the approval on; 0: none */
	char state[16]; /* "requested", "active", "replaced", "withdrawn", "revoked" */
	char requested_by[LOGIN_MAX + 1];
	char requested_role[16];
	int64_t requested;
	char approved_by[LOGIN_MAX + 1];
	int64_t approved;
	char group[INPUT_MEMBER_MAX +
		   1]; /* of the device; only store_permit_each() sets it */
};

static inline bool permit_is_live(const struct permit *p, int64_t now)
{
	return p->until == 0 || p->until > now;
}

/* As requested. -EEXIST: the device has an open request. */
int store_permit_request(struct db *db, const struct permit *p) MUST_CHECK;

/* The device's permit in that state, or its newest for NULL. -ENOENT: none. */
int store_permit_of(struct db *db, const char *device, const char *state,
		    struct permit *ret) MUST_CHECK;

/* The device's active permit becomes replaced, and p the active one, until then. */
int store_permit_approve(struct db *db, const struct permit *p, const char *by,
			 int64_t now, int64_t until) MUST_CHECK;

/* End the open request only, for another one in its place. */
int store_permit_withdraw(struct db *db, const char *device, const char *by, int64_t now,
			  const char *reason) MUST_CHECK;

/* End what the device has: active becomes revoked, requested becomes withdrawn. */
int store_permit_end(struct db *db, const char *device, const char *by, int64_t now,
		     const char *reason) MUST_CHECK;

/* fn for every active permit that is live now, with the device's MAC, by number. */
int store_permit_each(struct db *db, int64_t now,
		      int (*fn)(const struct permit *p, const char *mac, void *user),
		      void *user) MUST_CHECK;

#endif
