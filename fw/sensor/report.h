/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - sightings on their way to mgmtd, which may be away
 *
 * A bounded queue in front of a connection that never blocks the loop. What does
 * not fit is dropped, and everything in the device table is told again as soon
 * as there is room; the same after each new connection. So mgmtd learns every
 * device that the table holds, whatever happened in between.
 */
#ifndef FW_SENSOR_REPORT_H
#define FW_SENSOR_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "lib/proto.h"

#define REPORT_QUEUE_MAX 1024

/*
 * Gives the sighting at *cursor (0 begins) and moves it on; false at the end.
 * Called when everything is to be told again.
 */
typedef bool report_next_fn(uint64_t *cursor, struct proto_sighting *ret_sighting,
			    void *user);

struct report;

/* path: mgmtd's socket, copied. Connects on the first report_tick(). */
int report_new(sd_event *event, const char *path, report_next_fn *next, void *user,
	       struct report **ret_report) MUST_CHECK;
void report_free(struct report *r);

/* Queue one sighting, and send what can be sent. */
void report_add(struct report *r, const struct proto_sighting *s);

/* Call once a second: connects when there is no connection, and sends. */
void report_tick(struct report *r);

bool report_is_connected(const struct report *r);

/* Sightings handed to mgmtd since the start. */
uint64_t report_sent(const struct report *r);

#endif
