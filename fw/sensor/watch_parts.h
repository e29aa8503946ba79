/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_parts - the watch's inside, for watch.c and watch_place.c only */
#ifndef FW_SENSOR_WATCH_PARTS_H
#define FW_SENSOR_WATCH_PARTS_H

#include <sodium.h>

#include "fw/sensor/watch.h"
#include "fw/sensor/holder.h"

struct watch_port {
	size_t segment;
	int64_t flood; /* thousandths of a new card, leaking */
	struct mono flood_at;
};

struct watch {
	struct wires wires;
	struct watch_port port[WIRES_MAX];
	struct ours ours;
	const struct policy_sensor *rules; /* NULL: none */
	struct alarms *alarms;
	struct holders *holders;
	struct history *history;
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct mono started;
	int64_t offset_us; /* of the wall clock from the monotonic one */
};

/* An event of that kind on the frame's port by its sender. */
struct proto_event watch_event(const struct watch *e, const struct watch_frame *f,
			       enum event_kind kind);
void watch_raise(struct watch *e, const struct watch_frame *f,
		 const struct proto_event *event);

/* New, moved, on two ports, flood. */
void watch_see_place(struct watch *e, const struct watch_frame *f);

/* Many addresses asked for. */
void watch_see_asked(struct watch *e, const struct watch_frame *f);

#endif
