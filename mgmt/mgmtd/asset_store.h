/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asset_store - entries of the register with their cards, as people give them */
#ifndef MGMT_MGMTD_ASSET_STORE_H
#define MGMT_MGMTD_ASSET_STORE_H

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input_asset.h"
#include "mgmt/mgmtd/register.h"

/*
 * A new entry with its cards, in the caller's transaction; in->asset.id is set.
 * Returns 0, -EEXIST (its number is taken) or what asset_store_card() says.
 */
int asset_store_new(struct db *db, struct input_asset *in,
		    const struct register_cause *cause) MUST_CHECK;

/*
 * One card more of an entry. A card that was only seen becomes its, and so does one
 * of another entry, without a permit or a request. Returns 0, -EBUSY (it has one),
 * -EPERM (that entry is in quarantine or retired), -EDQUOT (too many cards) or what db.h
 * says. Publish with publish_cards().
 */
int asset_store_card(struct db *db, const char *asset,
		     const struct input_device *card) MUST_CHECK;

#endif
