/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * denies - refused packets, summed up for a second (pure)
 *
 * A device that tries the same thing a thousand times a second makes one record with
 * a count. No flood can make more records than DENIES_MAX a second, and no packet is
 * left out: a device that tries many things, and what comes when the table is full, is
 * summed up more and more coarsely. What is not told of any more is zero in the sum.
 */
#ifndef FW_GATED_DENIES_H
#define FW_GATED_DENIES_H

#include "fw/gated/events/nflog.h"
#include "lib/reason.h"

#define DENIES_MAX        1024
#define DENIES_DEVICE_MAX 128 /* sums of one device; then one with all that remains */
#define DENIES_COARSE     256 /* slots that only coarse sums may take */

enum deny_detail {
	DENY_FULL, /* the first packet stands for the others */
	DENY_DEVICE, /* of one interface, MAC and mark, to whatever address */
	DENY_REASON, /* of whoever it was */
};

struct deny {
	struct nflog_packet packet;
	enum reason reason;
	enum deny_detail detail;
	uint64_t count;
	int64_t first_us, last_us; /* UTC */
};

struct denies;

struct denies *denies_new(void);
void denies_free(struct denies *d);

/* Count one packet, seen at now_us (UTC). */
void denies_add(struct denies *d, const struct nflog_packet *p, enum reason reason,
		int64_t now_us);

/* Call fn for each sum and empty the table. */
typedef void denies_fn(const struct deny *sum, void *user);
void denies_flush(struct denies *d, denies_fn *fn, void *user);

/* The reason that a log prefix of ours names, or REASON_NONE. */
enum reason denies_reason(const char *prefix);

#endif
