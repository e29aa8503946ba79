/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory - what the watch knows, in a file, so that a restart forgets nothing
 *
 * Open events and the habits of permitted cards. Who can write the file is sensord
 * itself; it is read with care all the same.
 */
#ifndef FW_SENSOR_MEMORY_H
#define FW_SENSOR_MEMORY_H

#include "fw/sensor/watch.h"
#include "lib/attr.h"

/*
 * Take over what the file at path holds, as far as it is whole. Events of interfaces
 * that are not listened to are left out. The time since it was written does not count as
 * silence of anybody: nobody listened. Returns 0, -ENOENT, -EBADMSG or another negative
 * errno.
 */
int memory_load(const char *path, struct watch *e, const struct wires *wires,
		struct watch_time t) MUST_CHECK;

/* Replace the file. time_us: now, UTC. Returns 0 or a negative errno. */
int memory_save(const char *path, struct watch *e, int64_t time_us) MUST_CHECK;

#endif
