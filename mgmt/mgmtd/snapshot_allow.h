/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot_allow - the ledger's entries as lists and image of a revision */
#ifndef MGMT_MGMTD_SNAPSHOT_ALLOW_H
#define MGMT_MGMTD_SNAPSHOT_ALLOW_H

#include <jansson.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/diag.h"
#include "mgmt/mgmtd/db.h"

/*
 * Write the image of revision number into dir and add "lists" and "allow" to top.
 * Returns 0, -EINVAL (refused, see diags), -ENOMEM, -ENOSPC, -EIO (another error of
 * the file), or what db.h says. A file that is left is revision_discard()'s.
 */
int snapshot_allow_add(struct db *db, const char *dir, uint64_t number, json_t *top,
		       struct diags *diags) MUST_CHECK;

#endif
