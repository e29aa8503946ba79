/* SPDX-License-Identifier: GPL-3.0-or-later */
/* find_device - the device that a request's path names */
#ifndef MGMT_MGMTD_FIND_DEVICE_H
#define MGMT_MGMTD_FIND_DEVICE_H

#include <stdbool.h>

#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_device.h"

/* By id or MAC address. Returns false when it has answered. */
bool find_device(struct call *c, struct device *ret);

/* The register's entry by its id, else as above: that of the card, which may have none
 * (ret->id is "" then). Returns false when it has answered. */
bool find_asset_of(struct call *c, struct device *ret_card, struct asset *ret);

/* By its own id only. */
bool find_asset(struct call *c, struct asset *ret);

#endif
