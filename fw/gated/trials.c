/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials, confirmed or taken back, and the lockdown, which ends one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fw/gated/link.h"
#include "fw/gated/load.h"
#include "lib/log.h"

#define AREA "gated"

uint32_t load_went_back(struct gate *g, const char *why, uint32_t cut)
{
	struct gate_loaded tried = g->now;

	g->now = g->before;
	g->before = tried;
	g->trial = false;
	cut += load_changed(g, &tried);
	load_record(g, cut,
		    "gated: revision %" PRIu64 " is in force again instead of %" PRIu64
		    " (%s), %u connections cut",
		    load_number(&g->now), load_number(&tried), why, cut);
	return cut;
}

void load_confirm(struct gate *g, uint64_t number, struct proto_result *res)
{
	int r = link_confirm(g->channel, number);

	*res = (struct proto_result){ 0 };
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	if (r < 0) {
		load_say(res, r, "this revision is not on trial (any more)");
		return;
	}
	g->trial = false;
	load_record(g, 0, "gated: revision %" PRIu64 " was confirmed", number);
}

void load_rollback(struct gate *g, uint64_t number, struct proto_result *res)
{
	uint32_t cut = 0;
	int r = link_rollback(g->channel, number, &cut);

	*res = (struct proto_result){ 0 };
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	if (r < 0) {
		load_say(res, r,
			 r == -ESTALE ? "this revision is not on trial (any more)"
				      : "the kernel did not take the revision before");
		return;
	}
	g->commits++;
	res->cut = load_went_back(g, "by order", cut);
}

/* A trial ends with a lockdown: the revision before is the one that comes back later. */
static void enforce(struct gate *g, struct proto_result *res)
{
	*res = (struct proto_result){ 0 };
	if (g->trial && g->before.rev == NULL)
		load_rollback(g, g->now.rev->number, res);
	if (res->code < 0)
		return;
	if (g->trial)
		load_before(g, "lockdown", res);
	else
		load_recompile(g, 0, res);
}

/* It did not find room on the disk; there may be some by now. */
static void keep(struct gate *g)
{
	char path[PATH_TEXT_MAX];

	if (!g->lockdown.on || g->lockdown.kept ||
	    svc_path(g->svc, PATH_LOCKDOWN, path) < 0 ||
	    lockdown_write(path, &g->lockdown) < 0)
		return;
	g->lockdown.kept = true;
	load_record(g, 0, "gated: the lockdown is stored now: it outlives a restart");
}

void load_lockdown_tick(struct gate *g)
{
	struct proto_result res;

	keep(g);
	if (!g->lockdown.on || g->lockdown.held)
		return;
	enforce(g, &res);
	if (res.code == 0)
		load_record(g, res.cut, "gated: the lockdown is in force now");
}

static void lock(struct gate *g, const struct proto_lockdown *m, const char *path,
		 struct proto_result *res)
{
	int r;

	g->lockdown = (struct lockdown){ .on = true, .since_s = (int64_t)time(NULL) };
	record_set_str(g->lockdown.who, sizeof(g->lockdown.who), m->who);
	record_set_str(g->lockdown.reason, sizeof(g->lockdown.reason), m->reason);
	enforce(g, res);
	r = lockdown_write(path, &g->lockdown);
	g->lockdown.kept = r == 0;
	if (r < 0 && res->code == 0)
		(void)snprintf(res->text, sizeof(res->text),
			       "locked, but only until the next start: the state cannot "
			       "be written: %s",
			       strerror(-r));
}

static void unlock(struct gate *g, const char *path, struct proto_result *res)
{
	struct lockdown was = g->lockdown;
	int r;

	g->lockdown = (struct lockdown){ 0 };
	r = lockdown_write(path, &g->lockdown);
	if (r < 0)
		load_say(res, r, "the state of the lockdown cannot be removed");
	else
		load_recompile(g, 0, res);
	if (res->code < 0) {
		g->lockdown = was;
		g->lockdown.kept = lockdown_write(path, &was) == 0;
		if (!g->lockdown.kept)
			log_err(AREA, "the next start will not be locked");
	}
}

void load_lockdown(struct gate *g, const struct proto_lockdown *m,
		   struct proto_result *res)
{
	char path[PATH_TEXT_MAX];
	int r = svc_path(g->svc, PATH_LOCKDOWN, path);

	*res = (struct proto_result){ 0 };
	if (r < 0)
		load_say(res, r, strerror(-r));
	else if (m->on != 0)
		lock(g, m, path, res);
	else
		unlock(g, path, res);
	load_record(g, res->cut, "gated: lockdown %s by %s: %s%s%s, %u connections cut",
		    m->on != 0 ? "on" : "off", m->who, m->reason,
		    res->code < 0 ? "; it failed: " : "", res->code < 0 ? res->text : "",
		    res->cut);
}
