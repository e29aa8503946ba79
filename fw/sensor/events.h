/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events - the watch joined to the world: clock, addresses, mgmtd, records, memory
 *
 * What it raises and closes goes into the records first, then to mgmtd, over a
 * connection of its own. With mgmtd away it is on record; what is open is told when
 * mgmtd is back.
 */
#ifndef FW_SENSOR_EVENTS_H
#define FW_SENSOR_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "fw/sensor/device.h"
#include "fw/sensor/journal.h"
#include "fw/sensor/sight.h"
#include "fw/sensor/wire.h"
#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/revision.h"

#define EVENTS_SAVE_S 600 /* habits learned since are lost when power fails */
#define EVENTS_OURS_S 5 /* how soon an address that we were given is known as ours */

struct events;

/*
 * mgmtd: its socket; memory: the file for what is learned; both copied. wires are copied,
 * journal must outlive it. A memory that cannot be read is logged and begun anew.
 * Returns 0 or a negative errno.
 */
int events_new(sd_event *loop, const char *mgmtd, const char *memory,
	       const struct wires *wires, struct journal *journal,
	       struct events **ret_events) MUST_CHECK;

/* Saves what was learned. NULL is a no-op. */
void events_free(struct events *ev);

/* rev must outlive it or the next call; NULL: none. Returns 0 or -ENOMEM. */
int events_set_revision(struct events *ev, const struct revision *rev) MUST_CHECK;

/* Has the card a permit on that wire now? */
bool events_is_permitted(const struct events *ev, size_t wire, struct mac mac,
			 int64_t time_us);

/* The same, and it is in force (permitted.h): who is not is to be contained. */
bool events_is_admitted(const struct events *ev, size_t wire, struct mac mac,
			int64_t time_us);

/* As watch_is_elsewhere() says. */
bool events_is_elsewhere(const struct events *ev, size_t wire, const struct sight *s);

/* One frame, after device_see(). */
void events_see(struct events *ev, size_t wire, const struct sight *s,
		const struct device_news *news, bool permitted, struct mono now,
		int64_t time_us);

/* Once a second. */
void events_tick(struct events *ev);

/* Causes that were seen but are not on record, because of ceilings. */
uint64_t events_suppressed(const struct events *ev);

#endif
