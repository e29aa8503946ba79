/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot - the ledger as one revision's JSON text (lib/revision.h)
 *
 * Holds the newest policy, the active entries, the permits that store_permit_each()
 * gives, and the cards of devices in quarantine. What it builds was parsed once as the
 * daemons will parse it. The ledger notes what it holds, for the small revision that
 * may follow; so that must be taken back when it does not come into force.
 */
#ifndef MGMT_MGMTD_SNAPSHOT_H
#define MGMT_MGMTD_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/diag.h"
#include "mgmt/mgmtd/db.h"

/*
 * like: 0, or the full revision since which the allowlist has not changed: then its lists
 * and image are taken as they are. Else the allowlist's image is written into dir, which holds the revisions, and on disk
 * when it returns 0; otherwise revision_discard() removes it.
 * *ret_text is the caller's to free. Returns 0, -ENOENT (no policy was applied),
 * -EINVAL or -EFBIG (refused, see diags), -ENOMEM, -ENOSPC, -EIO (the image
 * cannot be written), or what db.h says.
 */
int snapshot_build(struct db *db, const char *dir, uint64_t number, uint64_t like,
		   int64_t now, char **ret_text, size_t *ret_len,
		   struct diags *diags) MUST_CHECK;

/*
 * Likewise the small revision on top of base, for a change of what one entry of the
 * register has. *ret_text is NULL with 0 when nothing changes.
 */
int snapshot_small(struct db *db, uint64_t number, uint64_t base, const char *asset,
		   int64_t now, char **ret_text, size_t *ret_len,
		   struct diags *diags) MUST_CHECK;

/*
 * How many cards of devices in quarantine (asset: of that entry only, NULL: of all) the
 * revision does not isolate, as they came to their device after it.
 */
int snapshot_not_isolated(struct db *db, const char *asset,
			  int64_t *ret_count) MUST_CHECK;

#endif
