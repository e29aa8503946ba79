/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/journal.h"

#include <errno.h>
#include <string.h>

#include "fw/gated/link.h"
#include "lib/log.h"
#include "lib/mono.h"

#define AREA         "gated"
#define SYNC_HOLD_MS 500
#define SYNC_LATE_MS 3000

static void set_recording(struct journal *j, bool on)
{
	int r = link_recording(j->channel, on);

	if (r == -ECONNRESET)
		j->peer_gone = true;
	else if (r < 0)
		log_err(AREA, "cannot %s new flows: %s", on ? "let pass" : "stop",
			strerror(-r));
	j->open = on && r == 0;
}

static void complete(const struct journal *j, struct record *rec)
{
	if (rec->time_us == 0)
		rec->time_us = wall_us();
	rec->revision = j->revision;
}

static int append(struct journal *j, struct record *rec)
{
	int r;

	complete(j, rec);
	r = spool_append(j->spool, rec);
	if (r == 0) {
		j->records++;
		j->dirty = true;
	}
	return r;
}

/* What was lost goes on record before anything else does. */
static int append_gap(struct journal *j)
{
	struct record gap = record_gap(j->missing, REASON_ERROR,
				       "gated: records that could not be written");
	int r;

	if (j->missing == 0)
		return 0;
	r = append(j, &gap);
	if (r == 0)
		j->missing = 0;
	return r;
}

/* count records could not be written. */
static void fail(struct journal *j, uint64_t count, int r)
{
	j->lost += count;
	j->missing += count;
	if (j->open) {
		log_err(AREA, "cannot write records: %s; new flows are refused",
			strerror(-r));
		set_recording(j, false);
	}
}

/*
 * Sooner or later a stuck disk holds up whoever writes to it: the batch waits for it in
 * memory instead. What has no room there is lost, and counted.
 */
static bool is_stuck(const struct journal *j)
{
	return j->behind && mono_diff_ms(mono_now(), j->behind_since) >= SYNC_HOLD_MS &&
	       spool_sync_state(j->spool) == -EINPROGRESS;
}

static void write_out(struct journal *j)
{
	size_t count = j->batch.count;
	int r;

	if (count == 0)
		return;
	r = append_gap(j);
	if (r == 0)
		r = spool_append_batch(j->spool, &j->batch);
	spool_batch_reset(&j->batch);
	if (r < 0) {
		fail(j, count, r);
		return;
	}
	j->records += count;
	j->dirty = true;
}

void journal_commit(struct journal *j)
{
	if (!is_stuck(j))
		write_out(j);
}

void journal_add(struct journal *j, struct record *rec)
{
	int r;

	complete(j, rec);
	j->batch.max = JOURNAL_MEMORY_MAX;
	r = spool_batch_add(&j->batch, rec, NULL, NULL);
	if (r == -ENOSPC) {
		journal_commit(j);
		r = spool_batch_add(&j->batch, rec, NULL, NULL);
	}
	if (r < 0)
		fail(j, 1, r);
}

void journal_write(struct journal *j, struct record *rec)
{
	journal_add(j, rec);
	journal_commit(j);
}

void journal_lost(struct journal *j, uint64_t count, const char *where)
{
	struct record gap = record_gap(count, REASON_ERROR, where);

	j->lost += count;
	journal_add(j, &gap);
}

static void set_behind(struct journal *j, bool behind)
{
	if (behind && !j->behind)
		j->behind_since = mono_now();
	j->behind = behind;
}

/* The next sync begins when the one before has ended; what failed is tried again. */
static void sync_beside(struct journal *j)
{
	int r = spool_sync_state(j->spool);

	set_behind(j, r < 0);
	if (r == -EINPROGRESS)
		return;
	if (r < 0 || j->dirty) {
		int begun = spool_sync_start(j->spool);

		j->dirty = begun < 0;
		set_behind(j, true);
		r = r < 0 ? r : begun;
	}
	if (r < 0 && !j->sync_failed)
		log_err(AREA, "records do not get to the disk: %s", strerror(-r));
	j->sync_failed = r < 0;
}

static bool is_late(const struct journal *j)
{
	return j->behind && mono_diff_ms(mono_now(), j->behind_since) >= SYNC_LATE_MS;
}

static void say(struct journal *j, const char *text)
{
	struct record rec = { .kind = RECORD_SERVICE };

	record_set_str(rec.detail, sizeof(rec.detail), text);
	journal_add(j, &rec);
}

/* After a failure: is everything written that was lost, or could not be? */
static bool is_written(struct journal *j)
{
	bool failed = spool_state(j->spool) < 0 || j->missing != 0;

	if (failed && !is_stuck(j) && append_gap(j) == 0) {
		say(j, "gated: records can be written again");
		write_out(j);
		failed = spool_state(j->spool) < 0;
	}
	return !failed;
}

static void refuse(struct journal *j)
{
	if (!j->open)
		return;
	if (is_late(j)) {
		log_err(AREA, "the disk is stuck; new flows are refused");
		say(j, "gated: the disk is stuck; new flows are refused");
	}
	set_recording(j, false);
}

void journal_tick(struct journal *j)
{
	bool was_closed = j->enabled && !j->open, written;

	journal_commit(j);
	written = is_written(j);
	sync_beside(j);
	if (!written || (j->enabled && is_late(j))) {
		refuse(j);
		return;
	}
	if (!j->enabled)
		return;
	set_recording(j, true);
	if (was_closed && j->open)
		log_info(AREA, "new flows pass");
}

void journal_free(struct journal *j)
{
	if (j->spool != NULL)
		write_out(j); /* however long it takes */
	spool_batch_free(&j->batch);
	spool_close(j->spool);
	j->spool = NULL;
}

bool journal_ok(const struct journal *j)
{
	return j->enabled && j->open && spool_state(j->spool) == 0;
}
