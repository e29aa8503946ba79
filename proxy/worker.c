/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/worker.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/allow/entry.h"
#include "lib/allow/schedule.h"
#include "lib/log.h"
#include "lib/str.h"
#include "proxy/conn.h"
#include "proxy/engine.h"
#include "proxy/judge.h"
#include "proxy/limit.h"
#include "proxy/measure.h"
#include "proxy/page.h"
#include "proxy/transparent.h"

#define HOUSEKEEPING_MS 10000
#define JAPAN_S         (9 * 3600)
/* The wall clock may be set: what depends on it is looked at this often at least. */
#define CLOCK_LOOK_MS 1000

static int64_t now_s(const struct worker *w)
{
	return loop_wall_us(w->loop) / 1000000;
}

static void free_dead(struct worker *w)
{
	while (w->dead != NULL) {
		struct conn *c = w->dead;

		w->dead = c->next;
		conn_free(c);
	}
}

void worker_bury(struct worker *w, struct conn *c)
{
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	w->live_count--;
	sources_remove(w->engine->sources, c->src, conn_is_admitted(c->mark));
	c->next = w->dead;
	w->dead = c;
}

void worker_await_record(struct worker *w, struct conn *c)
{
	c->next_opening = w->opening;
	w->opening = c;
}

/* What was decided in this round is written, and only then done. */
static void on_round_end(void *user)
{
	struct worker *w = user;

	if (w->expiry_owed) {
		w->expiry_owed = false;
		w->expiry.fn(w);
	}
	do {
		struct conn *list = w->opening;
		int r = declog_flush(&w->log);

		w->opening = NULL;
		while (list != NULL) {
			struct conn *c = list;

			list = c->next_opening;
			if (c->state == CONN_OPENING) /* else it has ended since */
				contact_opened(c, r);
		}
	} while (w->opening != NULL || w->log.batch.count != 0);
	free_dead(w);
}

static void arm_expiry(struct worker *w, int64_t in_s)
{
	int64_t ms = in_s * 1000 - loop_wall_us(w->loop) / 1000 % 1000;

	if (ms > CLOCK_LOOK_MS)
		ms = CLOCK_LOOK_MS;
	/* without memory for the timer: it is looked at in every round */
	w->expiry_owed = loop_timer_set(w->loop, &w->expiry, ms > 0 ? ms : 1) < 0;
}

void worker_note_until(struct worker *w, int64_t until)
{
	int64_t next = until != 0 && until < w->change_s ? until : w->change_s;

	if (next != INT64_MAX && w->expiry.slot == 0)
		arm_expiry(w, next - now_s(w));
}

/* Ask the same question again for everything open; end what gets another answer. */
static size_t judge_all(struct worker *w)
{
	int64_t now = now_s(w);
	struct conn *next;
	size_t cut = 0;

	/* nobody knows which decision a kept connection would get now: the next one decides */
	upstream_drop_kept(w->upstreams);
	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += judge_again(c, now) ? 1 : 0;
	}
	return cut;
}

size_t worker_sign_out(struct worker *w, const char *login)
{
	struct conn *next;
	size_t cut = 0;

	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += judge_sign_out(c, login) ? 1 : 0;
	}
	return cut;
}

/* The first second (UTC) at which something that is open now has to be asked again. */
static int64_t next_end(const struct worker *w)
{
	int64_t next = w->change_s;

	for (const struct conn *c = w->live; c != NULL; c = c->next) {
		if (c->until != 0 && c->until < next)
			next = c->until;
	}
	return next;
}

static void note_change(struct worker *w)
{
	int64_t in_s = decide_next_change(w->snap, now_s(w));

	w->change_s = in_s != INT64_MAX ? now_s(w) + in_s : INT64_MAX;
}

static void on_expiry(void *user)
{
	struct worker *w = user;
	int64_t now = now_s(w);

	/* a clock that was set back undoes beginnings, and when the next change is */
	if (next_end(w) <= now || now < w->looked_s) {
		(void)judge_all(w);
		note_change(w);
	}
	w->looked_s = now;
	if (w->live != NULL)
		worker_note_until(w, next_end(w));
}

static void refresh_own(struct worker *w)
{
	struct ifaddrs *list;
	size_t n = 0;
	uint16_t port;

	w->rules++;
	if (getifaddrs(&list) == -1)
		return; /* the ones that we know stay */
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		struct addr a = { 0 };

		if (i->ifa_addr != NULL)
			a = addr_from_sockaddr(i->ifa_addr, &port);
		if (a.family == 0)
			continue;
		if (n < WORKER_OWN_MAX)
			w->own[n] = (struct prefix){ a, a.family == 4 ? 32 : 128 };
		n++;
	}
	freeifaddrs(list);
	w->own_known = n <= WORKER_OWN_MAX;
	w->own_count = w->own_known ? n : WORKER_OWN_MAX;
}

static void flush_overloads(struct worker *w)
{
	struct declog_facts f = { .revision =
					  w->snap != NULL ? w->snap->rev->number : 0 };

	if (w->overloads != 0)
		declog_deny(&w->log, &f, REASON_OVERLOAD, w->overloads,
			    loop_wall_us(w->loop));
	w->overloads = 0;
}

/* Refusals of a flood that has ended, or goes on. */
static void flush_dampened(struct worker *w)
{
	struct declog_facts f = { .revision =
					  w->snap != NULL ? w->snap->rev->number : 0 };
	uint32_t count;

	(void)str_copy(f.detail, sizeof(f.detail), "refusals not recorded one by one");
	while ((count = dampen_owed(&w->dampen, &f.src)) != 0)
		declog_deny(&w->log, &f, REASON_OVERLOAD, count, loop_wall_us(w->loop));
}

static void on_housekeeping(void *user)
{
	struct worker *w = user;

	refresh_own(w);
	flush_overloads(w);
	flush_dampened(w);
	if (loop_timer_set(w->loop, &w->housekeeping, HOUSEKEEPING_MS) < 0)
		w->own_known = false; /* they would grow old unseen */
}

/* Zones that the allowlist's schedules do not know either count as Japan's. */
static void use_limits(struct worker *w)
{
	const struct policy *p = w->snap != NULL ? w->snap->rev->policy : NULL;

	/* before anything is ended by the new ones, which settles its account */
	if (w->limits.device_day_upload == 0) {
		for (struct conn *c = w->live; c != NULL; c = c->next)
			limit_begin_day(c);
	}
	w->limits =
		p != NULL && p->proxy.present ? p->proxy.limits : policy_limits_default;
	if (p == NULL || allow_schedule_zone(p->timezone, &w->day_offset_s) < 0)
		w->day_offset_s = JAPAN_S;
	w->transparent = transparent_is_used(w->snap);
}

static size_t revise_limits(struct worker *w)
{
	struct conn *next;
	size_t cut = 0;

	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += limit_revise(c) ? 1 : 0;
	}
	return cut;
}

static int set_up(struct worker *w)
{
	int r = loop_new(&w->loop);

	if (r == 0)
		r = resolver_new(w->loop, &w->resolver);
	if (r == 0)
		r = upstream_pool_new(w->loop, w->engine->kept_max, &w->upstreams);
	if (r == 0)
		r = loop_timer_set(w->loop, &w->housekeeping, HOUSEKEEPING_MS);
	if (r == 0)
		loop_set_round_hook(w->loop, on_round_end, w);
	return r;
}

int worker_new(struct engine *engine, struct worker **ret_worker)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return -ENOMEM;
	w->engine = engine;
	w->log.sink = &engine->sink;
	dampen_init(&w->dampen);
	w->change_s = INT64_MAX;
	use_limits(w);
	w->expiry = (struct loop_timer){ .fn = on_expiry, .user = w };
	w->housekeeping = (struct loop_timer){ .fn = on_housekeeping, .user = w };
	r = set_up(w);
	if (r < 0) {
		worker_free(w);
		return r;
	}
	refresh_own(w);
	*ret_worker = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	flush_overloads(w);
	while (w->live != NULL)
		conn_end(w->live, REASON_SHUTDOWN);
	flush_dampened(w);
	w->opening = NULL; /* they have ended */
	if (declog_flush(&w->log) < 0)
		log_err("proxyd", "the last records could not be written");
	free_dead(w);
	upstream_pool_free(w->upstreams);
	resolver_free(w->resolver);
	pipes_clear(&w->tools.pipes);
	spares_clear(&w->conns);
	spares_clear(&w->requests);
	declog_clear(&w->log);
	loop_free(w->loop);
	snapshot_unref(w->snap);
	free(w);
}

bool worker_may_dial(const struct worker *w, struct addr a)
{
	return w->snap != NULL && w->own_known &&
	       addrclass_may_dial(a, w->snap->site, w->snap->site_count) &&
	       !addrclass_is_in(a, w->own, w->own_count);
}

bool worker_may_dial_named(const struct worker *w, struct addr a)
{
	return w->snap != NULL && w->own_known && allow_address_is_nameable(a) &&
	       !addrclass_is_in(a, w->own, w->own_count);
}

/* One record a second at most: a flood of refusals must not fill the spool. */
static void refuse_overload(struct worker *w, int fd)
{
	char text[PAGE_MAX];
	struct page p = {
		.status = page_status(REASON_OVERLOAD),
		.reason = REASON_OVERLOAD,
		.host = "",
	};
	size_t len = page_write(&p, text);
	int64_t now = loop_wall_us(w->loop);

	(void)send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
	w->overloads++;
	measure_refused(w, REASON_OVERLOAD);
	if (now - w->overload_us < 1000000 && now >= w->overload_us)
		return;
	w->overload_us = now;
	flush_overloads(w);
}

static int count_source(struct worker *w, struct addr src, bool admitted)
{
	struct engine *e = w->engine;
	size_t max = w->limits.connections < e->conns_max ? w->limits.connections
							  : e->conns_max;

	return sources_add(e->sources, src, admitted, w->limits.device_connections, max);
}

static void link_live(struct worker *w, struct conn *c)
{
	c->next = w->live;
	c->link = &w->live;
	if (w->live != NULL)
		w->live->link = &c->next;
	w->live = c;
	w->live_count++;
}

int worker_adopt(struct worker *w, struct conn *c)
{
	int r = count_source(w, c->src, conn_is_admitted(c->mark));

	if (r == 0)
		link_live(w, c);
	return r;
}

void worker_accept(struct worker *w, int fd, const struct sockaddr *peer)
{
	uint16_t port = 0;
	struct addr src = addr_unmap(addr_from_sockaddr(peer, &port));
	uint32_t mark = conn_mark_of(fd);
	bool admitted = conn_is_admitted(mark);
	struct conn *c;
	int r;

	w->metrics.accepted++;
	r = count_source(w, src, admitted);
	if (r < 0) {
		w->metrics.limits[r == -EUSERS ? METRICS_LIMIT_DEVICE_CONNECTIONS
					       : METRICS_LIMIT_CONNECTIONS]++;
		refuse_overload(w, fd);
		return;
	}
	if (conn_new(w, fd, mark, src, port, &c) < 0) {
		sources_remove(w->engine->sources, src, admitted);
		refuse_overload(w, fd);
		return;
	}
	link_live(w, c);
}

int worker_prepare(struct worker *w, const struct snapshot *snap)
{
	const struct policy_proxy *p = &snap->rev->policy->proxy;

	return p->present ? resolver_use(w->resolver, p->resolver, p->resolver_count) : 0;
}

size_t worker_use(struct worker *w, struct snapshot *snap)
{
	struct snapshot *old = w->snap;
	size_t cut;

	w->snap = snapshot_ref(snap);
	refresh_own(w);
	note_change(w);
	use_limits(w);
	cut = judge_all(w);
	cut += revise_limits(w);
	if (w->live != NULL)
		worker_note_until(w, next_end(w));
	snapshot_unref(old);
	return cut;
}
