/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/worker.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/mono.h"
#include "proxy/conn.h"
#include "proxy/page.h"

#define EXPIRY_ACCURACY_US 1000
#define FDS_RESERVED       128 /* spool, sockets of the control side, the resolver */

static int on_reap(sd_event_source *s, void *user)
{
	struct worker *w = user;

	(void)s;
	while (w->dead != NULL) {
		struct conn *c = w->dead;

		w->dead = c->next;
		conn_free(c);
	}
	return 0;
}

void worker_bury(struct worker *w, struct conn *c)
{
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	w->live_count--;
	c->next = w->dead;
	w->dead = c;
	(void)sd_event_source_set_enabled(w->reaper, SD_EVENT_ONESHOT);
}

static void arm_expiry(struct worker *w, int64_t until)
{
	(void)sd_event_source_set_time(w->expiry, (uint64_t)until * 1000000u);
	(void)sd_event_source_set_enabled(w->expiry, SD_EVENT_ONESHOT);
}

void worker_note_until(struct worker *w, int64_t until)
{
	uint64_t armed;
	int on = SD_EVENT_OFF;

	if (until == 0 || sd_event_source_get_enabled(w->expiry, &on) < 0)
		return;
	if (on == SD_EVENT_OFF || sd_event_source_get_time(w->expiry, &armed) < 0 ||
	    (uint64_t)until * 1000000u < armed)
		arm_expiry(w, until);
}

/* Ask the same question again for everything open; end what gets another answer. */
static int judge_again(struct worker *w)
{
	int64_t now_s = wall_us() / 1000000;
	struct conn *next;
	int cut = 0;

	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += conn_judge_again(c, now_s) ? 1 : 0;
	}
	/* what is being drained keeps a past end: a timer for it would never rest */
	for (struct conn *c = w->live; c != NULL; c = c->next) {
		if (c->until > now_s)
			worker_note_until(w, c->until);
	}
	return cut;
}

static int on_expiry(sd_event_source *s, uint64_t usec, void *user)
{
	struct worker *w = user;

	(void)s;
	(void)usec;
	(void)judge_again(w);
	return 0;
}

static size_t descriptors_allow(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 64;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur <= FDS_RESERVED + 2)
		return 1;
	if ((rl.rlim_cur - FDS_RESERVED) / 2 > WORKER_CONNS_MAX)
		return WORKER_CONNS_MAX;
	return (size_t)(rl.rlim_cur - FDS_RESERVED) / 2;
}

int worker_new(sd_event *event, struct declog *log, struct worker **ret_worker)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return -ENOMEM;
	w->event = event;
	w->log = log;
	w->conns_max = descriptors_allow();
	/* unique over restarts: nobody opens a million connections a second for long */
	w->next_id = (uint64_t)wall_us();
	r = resolver_new(event, &w->resolver);
	if (r >= 0)
		r = sd_event_add_defer(event, &w->reaper, on_reap, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->reaper, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &w->expiry, CLOCK_REALTIME, 0,
				      EXPIRY_ACCURACY_US, on_expiry, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->expiry, SD_EVENT_OFF);
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
	worker_flush_overloads(w);
	while (w->live != NULL)
		conn_end(w->live, REASON_SHUTDOWN);
	if (w->dead != NULL)
		(void)on_reap(w->reaper, w);
	resolver_free(w->resolver);
	(void)sd_event_source_disable_unref(w->reaper);
	(void)sd_event_source_disable_unref(w->expiry);
	snapshot_unref(w->snap);
	free(w);
}

void worker_refresh_own(struct worker *w)
{
	struct ifaddrs *list;
	size_t n = 0;
	uint16_t port;

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

bool worker_may_dial(const struct worker *w, struct addr a)
{
	return w->snap != NULL && w->own_known &&
	       addrclass_may_dial(a, w->snap->site, w->snap->site_count) &&
	       addrclass_may_dial(a, w->own, w->own_count);
}

static size_t count_source(const struct worker *w, struct addr src)
{
	size_t n = 0;

	for (const struct conn *c = w->live; c != NULL; c = c->next)
		n += addr_equal(c->facts.src, src) ? 1 : 0;
	return n;
}

void worker_flush_overloads(struct worker *w)
{
	struct declog_facts f = { .revision =
					  w->snap != NULL ? w->snap->rev->number : 0 };

	if (w->overloads != 0)
		declog_deny(w->log, &f, REASON_OVERLOAD, w->overloads);
	w->overloads = 0;
}

/* One record a second at most: a flood of refusals must not fill the spool. */
static void refuse_overload(struct worker *w, int fd, struct addr src)
{
	char text[PAGE_MAX];
	struct page p = {
		.status = page_status(REASON_OVERLOAD),
		.reason = REASON_OVERLOAD,
		.host = "",
	};
	size_t len = page_write(&p, text);
	int64_t now = wall_us();

	(void)send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
	w->overloads++;
	w->overload_src = src;
	if (now - w->overload_us < 1000000 && now >= w->overload_us)
		return;
	w->overload_us = now;
	worker_flush_overloads(w);
}

void worker_accept(struct worker *w, int fd, const struct sockaddr *peer)
{
	uint16_t port = 0;
	struct addr src = addr_unmap(addr_from_sockaddr(peer, &port));
	struct conn *c;

	if (w->live_count >= w->conns_max ||
	    count_source(w, src) >= WORKER_SOURCE_CONNS_MAX ||
	    conn_new(w, fd, src, port, &c) < 0) {
		refuse_overload(w, fd, src);
		return;
	}
	c->next = w->live;
	c->link = &w->live;
	if (w->live != NULL)
		w->live->link = &c->next;
	w->live = c;
	w->live_count++;
}

int worker_use(struct worker *w, struct snapshot *snap)
{
	const struct policy_proxy *p = &snap->rev->policy->proxy;
	struct snapshot *old = w->snap;
	int r = p->present ? resolver_use(w->resolver, p->resolver, p->resolver_count)
			   : 0;

	if (r < 0)
		return r;
	w->snap = snap;
	worker_refresh_own(w);
	r = judge_again(w);
	snapshot_unref(old);
	return r;
}
