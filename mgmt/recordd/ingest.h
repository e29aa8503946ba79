/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ingest - from the spools into the store, in batches, exactly once
 *
 * The spools' records are merged by time. After any failure everything is closed
 * and the next step begins from what is on the disk, so a retry is like a restart.
 */
#ifndef MGMT_RECORDD_INGEST_H
#define MGMT_RECORDD_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/recordd/producer.h"
#include "mgmt/recordd/source.h"
#include "mgmt/recordd/store.h"

#define INGEST_BATCH 500 /* records a transaction: a question waits for one batch */

struct ingest {
	char spool_dir[PATH_TEXT_MAX];
	char records_dir[PATH_TEXT_MAX];
	struct store *store; /* NULL: opened by the next step */
	struct source source[PRODUCER_COUNT];
	int error; /* of the last step */
	uint64_t stored; /* since start */
	uint64_t lost; /* missing records since start, each in a gap */
	uint64_t batch_lost; /* of them, in the batch under way */
};

/* Take the two folders. Returns 0 or -ENAMETOOLONG. */
int ingest_init(struct ingest *in, const char *spool_dir,
		const char *records_dir) MUST_CHECK;
void ingest_close(struct ingest *in);

/* One batch. 1: more is waiting, 0: all is stored, or a negative errno: try again later. */
int ingest_step(struct ingest *in) MUST_CHECK;

/*
 * Are there records that are not stored yet? Those before *ret_until_us are; it is 0 when
 * some cannot be read, or none can be stored, or one that waits is of a time to come.
 */
bool ingest_is_behind(struct ingest *in, int64_t *ret_until_us);

/* Is everything well? If not, dst says in English what is wrong. */
bool ingest_is_well(const struct ingest *in, char *dst, size_t size);

#endif
