/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input_asset - what people write about a device of the register, as input.h says (pure) */
#ifndef MGMT_MGMTD_INPUT_ASSET_H
#define MGMT_MGMTD_INPUT_ASSET_H

#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/store_asset.h"

struct input_asset {
	struct asset asset; /* number, name, owner, organisation, kind, zone, note */
	struct input_device card[ASSET_CARDS_MAX]; /* a new one's */
	size_t card_count;
	char reason[INPUT_REASON_MAX + 1]; /* a change's */
};

/* A new entry: owner, kind and 1 card or more are needed. */
int input_asset_new(const json_t *body, const struct policy *policy,
		    struct input_asset *ret, struct input_error *e) MUST_CHECK;

/* A change of was: what is left out stays; reason is needed. */
int input_asset_change(const json_t *body, const struct policy *policy,
		       const struct asset *was, struct input_asset *ret,
		       struct input_error *e) MUST_CHECK;

/* One card more, and reason. */
int input_asset_card(const json_t *body, const struct policy *policy,
		     struct input_asset *ret, struct input_error *e) MUST_CHECK;

#endif
