/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/worker.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/allow/entry.h"
#include "lib/log.h"
#include "lib/str.h"
#include "proxy/conn.h"
#include "proxy/engine.h"
#include "proxy/measure.h"
#include "proxy/page.h"
#include "proxy/revise.h"

#define HOUSEKEEPING_MS 10000

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

void worker_refresh_own(struct worker *w)
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

	worker_refresh_own(w);
	flush_overloads(w);
	flush_dampened(w);
	if (loop_timer_set(w->loop, &w->housekeeping, HOUSEKEEPING_MS) < 0)
		w->own_known = false; /* they would grow old unseen */
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
	revise_init(w);
	w->housekeeping = (struct loop_timer){ .fn = on_housekeeping, .user = w };
	r = set_up(w);
	if (r < 0) {
		worker_free(w);
		return r;
	}
	worker_refresh_own(w);
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
