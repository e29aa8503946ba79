/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * denies - refused packets, summed up for a second (pure)
 *
 * A device that tries the same thing a thousand times a second makes one record
 * with a count. The table has a ceiling; when it is full, it is to be emptied.
 */
#ifndef FW_GATED_DENIES_H
#define FW_GATED_DENIES_H

#include "fw/gated/events/nflog.h"
#include "lib/reason.h"

#define DENIES_MAX 1024

struct deny { /* the first packet stands for the others */
	struct nflog_packet packet;
	enum reason reason;
	uint32_t count;
};

struct denies;

struct denies *denies_new(void);
void denies_free(struct denies *d);

/* Count one packet. Returns 0, or -ENOSPC: empty the table and call again. */
int denies_add(struct denies *d, const struct nflog_packet *p, enum reason reason);

/* Call fn for each sum and empty the table. */
typedef void denies_fn(const struct deny *sum, void *user);
void denies_flush(struct denies *d, denies_fn *fn, void *user);

/* The reason that a log prefix of ours names, or REASON_NONE. */
enum reason denies_reason(const char *prefix);

#endif
