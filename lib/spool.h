/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool - a producer's append-only file of records on its way to recordd (level 2)
 *
 * A spool is a folder of segments NNNNNNNNNNNNNNNN.spool, named by the sequence
 * number of their first entry (16 hex digits). A segment is a 16-byte head
 * ("SEKISHO1", first sequence, big-endian) and entries:
 *
 *     u32 length of payload | u32 CRC-32C over sequence and payload | u64 sequence | payload
 *
 * One writer (the producer), one reader (recordd). An entry that write(2) took
 * survives the death of either. A segment appears with its head, by renaming
 * "begun.new"; while it cannot be begun the one before it grows on. A torn tail is cut
 * when the writer opens; a reader stops in front of it. Of damage both go on at the next
 * whole entry: the reader at once, the writer, when it opens, with a new segment. recordd
 * removes segments it has stored whole and that are not the newest.
 */
#ifndef LIB_SPOOL_H
#define LIB_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/record.h"

#define SPOOL_SEGMENT_MAX (8u << 20) /* a new segment is begun past this size */
#define SPOOL_BATCH_MAX   (1u << 20)
#define SPOOL_TOTAL_MAX   (512ull << 20) /* appending fails with -ENOSPC past this */

struct spool;

/*
 * Open or create dir's spool for writing; dir must exist. One writer at a time
 * (flock on dir/lock), so a second gets -EBUSY.
 */
int spool_open(const char *dir, struct spool **ret_spool) MUST_CHECK;
void spool_close(struct spool *s);

/*
 * Append one record. When it returns 0 the entry is with the kernel; when it
 * fails nothing of it is left in the file, and the sequence number is not used.
 * Returns 0, -ENOSPC, or another negative errno.
 */
int spool_append(struct spool *s, const struct record *rec) MUST_CHECK;

/* Records to be written together. A cleared one is empty. */
struct spool_batch {
	uint8_t *data; /* owned */
	size_t len;
	size_t room;
	size_t count;
	size_t max; /* bytes; 0: SPOOL_BATCH_MAX */
};

/*
 * Add one record. ret_payload (may be NULL) gets where its encoding lies, until
 * the batch changes; ret_len its length. Returns 0, -ENOMEM or -ENOSPC (max).
 */
int spool_batch_add(struct spool_batch *b, const struct record *rec,
		    const uint8_t **ret_payload, size_t *ret_len) MUST_CHECK;

/* The same for what record_encode_end() made; data may not be in the batch. */
int spool_batch_add_encoded(struct spool_batch *b, const uint8_t *data,
			    size_t len) MUST_CHECK;

/* Forget the records; up to twice SPOOL_BATCH_MAX of memory is kept for the next ones. */
void spool_batch_reset(struct spool_batch *b);
void spool_batch_free(struct spool_batch *b);

/* Append a whole batch with one write: all of it, or nothing. Returns as spool_append(). */
int spool_append_batch(struct spool *s, struct spool_batch *b) MUST_CHECK;

/* Is the spool able to take records now? 0, or the error of the last append. */
int spool_state(const struct spool *s);

/* Push what was appended to the disk (fdatasync), and wait for it. */
int spool_sync(struct spool *s) MUST_CHECK;

/*
 * The same beside the caller, in a thread of the C library's: a slow disk keeps nobody
 * waiting, from now on not at the end of a segment either; only spool_close() waits.
 * Returns 0 (begun), -EBUSY (the one before is not done) or another negative errno.
 */
int spool_sync_start(struct spool *s) MUST_CHECK;

/* -EINPROGRESS: some of it is not on the disk yet. Else 0, or what failed since the start. */
int spool_sync_state(struct spool *s);

/* Where a reader stands: the segment's first sequence number and an offset into it. */
struct spool_pos {
	uint64_t segment;
	uint64_t offset; /* 0: before the segment's head */
	uint64_t next_seq;
	uint64_t mark; /* the entry before it: length and checksum; 0: not known */
};

struct spool_reader;

/* Read dir from pos on (a cleared pos starts at the oldest segment). */
int spool_reader_open(const char *dir, struct spool_pos pos,
		      struct spool_reader **ret) MUST_CHECK;
void spool_reader_close(struct spool_reader *r);

/*
 * Next record. Returns 1 (ret_rec and ret_seq are set), 0 (nothing more for
 * now: try again later), -EBADMSG (damage, or a payload that is no record: *ret_lost
 * bytes were stepped over and reading goes on), -ESTALE (what was read before is not there any more: the spool
 * was begun anew or cut, and this reader is of no use) or another negative errno.
 */
int spool_reader_next(struct spool_reader *r, struct record *ret_rec, uint64_t *ret_seq,
		      uint64_t *ret_lost) MUST_CHECK;

/* The place after the last record given out: store it with the records. */
struct spool_pos spool_reader_pos(const struct spool_reader *r);

/*
 * Put on disk what was read so far. A position is stored only after this: else a
 * power cut could leave the segment shorter than the position, and what the
 * producer writes next would never be read. Returns 0 or a negative errno.
 */
int spool_reader_sync(const struct spool_reader *r) MUST_CHECK;

/* Remove segments that lie wholly before pos. */
int spool_trim(const char *dir, struct spool_pos pos) MUST_CHECK;

#endif
