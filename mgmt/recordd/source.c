/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"

#define DAMAGES_MAX 1000 /* stepped over in one look, so that the loop gets its turn */

void source_reset(struct source *s, const char *name, const char *dir,
		  struct spool_pos pos)
{
	source_close(s);
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->taken = pos;
	(void)str_copy(s->dir, sizeof(s->dir), dir);
}

void source_close(struct source *s)
{
	spool_reader_close(s->reader);
	s->reader = NULL;
	s->ahead = false;
}

static int read_next(struct source *s)
{
	for (int i = 0; i < DAMAGES_MAX; i++) {
		uint64_t lost = 0;
		int r = spool_reader_next(s->reader, &s->rec, &s->seq, &lost);

		if (r != -EBADMSG)
			return r;
		s->damaged += lost;
		log_warn("recordd",
			 "the spool of %s is damaged: %" PRIu64 " bytes stepped over",
			 s->name, lost);
	}
	return 0;
}

static int read_from(struct source *s, struct spool_pos pos)
{
	int r;

	source_close(s);
	s->damaged = 0;
	r = spool_reader_open(s->dir, pos, &s->reader);
	return r < 0 ? r : read_next(s);
}

static int look(struct source *s)
{
	int r = s->reader != NULL ? read_next(s) : read_from(s, s->taken);

	if (r == -ESTALE) /* perhaps only a segment of which nothing was taken yet */
		r = read_from(s, s->taken);
	if (r == -ESTALE) /* from its beginning; the numbers tell source_gap() */
		r = read_from(s, (struct spool_pos){ 0 });
	return r;
}

int source_peek(struct source *s)
{
	int r;

	if (s->ahead)
		return 1;
	r = look(s);
	if (r < 0 && r != s->error)
		log_err("recordd", "the spool of %s cannot be read: %s", s->name,
			strerror(-r));
	s->error = r < 0 ? r : 0;
	if (r < 0)
		source_close(s);
	s->ahead = r == 1;
	return r;
}

bool source_gap(const struct source *s, struct record *ret_gap, uint64_t *ret_seq)
{
	uint64_t want = s->taken.next_seq != 0 ? s->taken.next_seq : 1;
	uint64_t missing = s->seq > want ? s->seq - want : 0;
	struct record gap = {
		.time_us = s->rec.time_us,
		.kind = RECORD_GAP,
		.revision = s->rec.revision,
		.count = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX,
	};

	if (s->seq == want)
		return false;
	if (missing != 0)
		(void)snprintf(gap.detail, sizeof(gap.detail),
			       "spool of %s: records %" PRIu64 " to %" PRIu64
			       " are missing, %" PRIu64 " bytes could not be read",
			       s->name, want, s->seq - 1, s->damaged);
	else
		(void)snprintf(gap.detail, sizeof(gap.detail),
			       "spool of %s: begun anew at %" PRIu64 " where %" PRIu64
			       " was expected; records may be missing",
			       s->name, s->seq, want);
	*ret_gap = gap;
	*ret_seq = want;
	return true;
}

void source_take(struct source *s)
{
	s->taken = spool_reader_pos(s->reader);
	s->ahead = false;
	s->damaged = 0;
}

int source_sync(const struct source *s)
{
	return s->reader != NULL ? spool_reader_sync(s->reader) : 0;
}

int source_trim(const struct source *s, struct spool_pos pos)
{
	return spool_trim(s->dir, pos);
}
