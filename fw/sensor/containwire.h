/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * containwire - containment on one interface: the socket that its frames leave by
 *
 * Opening needs CAP_NET_RAW and is done for interfaces of zones with containment only;
 * the socket hears nothing. Sending needs no capability, so the sensor keeps none.
 */
#ifndef FW_SENSOR_CONTAINWIRE_H
#define FW_SENSOR_CONTAINWIRE_H

#include <systemd/sd-event.h>

#include "fw/sensor/events.h"
#include "fw/sensor/sight.h"
#include "lib/attr.h"
#include "lib/proto.h"

struct containwire;

/*
 * events says who has a permit on wire number wire, and must outlive it.
 * Returns 0, -ENODEV, -EPERM, -ENOMEM or another negative errno.
 */
int containwire_open(sd_event *event, const char *interface, const struct events *events,
		     size_t wire, struct containwire **ret_wire) MUST_CHECK;
void containwire_close(struct containwire *w);

/*
 * A frame that came in. To be called while it is known who has a permit, as below.
 * NULL is a no-op.
 */
void containwire_see(struct containwire *w, const struct sight *sight);

/* What it does now, added to these; NULL is a no-op. */
void containwire_count(const struct containwire *w, struct proto_status *st);

/* Once a second. */
void containwire_tick(struct containwire *w);

#endif
