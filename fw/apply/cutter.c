/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/cutter.h"

#include <stdlib.h>
#include <string.h>

#include "fw/apply/conntrack.h"
#include "lib/log.h"
#include "lib/mem.h"

#define AREA     "gated-apply"
#define AFTER_US 10000 /* whoever was answered is awake by then, and not behind us */

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void cut(struct cutter *c, struct txn_marks *marks)
{
	uint32_t count = 0;
	int r;

	qsort(marks->mark, marks->count, sizeof(*marks->mark), compare_u32);
	r = conntrack_cut_marks(c->nfnl, marks, &count);
	free(marks->mark);
	if (r < 0) /* the maps and the live set have cut them already */
		log_warn(AREA, "cannot remove withdrawn connections: %s", strerror(-r));
	c->fn(count, c->user);
}

static int on_time(sd_event_source *source, uint64_t usec, void *user)
{
	struct cutter *c = user;
	struct txn_marks owed = c->owed;

	(void)source;
	(void)usec;
	c->owed = (struct txn_marks){ 0 };
	cut(c, &owed);
	return 0;
}

int cutter_open(struct cutter *c, sd_event *event, struct nfnl *nfnl, cutter_fn *fn,
		void *user)
{
	int r;

	*c = (struct cutter){ .nfnl = nfnl, .fn = fn, .user = user };
	r = sd_event_add_time(event, &c->source, CLOCK_MONOTONIC, 0, 1, on_time, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->source, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void cutter_close(struct cutter *c)
{
	(void)sd_event_source_disable_unref(c->source);
	if (c->owed.count != 0)
		cut(c, &c->owed);
	*c = (struct cutter){ 0 };
}

/* What comes while it is due does not put it off. */
static int start(struct cutter *c)
{
	int on, r = sd_event_source_get_enabled(c->source, &on);

	if (r < 0 || on != SD_EVENT_OFF)
		return r;
	r = sd_event_source_set_time_relative(c->source, AFTER_US);
	return r < 0 ? r : sd_event_source_set_enabled(c->source, SD_EVENT_ONESHOT);
}

void cutter_add(struct cutter *c, struct txn_marks marks)
{
	size_t count = c->owed.count + marks.count;
	uint32_t *all;

	if (marks.count == 0) {
		free(marks.mark);
		return;
	}
	all = realloc(c->owed.mark, count * sizeof(*all));
	if (all != NULL) {
		memcpy(all + c->owed.count, marks.mark,
		       marks.count * sizeof(*marks.mark));
		c->owed = (struct txn_marks){ .mark = all, .count = count };
	}
	if (all == NULL || start(c) < 0)
		cut(c, &marks);
	else
		free(marks.mark);
}
