/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meters - the sets that keep a limit for each source address */
#ifndef FW_APPLY_METERS_H
#define FW_APPLY_METERS_H

#include "fw/apply/batch.h"
#include "fw/compile/ruleset.h"

/*
 * Make the sets that rs's rules name, where they are missing. They have a ceiling; a
 * source that finds no room does not match. One that no rule names any more stays,
 * without effect, and empties itself.
 */
void meters_put_sets(struct batch *b, const struct ruleset *rs);

#endif
