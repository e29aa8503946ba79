/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * permitted - which cards have a permit and where, quick to ask for each frame (pure)
 *
 * What is asked is whether people know the card: a permit that has not begun yet, or whose
 * device is in quarantine, counts; one that is over does not.
 */
#ifndef FW_SENSOR_PERMITTED_H
#define FW_SENSOR_PERMITTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/revision.h"

struct permitted_card {
	struct mac mac;
	const char *interface;
	int64_t from, until; /* seconds UTC; 0: no beginning, no end */
	bool quarantined;
};

struct permitted { /* a cleared one has nobody in it */
	struct permitted_card *item; /* by MAC; interfaces are the revision's */
	size_t count;
};

/* Replaces what is in p; rev must outlive it. Returns 0 or -ENOMEM (p is empty then). */
int permitted_load(struct permitted *p, const struct revision *rev) MUST_CHECK;
void permitted_free(struct permitted *p);

/* Has the card a permit for the interface at time now (seconds UTC)? */
bool permitted_at(const struct permitted *p, struct mac mac, const char *interface,
		  int64_t now);

/* The same, and the permit is in force: it has begun, and the device is in no quarantine. */
bool permitted_holds(const struct permitted *p, struct mac mac, const char *interface,
		     int64_t now);

/* An interface that the card has a permit for; NULL: none. */
const char *permitted_home(const struct permitted *p, struct mac mac, int64_t now);

#endif
