/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source - one producer's spool with a look at its next record, and what is missing
 *
 * Damage shows in two ways: bytes that cannot be read, and sequence numbers that
 * do not follow each other. Only the second means that records are gone.
 */
#ifndef MGMT_RECORDD_SOURCE_H
#define MGMT_RECORDD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/paths.h"
#include "lib/spool.h"

struct source {
	const char *name;
	char dir[PATH_TEXT_MAX];
	struct spool_reader *reader; /* NULL: not open */
	struct spool_pos taken; /* after the last record that was taken */
	bool ahead; /* rec and seq are the next one */
	struct record rec;
	uint64_t seq;
	uint64_t damaged; /* bytes stepped over before rec */
	int error; /* why it cannot be read, 0: it can */
};

/* Stand at pos again, with nothing open; name stays the caller's. */
void source_reset(struct source *s, const char *name, const char *dir,
		  struct spool_pos pos);
void source_close(struct source *s);

/* 1: s->rec is the next record; 0: none now; negative errno: see s->error. */
int source_peek(struct source *s) MUST_CHECK;

/*
 * Are records missing in front of s->rec? Then *ret_gap stands for them, under
 * the first missing sequence number.
 */
bool source_gap(const struct source *s, struct record *ret_gap, uint64_t *ret_seq);

/* Step over s->rec: s->taken is the place behind it. */
void source_take(struct source *s);

/* Put on disk what s->taken lies behind. Returns 0 or a negative errno. */
int source_sync(const struct source *s) MUST_CHECK;

/* Remove segments before pos. Returns 0 or a negative errno. */
int source_trim(const struct source *s, struct spool_pos pos) MUST_CHECK;

#endif
