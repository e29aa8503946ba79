/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/resolver.h"

#include <arpa/inet.h>
#include <ares.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/mem.h"

#define TRY_MS      1200 /* c-ares doubles it with every round */
#define TRIES       2
#define SERVERS_MAX 16

struct watch { /* one socket of c-ares */
	struct watch *next;
	struct resolver *r;
	int fd;
	sd_event_source *io;
};

struct resolver {
	sd_event *event;
	ares_channel channel; /* NULL: no servers yet */
	struct watch *watches;
	sd_event_source *timer;
	struct addr server[SERVERS_MAX];
	size_t server_count;
	size_t queries;
};

struct resolver_query {
	struct resolver *r;
	resolver_done *done; /* NULL: cancelled */
	void *user;
};

static void arm_timer(struct resolver *r)
{
	struct timeval tv, *next;

	if (r->channel == NULL)
		return;
	next = ares_timeout(r->channel, NULL, &tv);
	if (next == NULL) {
		(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time_relative(
		r->timer, (uint64_t)next->tv_sec * 1000000u + (uint64_t)next->tv_usec);
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

static int on_socket(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct watch *w = user;
	struct resolver *r = w->r; /* w may be gone after the next call */
	bool in = (revents & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
	bool out = (revents & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;

	(void)s;
	ares_process_fd(r->channel, in ? fd : ARES_SOCKET_BAD,
			out ? fd : ARES_SOCKET_BAD);
	arm_timer(r);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct resolver *r = user;

	(void)s;
	(void)usec;
	if (r->channel != NULL)
		ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm_timer(r);
	return 0;
}

static void unwatch(struct resolver *r, int fd)
{
	for (struct watch **at = &r->watches; *at != NULL; at = &(*at)->next) {
		struct watch *w = *at;

		if (w->fd != fd)
			continue;
		*at = w->next;
		(void)sd_event_source_disable_unref(w->io);
		free(w);
		return;
	}
}

static void watch(struct resolver *r, int fd, uint32_t events)
{
	struct watch *w = r->watches;

	while (w != NULL && w->fd != fd)
		w = w->next;
	if (w != NULL) {
		(void)sd_event_source_set_io_events(w->io, events);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return; /* the query runs into its timeout */
	w->r = r;
	w->fd = fd;
	if (sd_event_add_io(r->event, &w->io, fd, events, on_socket, w) < 0) {
		free(w);
		return;
	}
	w->next = r->watches;
	r->watches = w;
}

static void on_state(void *user, ares_socket_t fd, int readable, int writable)
{
	uint32_t events = (readable != 0 ? (uint32_t)EPOLLIN : 0) |
			  (writable != 0 ? (uint32_t)EPOLLOUT : 0);

	if (events != 0)
		watch(user, fd, events);
	else
		unwatch(user, fd);
}

/* Everything that c-ares would otherwise look up in files or the environment is set. */
static int open_channel(struct resolver *r, ares_channel *ret_channel)
{
	char lookups[] = "b"; /* DNS, no hosts file */
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ndots = 0,
		.lookups = lookups,
		.sock_state_cb = on_state,
		.sock_state_cb_data = r,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
		   ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST |
		   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
	int e = ares_init_options(ret_channel, &o, mask);

	return e == ARES_SUCCESS ? 0 : e == ARES_ENOMEM ? -ENOMEM : -EIO;
}

static int set_servers(ares_channel channel, const struct addr *server, size_t count)
{
	struct ares_addr_node node[SERVERS_MAX] = { 0 };

	for (size_t i = 0; i < count; i++) {
		node[i].next = i + 1 < count ? &node[i + 1] : NULL;
		node[i].family = server[i].family == 4 ? AF_INET : AF_INET6;
		memcpy(&node[i].addr, server[i].bytes, server[i].family == 4 ? 4 : 16);
	}
	return ares_set_servers(channel, count != 0 ? node : NULL) == ARES_SUCCESS ? 0
										   : -EIO;
}

static bool same_servers(const struct resolver *r, const struct addr *server,
			 size_t count)
{
	if (r->channel == NULL || r->server_count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!addr_equal(r->server[i], server[i]))
			return false;
	}
	return true;
}

int resolver_use(struct resolver *r, const struct addr *server, size_t count)
{
	ares_channel next, old = r->channel;
	int e;

	if (count > SERVERS_MAX)
		count = SERVERS_MAX;
	if (same_servers(r, server, count))
		return 0;
	e = open_channel(r, &next);
	if (e < 0)
		return e;
	e = set_servers(next, server, count);
	if (e < 0) {
		ares_destroy(next);
		return e;
	}
	r->channel = next;
	memcpy(r->server, server, count * sizeof(*server));
	r->server_count = count;
	if (old != NULL)
		ares_destroy(old);
	return 0;
}

int resolver_new(sd_event *event, struct resolver **ret_resolver)
{
	CLEANUP(free_p) struct resolver *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL)
		return -ENOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -EIO;
	r->event = event;
	e = sd_event_add_time_relative(event, &r->timer, CLOCK_MONOTONIC, 0, 0, on_timer,
				       r);
	if (e < 0) {
		ares_library_cleanup();
		return e;
	}
	(void)sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
	*ret_resolver = STEAL(r);
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	if (r->channel != NULL)
		ares_destroy(r->channel);
	(void)sd_event_source_disable_unref(r->timer);
	ares_library_cleanup();
	free(r);
}

static size_t collect(const struct ares_addrinfo *res, struct addr *dst)
{
	size_t n = 0;

	for (const struct ares_addrinfo_node *i = res->nodes; i != NULL; i = i->ai_next) {
		uint16_t port;
		struct addr a = addr_from_sockaddr(i->ai_addr, &port);

		if (a.family != 0 && n < RESOLVER_ADDRESSES_MAX)
			dst[n++] = a;
	}
	return n;
}

static void on_answer(void *user, int status, int timeouts, struct ares_addrinfo *res)
{
	struct resolver_query *q = user;
	struct addr addr[RESOLVER_ADDRESSES_MAX];
	size_t n = 0;
	int error = -EIO;

	(void)timeouts;
	if (status == ARES_SUCCESS && res != NULL)
		n = collect(res, addr);
	if (n != 0)
		error = 0;
	else if (status == ARES_SUCCESS || status == ARES_ENOTFOUND ||
		 status == ARES_ENODATA)
		error = -ENOENT;
	if (res != NULL)
		ares_freeaddrinfo(res);
	q->r->queries--;
	if (q->done != NULL)
		q->done(q->user, error, addr, n);
	free(q);
}

int resolver_start(struct resolver *r, const char *host, resolver_done *done, void *user,
		   struct resolver_query **ret_query)
{
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct resolver_query *q;

	if (r->channel == NULL || r->server_count == 0)
		return -ENOTCONN;
	if (r->queries == RESOLVER_QUERIES_MAX)
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	*q = (struct resolver_query){ .r = r, .done = done, .user = user };
	r->queries++;
	*ret_query = q;
	ares_getaddrinfo(r->channel, host, NULL, &hints, on_answer, q);
	arm_timer(r);
	return 0;
}

void resolver_cancel(struct resolver_query *q)
{
	if (q != NULL)
		q->done = NULL;
}
