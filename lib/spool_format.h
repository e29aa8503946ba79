/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool_format - what spool.c (writer) and spool_reader.c share: names, heads and
 * entries of segments (level 2, private to these two)
 */
#ifndef LIB_SPOOL_FORMAT_H
#define LIB_SPOOL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/record.h"

#define SPOOL_MAGIC        "SEKISHO1"
#define SPOOL_HEAD_LEN     16 /* magic, first sequence number */
#define SPOOL_ENTRY_HEAD   16 /* length, checksum, sequence number */
#define SPOOL_ENTRY_MAX    (SPOOL_ENTRY_HEAD + RECORD_ENCODED_MAX)
#define SPOOL_SEGMENTS_MAX 65536

/* One segment in its folder. */
struct spool_segment {
	uint64_t first;
	uint64_t size;
};

/*
 * The segments of the folder dir_fd in ascending order; the caller frees the
 * array. Returns 0 or a negative errno.
 */
int spool_list(int dir_fd, struct spool_segment **ret_list, size_t *ret_count) MUST_CHECK;

/* "0123456789abcdef.spool" */
void spool_segment_name(uint64_t first, char dst[32]);

/* An entry into dst (SPOOL_ENTRY_MAX bytes), not sealed yet. Returns its length. */
size_t spool_entry_encode(uint8_t *dst, const struct record *rec);

/* The same for a record that is encoded already. */
size_t spool_entry_wrap(uint8_t *dst, const uint8_t *record, size_t len);

/* Give an encoded entry its number and checksum. Returns its length. */
size_t spool_entry_seal(uint8_t *entry, uint64_t seq);

/*
 * The entry at data, of which len bytes are there. Returns its whole length (the
 * payload begins SPOOL_ENTRY_HEAD bytes in), 0 (not all of it is there) or
 * -EBADMSG (length or checksum cannot be).
 */
int spool_entry_check(const uint8_t *data, size_t len, uint64_t *ret_seq) MUST_CHECK;

/*
 * Where to go on at damage: the next whole entry, from the offset at on, that holds a
 * record and has the number min_seq or a later one. Returns 1, 0 (there is none) or -errno.
 */
int spool_entry_find(int fd, uint64_t at, uint64_t min_seq, uint64_t *ret_at) MUST_CHECK;

/* The head's first sequence number. Returns 0 or -EBADMSG. */
int spool_head_check(const uint8_t head[SPOOL_HEAD_LEN], uint64_t *ret_first) MUST_CHECK;
void spool_head_encode(uint8_t head[SPOOL_HEAD_LEN], uint64_t first);

#endif
