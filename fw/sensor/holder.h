/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * holder - which card holds an address of a segment (pure)
 *
 * Addresses move for good reasons: a lease ends, a machine is replaced. So a second
 * claimant is an event only while the first is there: when it spoke for the address less
 * than HOLDER_FRESH_MS before, or does so after. Who was first stays the holder until it
 * is silent for HOLDER_KEEP_MS, but a card with a permit is believed before one without.
 *
 * HOLDER_MAX entries, shared out evenly over the segments. Those of cards with permits
 * make room only for their like, and when they are silent: a flood of claims pushes out
 * none of them.
 */
#ifndef FW_SENSOR_HOLDER_H
#define FW_SENSOR_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/mono.h"

#define HOLDER_MAX      16384 /* 2 MB */
#define HOLDER_FRESH_MS 60000
#define HOLDER_KEEP_MS  600000

/* Somebody claims what another holds. */
struct holder_news {
	bool taken;
	struct mac by; /* the intruder */
	size_t port; /* and where it is */
	struct mac from; /* whose it is */
};

struct holders;

/* segments: 1 or more. Returns 0, -EINVAL or -ENOMEM. */
int holders_new(size_t segments, struct holders **ret_holders) MUST_CHECK;
void holders_free(struct holders *h);

/* mac says on port (the caller's number) that it has a. permitted: it has a permit there. */
struct holder_news holders_claim(struct holders *h, size_t segment, struct addr a,
				 struct mac mac, size_t port, bool permitted,
				 struct mono now);

/* Does anybody hold it? ret_mac: who. */
bool holders_find(struct holders *h, size_t segment, struct addr a, struct mac *ret_mac);

#endif
