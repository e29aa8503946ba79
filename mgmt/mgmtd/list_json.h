/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list_json - lists as the API shows them, and made from what it was given */
#ifndef MGMT_MGMTD_LIST_JSON_H
#define MGMT_MGMTD_LIST_JSON_H

#include <jansson.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input_list.h"
#include "mgmt/mgmtd/store_list.h"

/*
 * A list: l is the version in force, or the requested one of a list that is not yet;
 * its open request is looked up. *ret is the caller's. Returns 0, -ENOMEM or what
 * db.h says.
 */
int list_json(struct db *db, const struct list *l, json_t **ret) MUST_CHECK;

/* The settings of l, to be changed by a body. Clear ret in any case. 0 or -ENOMEM. */
int list_to_input(const struct list *l, struct input_list *ret) MUST_CHECK;

/* Likewise the other way. -EFBIG: too long for the ledger. */
int list_of_input(const struct input_list *in, struct list *ret) MUST_CHECK;

#endif
