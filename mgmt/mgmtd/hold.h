/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold - a device with all its cards is quarantined, suspended, retired, and back
 *
 * Whoever asks (a person, the clock, an alarm), this is how it is done: the ledger with
 * its history, the daemons, the record. What takes away is done even while a daemon is
 * away.
 */
#ifndef MGMT_MGMTD_HOLD_H
#define MGMT_MGMTD_HOLD_H

#include "lib/attr.h"
#include "mgmt/mgmtd/publish.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_device.h"

enum hold_verb {
	HOLD_QUARANTINE,
	HOLD_RELEASE,
	HOLD_SUSPEND,
	HOLD_RESUME,
	HOLD_RETIRE, /* ends permits and requests too */
};

/* "device-quarantine" and so on, for the history. */
const char *hold_name(enum hold_verb verb);

struct hold_order {
	enum hold_verb verb;
	struct publish_order publish; /* who, why, when; object, asset are set here */
	const struct device *device; /* the card, for an entry that is to be made */
};

/*
 * a may have no id: then an entry for the order's card is made first; it is as it is
 * afterwards. Returns 0, -EALREADY (it is so), -ENOENT (to be ended, and not so),
 * -EDQUOT (the register is full), or what publish_commit() says.
 */
int hold_set(struct publisher *p, struct asset *a, const struct hold_order *order,
	     struct publish_result *ret) MUST_CHECK;

#endif
