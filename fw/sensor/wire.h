/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire - which interfaces a revision tells us to listen on
 *
 * Those of every zone whose devices need a permit, save the internet's; of a bridge its
 * ports.
 */
#ifndef FW_SENSOR_WIRE_H
#define FW_SENSOR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/revision.h"

#define WIRES_MAX 64 /* 4 MB of kernel buffer each */

struct wire {
	char interface[16];
	char zone[POLICY_NAME_MAX + 1];
	bool containment;
};

struct wires {
	struct wire item[WIRES_MAX];
	size_t count;
	size_t refused; /* interfaces over the ceiling */
};

/* rev may be NULL: none. */
struct wires wires_of(const struct revision *rev);
bool wires_equal(const struct wires *a, const struct wires *b);

/* Does the interface exist, and is it up? */
bool wire_is_up(const char *interface);

#endif
