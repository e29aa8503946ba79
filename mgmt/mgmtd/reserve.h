/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reserve - room on the disk that only withdrawals get
 *
 * A file beside the ledger that holds its place for nothing. On a disk without room it is
 * given up for as long as a quarantine, a revocation or another withdrawal is stored, and
 * taken again right after. Ledger, revisions and records have to be on one file system.
 */
#ifndef MGMT_MGMTD_RESERVE_H
#define MGMT_MGMTD_RESERVE_H

#include <stdint.h>

#include "lib/attr.h"

#define RESERVE_MAX   (16 << 20) /* bytes; the ledger's log alone may grow by 4 MiB */
#define RESERVE_SHARE 16 /* of a small disk no more than this part */

struct reserve {
	int fd; /* -1: there is none */
	int64_t size; /* what it should hold, bytes */
	unsigned given; /* so often, and not yet taken again */
};

/* Makes the file below root. Returns 0 or a negative errno; r is good in both cases. */
int reserve_open(struct reserve *r, const char *root) MUST_CHECK;
void reserve_close(struct reserve *r);

/* Before a withdrawal or a lockdown: gives the room up when there is not twice as much beside it. */
void reserve_give(struct reserve *r);
/* After it, as often as it was given: the last one takes what there is. */
void reserve_take(struct reserve *r);
/* Now and then: takes what is missing when twice as much is free. */
void reserve_tick(struct reserve *r);

#endif
