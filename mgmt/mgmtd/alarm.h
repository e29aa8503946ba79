/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alarm - what sensord raises becomes a record, an alarm, or a quarantine (N8)
 *
 * Which of the three is a setting of the kind. The automatic quarantine has limits, so
 * that who can make the sensor see things cannot switch the office off with it: so many
 * an hour, never infrastructure or printers, never the last management device. What it
 * did not do stands in the alarm with the reason.
 */
#ifndef MGMT_MGMTD_ALARM_H
#define MGMT_MGMTD_ALARM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"

#define ALARM_RING_MAX 256

struct app;

struct alarm_ring {
	struct proto_event waiting[ALARM_RING_MAX];
	size_t count;
	uint64_t lost; /* no room in the ring or the table */
};

/* Take one from sensord. Returns 0, or -EBADMSG for what no sensor of ours sends. */
int alarm_take(struct alarm_ring *ring, const struct proto_event *m) MUST_CHECK;

/* Store what waits and do what it leads to. On failure it stays for the next time. */
int alarm_store(struct app *app, int64_t now) MUST_CHECK;

#endif
