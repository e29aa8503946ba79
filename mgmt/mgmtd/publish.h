/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish - the one way in: a change of the ledger becomes a revision in force
 *
 * publish_begin(); change the stores; then publish_commit() for what the daemons
 * must follow, publish_note() for what they need not know, or publish_abort().
 * Either all of it happens (ledger, files, daemons, record) or nothing does, but
 * for withdrawals: they are stored even when a daemon is away, which follows when
 * it is back (parts_resend()), when no record can be written (a gap tells of it), and
 * on a disk without room (reserve.h).
 *
 * What changes one entry of the register only (order.asset) is published as a small
 * revision on top of the current one, where that is possible.
 *
 * A revision may be on trial (trial.h): the daemons have it and go back by themselves,
 * current stays where it was. Until the trial ends nothing else is published but
 * withdrawals, which end it first.
 */
#ifndef MGMT_MGMTD_PUBLISH_H
#define MGMT_MGMTD_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/revision.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/journal.h"
#include "mgmt/mgmtd/parts.h"
#include "mgmt/mgmtd/reserve.h"
#include "mgmt/mgmtd/store_change.h"
#include "mgmt/mgmtd/workflow.h"

/*
 * A full revision takes a hundred times longer than a small one: the last small ones of a
 * chain are for withdrawals, which so never wait for it, and it is made beforehand when
 * nothing has changed for a minute.
 */
#define PUBLISH_GRANTS_MAX (REVISION_CHAIN_MAX - 32)
#define PUBLISH_RENEW_FROM 16 /* small ones; fewer are not worth it */
#define PUBLISH_QUIET_MS   60000
#define PUBLISH_FULL_NEXT  (REVISION_CHAIN_MAX + 1) /* and with a new allowlist */

struct trial {
	uint64_t number; /* 0: none is on trial */
	int64_t until; /* seconds UTC */
	char who[LOGIN_MAX + 1];
};

struct publisher {
	struct db *db;
	struct parts *parts;
	struct journal *journal;
	char dir[PATH_TEXT_MAX]; /* of revisions */
	char secret[PATH_TEXT_MAX]; /* the signing key */
	uint64_t current; /* in force; 0: none yet */
	uint64_t full; /* the full revision that current rests on, or is */
	unsigned behind; /* small ones from there on; PUBLISH_FULL_NEXT: no more */
	uint64_t tried; /* the highest number ever written; none is used twice */
	struct mono changed; /* when something was published last */
	struct trial trial;
	struct reserve *reserve; /* of the disk, for withdrawals */
};

struct publish_order {
	struct change change;
	const char *asset; /* only what this entry of the register has changed, or NULL */
	struct addr client; /* who asked, for the record */
	int64_t now; /* seconds UTC: permits that are over then are left out */
	bool withdrawal;
	bool policy; /* a version of the policy was added */
	bool renew; /* the same again as a full revision */
	uint32_t confirm_s; /* that version is on trial so long; 0: for good */
};

struct publish_result {
	uint64_t revision;
	uint64_t rolled_back; /* was on trial and had to give way; 0: none */
	uint32_t cut;
	bool not_kept; /* a lockdown, which the next start would end */
	unsigned pending; /* a bit (1 << part) for each that is away */
	enum part culprit; /* who is away or refused */
	char text[PROTO_TEXT_MAX]; /* why it was refused, one diagnostic a line */
};

/*
 * Take up what is there: makes the key, points the files' current at the ledger's
 * and removes revisions that never came into force. db, parts, journal and
 * reserve stay the caller's and must outlive p. Returns 0 or a negative errno.
 */
int publish_init(struct publisher *p, const char *root, struct db *db,
		 struct parts *parts, struct journal *journal,
		 struct reserve *reserve) MUST_CHECK;

int publish_begin(struct publisher *p) MUST_CHECK;
void publish_abort(struct publisher *p);

/*
 * Ends the transaction in any case. Returns 0; -EINVAL: refused (culprit may be
 * PART_COUNT: by ourselves; text); -EHOSTDOWN: culprit is away; -ENOBUFS: not
 * recordable; -ENOENT: no policy yet; -EBUSY: a revision is on trial; -ENODATA: to be
 * on trial, with none before it to go back to; or another negative errno. ret is
 * always set.
 */
int publish_commit(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret) MUST_CHECK;

/* Likewise without a revision. Returns 0, -ENOBUFS or what db.h says. */
int publish_note(struct publisher *p, const struct publish_order *order) MUST_CHECK;

/*
 * Likewise for a change that may have given entries cards: with a revision when one of
 * them is in quarantine, as its cards are. Returns what publish_commit() does.
 */
int publish_cards(struct publisher *p, const struct publish_order *order,
		  struct publish_result *ret) MUST_CHECK;

/* For trial.c: the record, the files' current and the end of the transaction. */
int publish_settle(struct publisher *p, const struct publish_order *order,
		   uint64_t number) MUST_CHECK;
/* number, a full one, is current now; files that are of no use any more go. */
void publish_moved(struct publisher *p, uint64_t number);

/* --- publish_files.c --- */

/* A revision that never came into force goes. */
void publish_discard(const struct publisher *p, uint64_t number);
/* Images may be big, and only the one in force is ever loaded. */
void publish_drop_image(const struct publisher *p, uint64_t number);
/*
 * Remove what was written but never came into force before we were ended, and
 * images that are not in force any more. Returns 0 or a negative errno.
 */
int publish_sweep(struct publisher *p) MUST_CHECK;

/*
 * End a long chain while nobody waits for it, when it is time and both daemons are there.
 * Returns what publish_commit() does, or 0 when nothing was to be done.
 */
int publish_renew(struct publisher *p, int64_t now) MUST_CHECK;

#endif
