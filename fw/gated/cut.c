/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "fw/gated/gate.h"
#include "fw/gated/link.h"
#include "fw/gated/match.h"
#include "lib/log.h"

#define AREA     "gated"
#define LIST_MAX 262144 /* connections looked at after a load */

struct cutting {
	const struct gate *g;
	const struct gate_loaded *prev;
	struct fw_cut_flow *list; /* owned */
	size_t count;
};

/* A permit's mark, and the permit is over or gone. */
static bool is_dead(const struct gate *g, uint32_t mark)
{
	const struct revision_permit *p = who_find(g->now.rev, mark);

	if (mark == FW_MARK_PROXY || mark == FW_MARK_ZONE || mark == FW_MARK_GATEWAY)
		return false;
	return p == NULL || !revision_permit_holds(p, (int64_t)time(NULL));
}

static bool is_lost(const struct cutting *c, const struct ctevent_tuple *t)
{
	return match_flow(c->prev->rev->policy, t) != NULL &&
	       match_flow_at(c->g->now.rev->policy, t, (int64_t)time(NULL)) == NULL;
}

/*
 * Of a flow before this load and of none now; the proxy's are its own affair. Who asked
 * for a published address has been led to a server, which may be another one now.
 */
static bool is_withdrawn(const struct cutting *c, const struct ctevent *e)
{
	struct ctevent_tuple led = e->orig;

	if (e->mark == FW_MARK_PROXY || e->mark == FW_MARK_GATEWAY ||
	    c->prev->rev == NULL)
		return false;
	if (e->reply.src.family != 0)
		led.dst = e->reply.src;
	return is_lost(c, &e->orig) || is_lost(c, &led);
}

/* Of a flow before this load, and of none now that its device's permit is limited to. */
static bool is_beyond(const struct cutting *c, const struct ctevent *e)
{
	const struct revision_permit *p = who_find(c->g->now.rev, e->mark);

	return p != NULL && p->limited && c->prev->rev != NULL &&
	       match_flow(c->prev->rev->policy, &e->orig) != NULL &&
	       !match_permit(c->g->now.rev->policy, p, &e->orig, (int64_t)time(NULL));
}

/* Begun while its zone let every device in, and now the zone asks for permits. */
static bool is_unadmitted(const struct gate *g, const struct ctevent *e)
{
	const struct policy *p = g->now.rev->policy;
	size_t zone = match_zone(p, e->orig.src);

	return e->mark == FW_MARK_ZONE && zone != POLICY_NONE &&
	       p->zone[zone].admission == POLICY_ADMISSION_ENFORCE;
}

static bool has_to_end(const struct cutting *c, const struct ctevent *e)
{
	const struct gate *g = c->g;

	if (g->now.rev == NULL)
		return true;
	if (g->lockdown.on && !lockdown_spares(g->now.rev, e))
		return true;
	return is_dead(g, e->mark) || is_unadmitted(g, e) || is_withdrawn(c, e) ||
	       is_beyond(c, e);
}

static void on_connection(const void *nlmsg, size_t len, void *user)
{
	struct cutting *c = user;
	struct ctevent e;

	if (ctevent_parse(nlmsg, len, &e) < 0 || c->count == LIST_MAX ||
	    !has_to_end(c, &e))
		return;
	c->list[c->count++] = (struct fw_cut_flow){
		.src = e.orig.src,
		.dst = e.orig.dst,
		.src_port = e.orig.src_port,
		.dst_port = e.orig.dst_port,
		.icmp_id = e.orig.icmp_id,
		.proto = e.orig.proto,
		.icmp_type = e.orig.icmp_type,
		.icmp_code = e.orig.icmp_code,
		.id = e.id,
	};
}

uint32_t cut_flows(struct gate *g, const struct gate_loaded *prev)
{
	struct cutting c = { .g = g, .prev = prev };
	uint32_t cut = 0;
	int r = 0;

	c.list = calloc(LIST_MAX, sizeof(*c.list));
	if (c.list != NULL)
		r = link_list(g->channel, on_connection, &c);
	for (size_t i = 0; i < c.count && r == 0; i++) {
		uint32_t one = 0;

		r = link_cut_flow(g->channel, &c.list[i], &one);
		cut += one;
	}
	if (c.list == NULL || r < 0)
		log_warn(AREA, "cannot end all connections that were withdrawn");
	free(c.list);
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	return cut;
}
