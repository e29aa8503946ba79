/* SPDX-License-Identifier: GPL-3.0-or-later */
/* permitted - which cards have a permit and where, quick to ask for each frame (pure) */
#ifndef FW_SENSOR_PERMITTED_H
#define FW_SENSOR_PERMITTED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/revision.h"

struct permitted { /* a cleared one has nobody in it */
	const struct revision_permit **item; /* by MAC, in rev */
	size_t count;
};

/* Replaces what is in p; rev must outlive it. Returns 0 or -ENOMEM (p is empty then). */
int permitted_load(struct permitted *p, const struct revision *rev) MUST_CHECK;
void permitted_free(struct permitted *p);

/* The card's permit on the interface at time now (seconds UTC); NULL: none. */
const struct revision_permit *permitted_at(const struct permitted *p, struct mac mac,
					   const char *interface, int64_t now);

/* A permit of the card on any interface; NULL: none. */
const struct revision_permit *permitted_any(const struct permitted *p, struct mac mac,
					    int64_t now);

#endif
