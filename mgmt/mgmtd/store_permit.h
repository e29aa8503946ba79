/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_permit - the table of permits: requested, active, ended
 *
 * A card has at most one open request and one active permit; what was asked for with
 * one request for several cards is a bundle, a row for each, and goes together.
 * Whether an active permit is in force is a question of the clock, and permit_phase()
 * answers it. One that was found over is "expired" from then on, whatever the clock
 * says later: setting it back gives nobody anything.
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
#define PERMIT_LIMITS_MAX       640 /* JSON of 16 flows, or of 16 lists */
#define PERMIT_MAINTENANCE      "maintenance" /* the kind that is remote */

enum permit_phase {
	PERMIT_IN_FORCE,
	PERMIT_NOT_YET, /* its beginning lies ahead */
	PERMIT_UNCHECKED, /* remote, and the terminal's check is not current */
	PERMIT_OVER,
};

struct permit {
	int64_t number;
	char id[ID_TEXT_MAX];
	char bundle[ID_TEXT_MAX]; /* the id of the first row of it */
	char device[ID_TEXT_MAX];
	char interface[16]; /* where the permit holds, whatever the sensor sees later */
	char kind[16];
	char address[ADDR_TEXT_MAX]; /* "" any */
	char owner[INPUT_NAME_MAX + 1];
	char company[INPUT_NAME_MAX + 1];
	char ticket[INPUT_NAME_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
	char destinations
		[PERMIT_DESTINATIONS_MAX]; /* JSON array; "[]": the zone's rights */
	char flows[PERMIT_LIMITS_MAX]; /* JSON array of ids; "[]": all of the zone's */
	char lists[PERMIT_LIMITS_MAX]; /* likewise */
	char terminal[INPUT_REASON_MAX + 1]; /* what is required of a remote one */
	char checked[11]; /* the day it was last checked, "" never */
	int64_t check_until; /* when that is not current any more */
	int64_t since; /* 0: from the approval on */
	int64_t until; /* 0: no end */
	int64_t seconds; /* asked for, from the approval on; 0: none */
	/* "requested", "active", "replaced", "withdrawn", "revoked", "expired" */
	char state[16];
	char requested_by[LOGIN_MAX + 1];
	char requested_role[16];
	int64_t requested;
	char approved_by[LOGIN_MAX + 1];
	int64_t approved;
	char group[INPUT_MEMBER_MAX +
		   1]; /* of the device; only store_permit_each() sets it */
};

/* Of an active permit, as the clock says. */
enum permit_phase permit_phase(const struct permit *p, int64_t now);

static inline bool permit_is_live(const struct permit *p, int64_t now)
{
	return permit_phase(p, now) == PERMIT_IN_FORCE;
}

/* When it stops by itself: its own end or, when remote, that of its check. 0: never. */
int64_t permit_end(const struct permit *p);

/* As the kernel marks packets of its devices. */
uint32_t permit_mark(const struct permit *p);

/* As requested. -EEXIST: the device has an open request. */
int store_permit_request(struct db *db, const struct permit *p) MUST_CHECK;

/* The device's permit in that state, or its newest for NULL. -ENOENT: none. */
int store_permit_of(struct db *db, const char *device, const char *state,
		    struct permit *ret) MUST_CHECK;

/* fn for every row of a bundle in that state (NULL: any), by number. */
int store_permit_bundle(struct db *db, const char *bundle, const char *state,
			int (*fn)(const struct permit *p, void *user),
			void *user) MUST_CHECK;

/*
 * The active permits of p's cards become replaced, and p's bundle the active one,
 * until then.
 */
int store_permit_approve(struct db *db, const struct permit *p, const char *by,
			 int64_t now, int64_t until) MUST_CHECK;

/* End the open request only, for another one in its place. */
int store_permit_withdraw(struct db *db, const char *device, const char *by, int64_t now,
			  const char *reason) MUST_CHECK;

/* End what the device has: active becomes revoked, requested becomes withdrawn. */
int store_permit_end(struct db *db, const char *device, const char *by, int64_t now,
		     const char *reason) MUST_CHECK;

/* All that the register's entry has, on each of its cards. */
int store_permit_end_asset(struct db *db, const char *asset, const char *by, int64_t now,
			   const char *reason) MUST_CHECK;

/* The entry's active permits that are over become expired. */
int store_permit_expire(struct db *db, const char *asset, int64_t now) MUST_CHECK;

/*
 * A revision holds the active permits that are not over and, when remote, checked,
 * of devices that are neither suspended nor retired; their beginning may lie ahead, but
 * not of a remote one whose check does not last until then.
 * Note which ones it holds now. asset: the bundles of that entry only, with all of their
 * cards, NULL: all.
 */
int store_permit_mark(struct db *db, const char *asset, int64_t now) MUST_CHECK;

/*
 * How many belong into the revision and are not there, or the other way round. One that
 * is over may stay there, unless the clock was set back and it would hold again.
 */
int store_permit_stale(struct db *db, int64_t now, int64_t *ret_count) MUST_CHECK;

/*
 * fn for every permit of a revision (asset: of that entry only, NULL: all), with the
 * card's MAC; rows of a bundle stand together.
 */
int store_permit_each(struct db *db, const char *asset, int64_t now,
		      int (*fn)(const struct permit *p, const char *mac, void *user),
		      void *user) MUST_CHECK;

/* fn for every bundle of the entry that was in the revision before store_permit_mark(). */
int store_permit_before(struct db *db, const char *asset,
			int (*fn)(const char *bundle, void *user), void *user) MUST_CHECK;

#endif
