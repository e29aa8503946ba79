/* SPDX-License-Identifier: GPL-3.0-or-later */
/* current - following the revision in force, by looking at its link */
#ifndef FW_SENSOR_CURRENT_H
#define FW_SENSOR_CURRENT_H

#include "lib/attr.h"
#include "lib/paths.h"
#include "lib/revision.h"

#define CURRENT_LINK_MAX 64

struct current {
	char dir[PATH_TEXT_MAX]; /* of the revisions */
	char loaded[CURRENT_LINK_MAX]; /* where the link pointed then; "" never */
	char refused
		[CURRENT_LINK_MAX]; /* likewise, when loading failed; "" all is well */
};

/*
 * Load the revision in force if it is another than last time. Logs a failure
 * once; it is tried again at each call. base: the one that is loaded, NULL none: a change
 * of permits alone is then taken over without reading the rest again.
 * Returns 0, -ENOENT (nothing new) or what revision_load() does.
 */
int current_load(struct current *c, const struct revision *base,
		 struct revision **ret_rev) MUST_CHECK;

#endif
