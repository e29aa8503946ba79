/* SPDX-License-Identifier: GPL-3.0-or-later */
/* device_json - a device with its state and permit, as the API shows it */
#ifndef MGMT_MGMTD_DEVICE_JSON_H
#define MGMT_MGMTD_DEVICE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/policy/policy.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/store_device.h"

/*
 * now decides what is expired, ja the language; policy (may be NULL) names the zone. *ret is the
 * caller's. Returns 0, -ENOMEM or what db.h says.
 */
int device_json(struct db *db, const struct policy *policy, const struct device *d,
		int64_t now, bool ja, json_t **ret) MUST_CHECK;

#endif
