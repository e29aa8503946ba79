/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * app - what mgmtd holds while it runs: ledger, journal, the other parts, the policy
 */
#ifndef MGMT_MGMTD_APP_H
#define MGMT_MGMTD_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/diag.h"
#include "lib/policy/policy.h"
#include "mgmt/mgmtd/alarm.h"
#include "mgmt/mgmtd/auth.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/journal.h"
#include "mgmt/mgmtd/parts.h"
#include "mgmt/mgmtd/publish.h"
#include "mgmt/mgmtd/reserve.h"
#include "mgmt/mgmtd/sight.h"

struct app {
	struct db *db;
	struct parts parts;
	struct journal journal;
	struct reserve reserve; /* of the disk, for withdrawals */
	struct publisher publisher;
	struct auth auth;
	struct sight sight;
	struct alarm_ring alarms;
	struct policy
		*policy; /* in force; NULL: none was applied yet, or it is refused */
	char policy_refused[DIAG_TEXT_MAX + 64]; /* why, by this version; "" it is not */
	unsigned lockdown_owed; /* a bit (1 << part) for each that did not take it */
	struct proto_lockdown lockdown; /* that it is to take */
	bool sign_out_owed; /* proxyd did not take a sign-out */
	struct mono chores_next; /* when the clock's chores are due again */
	struct mono probes_next; /* when to look again whether probes are due */
	int64_t ticked; /* what the clock said then, in seconds UTC */
	int64_t started_us;
	int64_t zone_since[POLICY_ZONES_MAX]; /* zone_since.h, once zone_since_read */
	bool zone_since_read;
	/* not stored until now, for want of room on the disk mostly */
	bool sightings_wait, alarms_wait, states_wait, sessions_wait;
};

/*
 * Open everything below root. On failure it has logged why and nothing is left
 * open. Returns 0 or a negative errno.
 */
int app_open(struct app *app, const char *root) MUST_CHECK;
void app_close(struct app *app);

/*
 * Read the policy again after it changed; also sets the process's time zone. One that
 * this version refuses counts as none: another one can be applied.
 */
int app_read_policy(struct app *app) MUST_CHECK;

/*
 * The account is disabled or has another password: nobody is signed in with it at the
 * proxy any more. When proxyd does not take that, everybody is signed out as soon as
 * it does.
 */
void app_sign_out(struct app *app, const char *login);

/*
 * Also before something is read: what the sensor saw is stored, and the states of permits
 * and entries follow the clock. What cannot be stored is logged once and waits; who reads
 * is shown what the ledger has, on a full disk, too.
 */
void app_take_sightings(struct app *app);
void app_follow_clock(struct app *app, int64_t now);
/* The same of alarms. */
void app_take_alarms(struct app *app, int64_t now);

/* Every two seconds: ask the parts, send them what they missed, forget old sessions. */
void app_tick(struct app *app, int64_t now);

#endif
