/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asset_json - a device of the register as the API shows it */
#ifndef MGMT_MGMTD_ASSET_JSON_H
#define MGMT_MGMTD_ASSET_JSON_H

#include <jansson.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_setting.h"

/* With its cards. Returns 0, -ENOMEM or what db.h says. */
int asset_json(struct call *c, const struct asset *a, const struct terms *terms,
	       json_t **ret) MUST_CHECK;

/* "history" as well. */
int asset_json_history(struct call *c, const struct asset *a, json_t *obj) MUST_CHECK;

/* When somebody has to look at it again; 0: never. */
int64_t asset_certify_due(const struct asset *a, const struct terms *terms);

#endif
