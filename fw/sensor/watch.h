/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch - what happens on the segments becomes events (pure: no I/O, no clock)
 *
 * Each frame that was decoded goes through watch_see(), with what device.h found about
 * its sender. Events come out by the callback, each raised once and closed when its cause
 * is over (alarm.h). What is ours comes from the interfaces (ours.h) and the policy's
 * section "sensor".
 */
#ifndef FW_SENSOR_WATCH_H
#define FW_SENSOR_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/sensor/alarm.h"
#include "fw/sensor/device.h"
#include "fw/sensor/history.h"
#include "fw/sensor/ours.h"
#include "fw/sensor/permitted.h"
#include "fw/sensor/sight.h"
#include "fw/sensor/wire.h"
#include "lib/attr.h"
#include "lib/mono.h"

/* Two cards with one address alternate; one that is moved comes and stays. */
#define WATCH_MOVES    3
#define WATCH_MOVES_MS 60000 /* at most, from one change of port to the next */
/* More PCs than a /23 holds do not appear in one minute. */
#define WATCH_FLOOD_CARDS 512
#define WATCH_FLOOD_MS    60000
/*
 * Addresses that nobody is known to hold, asked for in a minute; bits of 256, so the
 * number of addresses is somewhat higher. A PC looks for a few that are gone. In the
 * first minutes few holders are known, and a server asks for all its clients.
 */
#define WATCH_SCAN_BITS     32
#define WATCH_SCAN_EARLY    128
#define WATCH_SCAN_EARLY_MS 120000
#define WATCH_SCAN_MS       60000
#define WATCH_STEP_S        3600 /* a jump of the wall clock that is no correction */

struct watch_time {
	struct mono now;
	int64_t time_us; /* UTC */
	unsigned hour; /* of the week by the site's clock, Sunday 0:00 is 0 */
};

struct watch_frame {
	size_t port; /* number in wires */
	const struct sight *sight;
	const struct device_news *news;
	bool permitted; /* the card has a permit for that interface */
	const char *home; /* where else it has one; NULL: nowhere */
	struct watch_time time;
};

struct watch;

/* wires: the ports, copied; each zone is one segment. Returns 0 or -ENOMEM. */
int watch_new(const struct wires *wires, alarm_emit_fn *emit, void *user,
	      struct watch_time start, struct watch **ret_watch) MUST_CHECK;
void watch_free(struct watch *e);

/* rules must outlive the watch or the next call; NULL: nobody but us. */
void watch_set_rules(struct watch *e, const struct policy_sensor *rules);
void watch_set_ours(struct watch *e, const struct ours *ours);

/*
 * Is the tagged frame that came in on that port to be left out, because another port is
 * the interface of its VLAN and hears it too?
 */
bool watch_is_elsewhere(const struct watch *e, size_t port, const struct sight *s);

void watch_see(struct watch *e, const struct watch_frame *f);

/* Once a second: closes what is over, and notices steps of the wall clock. */
void watch_tick(struct watch *e, struct watch_time t);

/* Permits have changed: devices that have one now are not new any more. */
void watch_recheck(struct watch *e, const struct permitted *p, struct watch_time t);

/* What is open and what was learned, to keep and to tell again. */
struct alarms *watch_alarms(struct watch *e);
struct history *watch_history(struct watch *e);

#endif
