/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ifzone - which zone an interface index belongs to, remembered for a while
 *
 * Asking the kernel for a name costs three system calls, which is too much for every
 * event of a flood. Forget everything when the policy changes, and every second.
 */
#ifndef FW_GATED_IFZONE_H
#define FW_GATED_IFZONE_H

#include "lib/policy/policy.h"

#define IFZONE_MAX 64

struct ifzone { /* a cleared one is empty */
	size_t count;
	struct {
		uint32_t index;
		size_t zone;
	} known[IFZONE_MAX];
};

/* The zone of p that the interface is in by its name of now, or POLICY_NONE. */
size_t ifzone_of(struct ifzone *z, const struct policy *p, uint32_t index);
void ifzone_forget(struct ifzone *z);

#endif
