/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device - the devices seen lately, and what is worth saying about them (no I/O)
 *
 * A table keyed by interface and MAC. Whoever sits on a wire can invent MACs, so
 * the table is built to be flooded:
 *   - DEVICE_MAX entries, shared out evenly: a flood on one interface cannot push
 *     out what was seen on another.
 *   - A device seen again a second or more later has *returned*. Invented MACs
 *     mostly do not. Returned devices are reported at once, and go only when they
 *     were silent for DEVICE_KEEP_MS.
 *   - Devices seen once are reported at a limited rate, and make room: for any
 *     newcomer when older than DEVICE_ONCE_MS, for a returned newcomer at once.
 *   - Devices with a permit are as many as people approved: a newcomer with one
 *     takes the place of any without, and those that are kept stay for DEVICE_KEEP_MS.
 *   - A newcomer that finds no room leaves a trace of six bytes in a fixed array,
 *     so that it is known as returned when it speaks again.
 *   - A returned newcomer that finds no room at all (the interface's share is full
 *     of returned devices) is reported without being kept.
 *   - What could be neither kept nor reported is counted (device_lost()).
 */
#ifndef FW_SENSOR_DEVICE_H
#define FW_SENSOR_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/sensor/sight.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/proto.h"

#define DEVICE_MAX        8192 /* of all interfaces; 3 MB with the traces */
#define DEVICE_ADDRS_MAX  4 /* IPv4, link-local, global, temporary */
#define DEVICE_RETURN_MS  1000
#define DEVICE_ONCE_MS    10000
#define DEVICE_KEEP_MS    600000
#define DEVICE_REFRESH_MS 60000
#define DEVICE_CHANGE_MS  1000 /* between changes, once DEVICE_ADDRS_MAX are known */
#define DEVICE_RATE       5 /* first reports a second and interface, of devices seen once */
#define DEVICE_BURST      512 /* an office being switched on */
#define DEVICE_TRAIL      4 /* words of 64 bits */

/* What events are made of (watch.h); device.c only keeps it. */
struct device_trail {
	uint64_t asked[DEVICE_TRAIL]; /* a bit for each address looked for, by hash */
	struct mono asked_at; /* when that began */
	struct mono moved_at; /* the last time that the card changed its interface */
	uint32_t moves; /* of late */
};

struct device {
	size_t interface; /* as given to device_see() */
	struct mac mac;
	struct addr addr[DEVICE_ADDRS_MAX]; /* family 0: free; at is the latest */
	size_t at;
	char name[SIGHT_NAME_MAX];
	enum proto_source source; /* of the last sighting */
	int64_t time_us; /* UTC, of the last sighting */
	struct mono last; /* the same, monotonic */
	bool permitted; /* it had a permit then */
	bool reported;
	struct device_trail trail;
};

/* What device_see() found. */
struct device_news {
	bool report; /* tell mgmtd, and the records if it is unknown */
	bool first; /* never seen, or forgotten */
	bool elsewhere; /* the same MAC is known on another interface */
	struct device *other; /* there, where it was last; NULL: nowhere */
	struct mono before; /* when this one was seen before; 0: never */
	struct device *device; /* valid until the next call; NULL: not kept */
};

struct device_table;

/* interfaces: 1 or more. Returns 0, -EINVAL or -ENOMEM. */
int device_table_new(size_t interfaces, struct device_table **ret_table) MUST_CHECK;
void device_table_free(struct device_table *t);

/* interface: below the number given to device_table_new(). permitted: has it a permit there? */
struct device_news device_see(struct device_table *t, size_t interface,
			      const struct sight *s, bool permitted, struct mono now,
			      int64_t time_us);

/*
 * Walk over the reported devices, for telling all of it again: one step for each
 * address of a device, or one without an address. *cursor is 0 to begin, and is
 * moved on. NULL at the end.
 */
const struct device *device_next(const struct device_table *t, uint64_t *cursor,
				 struct addr *ret_addr);

size_t device_count(const struct device_table *t);

/* Sightings on interface neither kept nor reported since the last call. */
uint64_t device_lost(struct device_table *t, size_t interface);

#endif
