/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * register - in which state a device of the register is, and how it gets there
 *
 * retired, quarantined and suspended are said by people (or by an alarm, or the clock)
 * and win in this order over what the permits of its cards make of it. Every change of
 * state is a line of its history. All that write stands in the caller's transaction.
 */
#ifndef MGMT_MGMTD_REGISTER_H
#define MGMT_MGMTD_REGISTER_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_device.h"

enum register_state {
	REGISTER_SEEN,
	REGISTER_REQUESTED,
	REGISTER_APPROVED, /* but not in force yet */
	REGISTER_ADMITTED,
	REGISTER_SUSPENDED,
	REGISTER_EXPIRED,
	REGISTER_REVOKED,
	REGISTER_QUARANTINED,
	REGISTER_RETIRED,
};

/* "seen" and so on. */
const char *register_state_name(enum register_state s);

/* Of an entry with all its cards. */
int register_state(struct db *db, const struct asset *a, int64_t now,
		   enum register_state *ret_state) MUST_CHECK;

/* Of one card, which may belong to an entry (a) or to none (NULL). */
int register_card_state(struct db *db, const char *device, const struct asset *a,
			int64_t now, enum register_state *ret_state) MUST_CHECK;

struct register_cause {
	const char *who, *why;
	int64_t now;
};

/* Work the entry's state out again; when it is another one, write that down. */
int register_settle(struct db *db, const char *asset,
		    const struct register_cause *cause) MUST_CHECK;

/*
 * The entry that owns the card d, made when there is none from what draft says (name,
 * owner, kind); d->asset names it then. What an entry does not know yet it takes from
 * draft too. -EDQUOT: the register is full.
 */
int register_own(struct db *db, struct device *d, const struct asset *draft,
		 const struct register_cause *cause) MUST_CHECK;

/* A clock that is so far ahead of what a person last changed is wrong, or nobody was here for a year. */
#define REGISTER_AHEAD_MAX_S (400 * INT64_C(86400))

/*
 * May ends be written down by this clock? Returns 1, 0 (what is over by it gets nothing,
 * but is not ended for good before somebody has changed something) or a negative errno.
 */
int register_believes(struct db *db, int64_t now) MUST_CHECK;

/*
 * What the clock changes: permits that are over become expired, ones that begin make
 * their device admitted. Its own transaction.
 */
int register_tick(struct db *db, int64_t now) MUST_CHECK;

#endif
