/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mono.h"

int ingest_init(struct ingest *in, const char *spool_dir, const char *records_dir)
{
	int r;

	memset(in, 0, sizeof(*in));
	/* room for "/sensord" and the segments' names */
	if (strlen(spool_dir) + PRODUCER_TEXT_MAX >= PATH_TEXT_MAX)
		return -ENAMETOOLONG;
	if ((r = path_join(in->spool_dir, "", spool_dir)) < 0 ||
	    (r = path_join(in->records_dir, "", records_dir)) < 0)
		return r;
	for (size_t i = 0; i < PRODUCER_COUNT; i++)
		in->source[i].name = producer_name[i];
	return 0;
}

void ingest_close(struct ingest *in)
{
	store_close(in->store);
	in->store = NULL;
	for (size_t i = 0; i < PRODUCER_COUNT; i++)
		source_close(&in->source[i]);
}

static int open_store(struct ingest *in)
{
	char dir[PATH_TEXT_MAX + PRODUCER_TEXT_MAX + 1];
	int r = store_open(in->records_dir, &in->store);

	if (r < 0)
		return r;
	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		(void)snprintf(dir, sizeof(dir), "%s/%s", in->spool_dir,
			       producer_name[i]);
		source_reset(&in->source[i], producer_name[i], dir,
			     store_state(in->store)->pos[i]);
	}
	return 0;
}

/* The source whose next record is the oldest; NULL when there is none. */
static struct source *oldest(struct ingest *in)
{
	struct source *best = NULL;

	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		struct source *s = &in->source[i];

		if (source_peek(s) == 1 &&
		    (best == NULL || s->rec.time_us < best->rec.time_us))
			best = s;
	}
	return best;
}

static int commit(struct ingest *in)
{
	struct spool_pos pos[PRODUCER_COUNT];

	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		int r = source_sync(&in->source[i]);

		if (r < 0)
			return r;
		pos[i] = in->source[i].taken;
	}
	return store_commit(in->store, pos);
}

/* One record and the gap before it; both or none are in the same transaction. */
static int move(struct ingest *in, struct source *s)
{
	size_t producer = (size_t)(s - in->source);
	int64_t now = wall_us();
	struct record gap;
	uint64_t gap_seq = 0;
	int r = 0;

	if (store_must_commit(in->store, s->rec.time_us, now))
		r = commit(in);
	if (r == 0 && source_gap(s, &gap, &gap_seq)) {
		log_err("recordd", "%s", gap.detail);
		r = store_append(in->store, producer, gap_seq, &gap, now);
		in->batch_lost += gap.count;
	}
	if (r == 0)
		r = store_append(in->store, producer, s->seq, &s->rec, now);
	if (r == 0)
		source_take(s);
	return r;
}

static void trim(struct ingest *in)
{
	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		const struct source *s = &in->source[i];
		int r = s->reader != NULL ? source_trim(s, s->taken) : 0;

		if (r < 0)
			log_warn("recordd",
				 "cannot remove old parts of the spool of %s: %s",
				 s->name, strerror(-r));
	}
}

static int batch(struct ingest *in, unsigned *ret_count)
{
	unsigned count = 0;
	int r = in->store == NULL ? open_store(in) : 0;

	while (r == 0 && count < INGEST_BATCH) {
		struct source *s = oldest(in);

		if (s == NULL)
			break;
		r = move(in, s);
		count++;
	}
	if (r == 0 && count != 0) /* else each question would wait for the disk */
		r = commit(in);
	*ret_count = count;
	return r;
}

int ingest_step(struct ingest *in)
{
	unsigned count = 0;
	int r;

	in->batch_lost = 0;
	r = batch(in, &count);

	if (r < 0) {
		if (r != in->error)
			log_err("recordd", "records cannot be stored: %s", strerror(-r));
		in->error = r;
		ingest_close(in);
		return r;
	}
	if (in->error != 0)
		log_info("recordd", "records are being stored again");
	in->error = 0;
	in->stored += count;
	in->lost += in->batch_lost;
	if (count != 0)
		trim(in);
	return count == INGEST_BATCH;
}

bool ingest_is_behind(struct ingest *in, int64_t *ret_until_us)
{
	bool behind = in->store == NULL, unknown = behind;
	int64_t until = INT64_MAX, now = wall_us();

	for (size_t i = 0; i < PRODUCER_COUNT && !unknown; i++) {
		struct source *s = &in->source[i];
		int r = source_peek(s);

		behind = behind || r != 0;
		/* of a clock that was set back since: what is behind it may be of any time */
		unknown = r < 0 || (r == 1 && s->rec.time_us > now);
		if (r == 1 && s->rec.time_us < until)
			until = s->rec.time_us;
	}
	*ret_until_us = unknown || !behind ? 0 : until;
	return behind;
}

bool ingest_is_well(const struct ingest *in, char *dst, size_t size)
{
	if (in->error != 0) {
		(void)snprintf(dst, size, "records cannot be stored: %s",
			       strerror(-in->error));
		return false;
	}
	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		const struct source *s = &in->source[i];

		if (s->error != 0) {
			(void)snprintf(dst, size, "the spool of %s cannot be read: %s",
				       s->name, strerror(-s->error));
			return false;
		}
	}
	if (size != 0)
		dst[0] = '\0';
	return true;
}
