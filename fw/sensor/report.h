/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - messages of one type on their way to mgmtd, which may be away
 *
 * A bounded queue in front of a connection that never blocks the loop. What does
 * not fit is dropped, and everything in the table behind it is told again as soon
 * as there is room; the same after each new connection. So mgmtd learns every
 * device that is known and every event that is open, whatever happened in between.
 */
#ifndef FW_SENSOR_REPORT_H
#define FW_SENSOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "lib/proto.h"

#define REPORT_QUEUE_MAX 1024

/*
 * Gives the message at *cursor (0 begins) and moves it on; false at the end.
 * Called when everything is to be told again.
 */
typedef bool report_next_fn(uint64_t *cursor, void *ret_message, void *user);

struct report;

/*
 * path: mgmtd's socket, copied. Messages are structs of size bytes that go as type.
 * Connects on the first report_tick().
 */
int report_new(sd_event *event, const char *path, enum proto_type type, size_t size,
	       report_next_fn *next, void *user, struct report **ret_report) MUST_CHECK;
void report_free(struct report *r);

/* Queue one message, and send what can be sent. */
void report_add(struct report *r, const void *message);

/* Call once a second: connects when there is no connection, and sends. */
void report_tick(struct report *r);

bool report_is_connected(const struct report *r);

/* Messages handed to mgmtd since the start. */
uint64_t report_sent(const struct report *r);

#endif
