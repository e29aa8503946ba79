/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dampen - how many records of refusals one client may cause
 *
 * No I/O and no clock. A device that asks for refused sites in a loop must not fill
 * the spool, which would close the proxy for everybody. Beyond a burst its refusals
 * are counted, and the next record stands for them. Clients are told apart by a keyed
 * hash into slots: those that share one, share its measure, and nobody can choose with
 * whom.
 */
#ifndef PROXY_DAMPEN_H
#define PROXY_DAMPEN_H

#include <stdint.h>

#include "lib/addr.h"

#define DAMPEN_SLOTS 1024
#define DAMPEN_BURST 200 /* records at once */
#define DAMPEN_PER_S 10 /* and then so many a second */

struct dampen_slot {
	int64_t at_ms; /* up to when records were granted */
	uint32_t left; /* records that may be written now */
	uint32_t owed; /* refusals that no record stands for yet */
	struct addr src; /* of the last of them */
};

struct dampen {
	uint8_t key[16];
	struct dampen_slot slot[DAMPEN_SLOTS];
};

void dampen_init(struct dampen *d);

/*
 * A refusal of the client with that permit's number (0: none), or else of that address.
 * Returns how many refusals its record stands for (1 or more), or 0: write none now.
 */
uint32_t dampen_refusal(struct dampen *d, uint32_t permit, struct addr src,
			int64_t now_ms);

/*
 * Take out what is owed in some slot, so that it is recorded although nothing follows.
 * Returns how many refusals, 0: none is owed any more.
 */
uint32_t dampen_owed(struct dampen *d, struct addr *ret_src);

#endif
