/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drops - packets that the kernel dropped before any rule saw them
 *
 * When its table of connections is full, the kernel drops what would begin a new one.
 * No rule can record that; the kernel counts it, together with the rare packet that came
 * at the same moment on another processor as one of the same connection.
 */
#ifndef FW_GATED_DROPS_H
#define FW_GATED_DROPS_H

#include <stdbool.h>
#include <stdint.h>

#define DROPS_PATH "/proc/net/stat/nf_conntrack" /* of our network namespace */

struct drops { /* cleared: not looked at yet */
	bool known;
	uint64_t sum;
};

/* How many more since the last look; 0 at the first, and where path tells nothing. */
uint64_t drops_look(struct drops *d, const char *path);

#endif
