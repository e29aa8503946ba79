/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal - the spool of gated, and whether new flows may pass
 *
 * New flows pass only while records can be written: the kernel holds a permission
 * that runs out in three seconds, and the journal renews it every second. When an
 * append fails it takes the permission back at once; what could not be recorded
 * meanwhile is counted and stands in the spool as a gap afterwards.
 *
 * Every second what was written goes to the disk, beside this process: a quarantine does
 * not wait for a slow disk. While one does not get through with it nothing is written
 * either; records wait in memory, up to JOURNAL_MEMORY_MAX. After three seconds of that, or of
 * nothing but failures, it counts as a disk that takes no records.
 *
 * Events come in crowds: their records are added one by one and written together,
 * with one write, by whoever read them from the kernel, before it waits again.
 */
#ifndef FW_GATED_JOURNAL_H
#define FW_GATED_JOURNAL_H

#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/record.h"
#include "lib/spool.h"

/* three seconds of 20,000 new flows each, with their ends */
#define JOURNAL_MEMORY_MAX (16u << 20)

struct journal {
	struct spool *spool; /* owned */
	struct spool_batch batch; /* records that were added; journal_free() frees it */
	int channel; /* to the apply role */
	uint32_t revision; /* of the records */
	bool enabled; /* a revision is in force: flows may pass at all */
	bool open; /* the kernel holds the permission, as far as we know */
	bool dirty; /* appended since the last sync began */
	bool behind; /* not all is on the disk, since behind_since */
	bool sync_failed; /* and somebody was told */
	struct mono behind_since;
	uint64_t records;
	uint64_t lost; /* events lost since start */
	uint64_t missing; /* lost since the last gap record */
	bool peer_gone; /* the channel failed: this role has to end */
};

/* Append one record; the time (when 0) and the revision are filled in. Never blocks long. */
void journal_write(struct journal *j, struct record *rec);

/* The same, but it is on its way only after journal_commit(). */
void journal_add(struct journal *j, struct record *rec);
void journal_commit(struct journal *j);

/* Events were lost before they came here; count is at least 1. Added, see journal_add(). */
void journal_lost(struct journal *j, uint64_t count, const char *where);

/* Every second, and after a load: try again after a failure, renew the permission. */
void journal_tick(struct journal *j);

/* Write what was added, close the spool. j may be cleared. */
void journal_free(struct journal *j);

/* Are records being written and flows let through? */
bool journal_ok(const struct journal *j);

#endif
