/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot - one revision with its allowlist, prepared for questions
 *
 * Immutable after snapshot_new() but for a lockdown, and counted: every worker, and who still needs it
 * for a while, holds a reference. A new revision is a new snapshot, put in the old
 * one's place as a whole.
 */
#ifndef PROXY_SNAPSHOT_H
#define PROXY_SNAPSHOT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/allow/image.h"
#include "lib/attr.h"
#include "lib/revision.h"

struct snapshot {
	struct revision *rev; /* owned */
	struct allow_image *image; /* owned, or whole's */
	struct snapshot
		*whole; /* a reference, when rev is a small one; it has the image */
	struct prefix *site; /* networks of every zone but the one we dial into */
	size_t site_count;
	atomic_bool locked; /* lockdown: nothing is allowed */
	atomic_uint refs;
};

/*
 * With one reference, the caller's. Takes rev and image over when it returns 0; on
 * -ENOMEM they stay the caller's.
 */
int snapshot_new(struct revision *rev, struct allow_image *image,
		 struct snapshot **ret_snap) MUST_CHECK;

/*
 * The same for a small revision on top of base's, which has the image. Takes rev over
 * when it returns 0, and no reference of the caller's.
 */
int snapshot_new_small(struct revision *rev, struct snapshot *base,
		       struct snapshot **ret_snap) MUST_CHECK;

/* One more reference. Returns s; s may be NULL. Any thread that holds one may call it. */
struct snapshot *snapshot_ref(struct snapshot *s);

/* One less; the last one frees it. s may be NULL. */
void snapshot_unref(struct snapshot *s);

/* The permit of that number, or NULL. */
const struct revision_permit *snapshot_permit(const struct snapshot *s, uint32_t number);

/* The zone whose networks hold the address (longest prefix), or POLICY_NONE. */
size_t snapshot_zone(const struct snapshot *s, struct addr a);

#endif
