/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * who - from a mark to the permit it stands for, in the revisions we know
 *
 * The revision before the one in force is kept, so that the end of a withdrawn
 * permit's connection still names the device.
 */
#ifndef FW_GATED_WHO_H
#define FW_GATED_WHO_H

#include "lib/record.h"
#include "lib/revision.h"

/* The permit with that mark, or NULL. rev may be NULL. */
const struct revision_permit *who_find(const struct revision *rev, uint32_t mark);

/* Fill in device, user, MAC and zone. rev is the revision of the permit. */
void who_describe(const struct revision *rev, const struct revision_permit *p,
		  struct record *rec);

#endif
