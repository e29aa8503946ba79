/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot - one revision, prepared for questions
 *
 * Immutable after snapshot_new(): a new revision is a new snapshot, put in the
 * old one's place as a whole. Connections copy what they need from it.
 */
#ifndef PROXY_SNAPSHOT_H
#define PROXY_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/revision.h"
#include "proxy/acl.h"

struct snapshot {
	struct revision *rev; /* owned */
	struct acl *acl;
	const struct revision_permit **permit; /* by number, ascending */
	struct prefix *site; /* networks of every zone but the one we dial into */
	size_t site_count;
};

/* Takes rev over when it returns 0; on -ENOMEM rev stays the caller's. */
int snapshot_new(struct revision *rev, struct snapshot **ret_snap) MUST_CHECK;
void snapshot_free(struct snapshot *s);

/* The permit of that number, or NULL. */
const struct revision_permit *snapshot_permit(const struct snapshot *s, uint32_t number);

/* The zone whose networks hold the address (longest prefix), or POLICY_NONE. */
size_t snapshot_zone(const struct snapshot *s, struct addr a);

#endif
