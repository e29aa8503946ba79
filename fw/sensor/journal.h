/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal - what the sensor puts on record: events, and losses
 *
 * Failures are logged once, counted, and come as a gap when writing works again.
 */
#ifndef FW_SENSOR_JOURNAL_H
#define FW_SENSOR_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/sensor/wire.h"
#include "lib/attr.h"
#include "lib/proto.h"

#define JOURNAL_GAP_MS 60000 /* one gap record an interface and minute */

struct journal;

/* dir: the spool's folder. Returns what spool_open() does. */
int journal_new(const char *dir, struct journal **ret_journal) MUST_CHECK;

/* Writes the gaps that wait for their minute. NULL is a no-op. */
void journal_free(struct journal *j);

/* The revision that records name from now on. */
void journal_set_revision(struct journal *j, uint64_t number);

void journal_started(struct journal *j, const struct wires *wires);

/*
 * RECORD_DEVICE_SEEN with the event's name as rule. Returns 0 or a negative errno
 * (already counted, for a gap before the next record).
 */
int journal_event(struct journal *j, const char *zone, const struct proto_event *event);

/* count more sightings were lost on wire number index: a RECORD_GAP when it is time. */
void journal_lost(struct journal *j, size_t index, const struct wire *w, uint64_t count);

/*
 * Put on disk what was appended since the last call. What could not be written is
 * tried as a gap once more.
 */
void journal_sync(struct journal *j);

/* Why records cannot be written now; NULL when they can. */
const char *journal_error(const struct journal *j);

uint64_t journal_count(const struct journal *j);
uint64_t journal_lost_total(const struct journal *j);

#endif
