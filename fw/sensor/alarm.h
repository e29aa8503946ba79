/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alarm - which events are open, so that each is raised once and closed when over (pure)
 *
 * An event is open from its first cause until its cause has been quiet for a time that
 * depends on its kind. Open ones are bounded by kind; the one that was quiet longest
 * makes room, and is raised again if its cause goes on: nothing is hidden by filling the
 * table. How often events of one kind may be raised on one port is bounded too, so that
 * a flood on one port says nothing less about the others. (New devices are limited by
 * device.h already.)
 */
#ifndef FW_SENSOR_ALARM_H
#define FW_SENSOR_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/event.h"
#include "lib/mono.h"
#include "lib/proto.h"

#define ALARM_NEW_MAX  8192 /* EVENT_NEW_DEVICE: as many as devices are kept */
#define ALARM_KIND_MAX 512 /* of each other kind */
#define ALARM_BURST    64 /* raised at once, for each kind and port */
#define ALARM_RATE_MS  1000 /* and then one in this time */

/* Called for each event raised or closed; valid during the call. */
typedef void alarm_emit_fn(const struct proto_event *event, void *user);

struct alarms;

/* ports: 1 or more. Returns 0, -EINVAL or -ENOMEM. */
int alarms_new(size_t ports, alarm_emit_fn *emit, void *user,
	       struct alarms **ret_alarms) MUST_CHECK;
void alarms_free(struct alarms *a);

/*
 * The cause of an event was seen on port. Kind, interface and mac say which event it
 * is, for those about an address also addr; state, time and count are set here.
 * Returns whether it is open now.
 */
bool alarms_see(struct alarms *a, size_t port, const struct proto_event *what,
		struct mono now, int64_t time_us);

/* Is one with what's key open? Its quiet time begins anew. */
bool alarms_touch(struct alarms *a, const struct proto_event *what, struct mono now);

/* The cause is gone for good. */
void alarms_close(struct alarms *a, const struct proto_event *what, int64_t time_us);

/* Close those that were quiet for long enough. */
void alarms_tick(struct alarms *a, struct mono now, int64_t time_us);

/* How long a kind is quiet until it is over. */
int64_t alarm_quiet_ms(enum event_kind kind);

/* Walk over the open ones. *cursor is 0 to begin. NULL at the end. */
const struct proto_event *alarms_next(const struct alarms *a, size_t *cursor);

/* Open what was open before a restart, without a word. Refuses what no event of ours is. */
void alarms_restore(struct alarms *a, const struct proto_event *event, struct mono now);

/* Causes that were seen but not raised because of the ceilings, since the start. */
uint64_t alarms_suppressed(const struct alarms *a);
size_t alarms_count(const struct alarms *a);

#endif
