/* SPDX-License-Identifier: GPL-3.0-or-later */
/* migrate - the ledger's schema, step by step from one user_version to the next */
#ifndef MGMT_MGMTD_MIGRATE_H
#define MGMT_MGMTD_MIGRATE_H

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"

/*
 * Bring db up to date, each step in a transaction of its own. Returns 0, -ENOTSUP
 * (a newer version of the program wrote it) or what db.h says.
 */
int migrate_run(struct db *db) MUST_CHECK;

#endif
