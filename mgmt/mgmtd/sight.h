/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sight - what the sensor saw becomes rows of the device table
 *
 * Sightings wait in a small ring and are stored many at a time; what does not fit
 * is counted. The same address on another interface is another device.
 */
#ifndef MGMT_MGMTD_SIGHT_H
#define MGMT_MGMTD_SIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "mgmt/mgmtd/db.h"

#define SIGHT_RING_MAX 512

struct sight {
	struct proto_sighting waiting[SIGHT_RING_MAX];
	size_t count;
	uint64_t lost; /* no room in the ring */
	uint64_t refused; /* no room in the table */
};

/* Take one from sensord. Returns 0, or -EBADMSG for what no sensor of ours sends. */
int sight_take(struct sight *s, const struct proto_sighting *m) MUST_CHECK;

/* Store what waits, in one transaction. On failure it stays for the next time. */
int sight_store(struct sight *s, struct db *db) MUST_CHECK;

#endif
