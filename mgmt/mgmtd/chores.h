/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chores - what the clock asks of the register: dormant devices, lapsed checks, reminders */
#ifndef MGMT_MGMTD_CHORES_H
#define MGMT_MGMTD_CHORES_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_setting.h"

/*
 * Suspend what was not seen for longer than the terms say (where the sensor looks:
 * something else was seen on the interface within a day), and withdraw remote permits
 * whose terminal's check is not current any more. Failures are logged.
 */
void chores_run(struct app *app, int64_t now);

enum chores_due {
	CHORES_ENDING, /* a permit ends */
	CHORES_DORMANT, /* it is about to be suspended */
	CHORES_CERTIFY, /* somebody has to look at it again */
};

struct due {
	struct asset asset;
	int64_t at;
};

/* What is due before until, soonest first, 1000 at most. */
int chores_each(struct db *db, enum chores_due what, const struct terms *terms,
		int64_t until, int (*fn)(const struct due *due, void *user),
		void *user) MUST_CHECK;

#endif
