/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single permits in and out, without compiling and loading everything anew. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/gate.h"
#include "fw/gated/link.h"
#include "lib/log.h"

#define AREA "gated"

/* The rules are the same; a trial or a lockdown needs the whole way. */
static bool may_change(const struct gate *g, const struct revision *next)
{
	return g->now.rules != NULL && !g->trial && !g->lockdown.on &&
	       next->policy == g->now.rev->policy;
}

static int send_change(struct gate *g, const struct ruleset *made)
{
	struct fw_result answer = { 0 };
	struct change c = { 0 };
	int r = change_between(g->now.rules, made, &c);

	if (r == 0)
		r = link_change(g->channel, &c, &answer);
	change_clear(&c);
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	return r;
}

static void take_over(struct ruleset *rules, const struct ruleset *made)
{
	free(rules->permit);
	free(rules->quarantine);
	free(made->port); /* the same as before: so is the policy */
	rules->revision = made->revision;
	rules->next_permit = made->next_permit;
	rules->permit = made->permit;
	rules->permit_count = made->permit_count;
	rules->quarantine = made->quarantine;
	rules->quarantine_count = made->quarantine_count;
}

/* The permits of rev as they are now, into the kernel. Returns 0 or a negative errno. */
static int put(struct gate *g, const struct revision *rev)
{
	int64_t now = (int64_t)time(NULL);
	struct ruleset made = { .revision = rev->number };
	int r;

	load_expire(g, now); /* what is over now is not in made, and is on record first */
	r = ruleset_compile_permits(&made, rev, now);
	if (r == 0 && !ruleset_has_flows(g->now.rules, made.permit, made.permit_count))
		r = -ENOTSUP; /* no permit was limited to that flow yet: rules come */
	if (r == 0)
		r = send_change(g, &made);
	if (r < 0) {
		free(made.permit);
		free(made.quarantine);
		free(made.port);
		return r;
	}
	take_over(g->now.rules, &made);
	g->commits++;
	return 0;
}

bool permits_change(struct gate *g, struct revision *next, struct proto_result *res)
{
	int r;

	if (!may_change(g, next))
		return false;
	r = put(g, next);
	if (r < 0) {
		log_info(AREA, "revision %" PRIu64 " is loaded as a whole: %s",
			 next->number, strerror(-r));
		return false;
	}
	load_free(&g->before); /* it is needed for names only: nothing is on trial */
	g->before.rev = g->now.rev;
	g->now.rev = next;
	g->journal.revision = (uint32_t)next->number;
	/* it is on disk within a second, as all records; the revision was there first */
	load_record(g, 0,
		    "gated: revision %" PRIu64 " in force, %zu permits, %zu cards in "
		    "quarantine",
		    next->number, next->permit_count, next->quarantine_count);
	*res = (struct proto_result){ 0 };
	return true;
}

void permits_due(struct gate *g, int64_t now)
{
	struct proto_result res = { 0 };

	if (g->now.rules == NULL || now < g->now.rules->next_permit || now < g->due_again)
		return;
	if (may_change(g, g->now.rev) && put(g, g->now.rev) == 0)
		return;
	g->due_again = now + LOAD_DUE_AGAIN_S;
	load_again(g, &res);
	if (res.code < 0)
		log_warn(AREA, "permits that begin now cannot be loaded: %s", res.text);
}

static void expire(struct gate *g, uint32_t mark)
{
	struct record rec = { .kind = RECORD_SERVICE, .reason = REASON_EXPIRED };
	const struct revision_permit *permit = who_find(g->now.rev, mark);
	uint32_t cut = 0;

	if (link_cut_mark(g->channel, mark, &cut) < 0)
		log_warn(AREA, "cannot remove the connections of a permit");
	if (permit != NULL) {
		who_describe(g->now.rev, permit, &rec);
		record_set_str(rec.rule, sizeof(rec.rule), permit->id);
	}
	rec.count = cut;
	(void)snprintf(rec.detail, sizeof(rec.detail),
		       "gated: permit ended, %u connections cut", cut);
	journal_write(&g->journal, &rec);
}

void load_expire(struct gate *g, int64_t now)
{
	const struct ruleset *rs = g->now.rules;

	for (size_t i = 0; rs != NULL && i < rs->permit_count;
	     i = ruleset_permit_end(rs->permit, rs->permit_count, i)) {
		const struct fw_permit *p = &rs->permit[i];

		if (p->mark != 0 && p->until != 0 && p->until <= now &&
		    p->until > g->expired_to)
			expire(g, p->mark);
	}
	g->expired_to = now;
}
