/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/dnsask.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/mem.h"

#define TRY_MS       1200 /* c-ares doubles it with every round */
#define TRIES        2
#define TICK_MS      100 /* how late a time-out may be seen */
#define SERVERS_MAX  16
#define CHANNELS_MAX 64 /* one is about 75 KiB */
#define EDNS_SIZE    1232 /* passes every link in one piece (DNS flag day 2020) */

struct watch { /* one socket of c-ares */
	struct watch *next;
	struct loop_io *io;
};

struct dnsask_channel {
	struct dnsask_channel *next;
	struct dnsask *d;
	ares_channel ares;
	struct watch *watches;
	int64_t born_ms;
	size_t asked, pending;
};

struct dnsask {
	struct loop *l;
	loop_fn *settle;
	void *user;
	struct loop_timer tick;
	struct dnsask_channel *channel; /* the first is asked, the others are drained */
	size_t channel_count;
	struct addr server[SERVERS_MAX];
	size_t server_count;
	uint16_t port;
};

static void channel_free(struct dnsask_channel *c)
{
	if (c->ares != NULL)
		ares_destroy(c->ares);
	free(c);
}

/* Let those go that are not asked any more and have no question left. */
static void sweep(struct dnsask *d)
{
	struct dnsask_channel **at = &d->channel;

	if (*at != NULL)
		at = &(*at)->next;
	while (*at != NULL) {
		struct dnsask_channel *c = *at;

		if (c->pending != 0) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		d->channel_count--;
		channel_free(c);
	}
}

static void on_socket(struct loop_io *io)
{
	struct dnsask_channel *c = io->user;
	struct dnsask *d = c->d; /* c and io may be gone after the next call */
	int fd = io->fd;
	bool in = (io->ready & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
	bool out = (io->ready & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;

	io->ready = 0;
	ares_process_fd(c->ares, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
	sweep(d);
	d->settle(d->user);
}

static bool is_pending(const struct dnsask *d)
{
	for (const struct dnsask_channel *c = d->channel; c != NULL; c = c->next) {
		if (c->pending != 0)
			return true;
	}
	return false;
}

static void on_tick(void *user)
{
	struct dnsask *d = user;

	for (struct dnsask_channel *c = d->channel; c != NULL; c = c->next)
		ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	sweep(d);
	if (is_pending(d) && loop_timer_set(d->l, &d->tick, TICK_MS) < 0)
		d->tick.slot = 0; /* the next question arms it */
	d->settle(d->user);
}

static struct watch **find_watch(struct dnsask_channel *c, int fd)
{
	struct watch **at = &c->watches;

	while (*at != NULL && (*at)->io->fd != fd)
		at = &(*at)->next;
	return at;
}

/* When memory is short the question runs into its time-out. */
static void watch_start(struct dnsask_channel *c, int fd, uint32_t events)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return;
	if (loop_io_new(c->d->l, fd, events, on_socket, c, &w->io) < 0) {
		free(w);
		return;
	}
	w->next = c->watches;
	c->watches = w;
}

static void watch_stop(struct watch **at)
{
	struct watch *w = *at;

	*at = w->next;
	loop_io_free(w->io);
	free(w);
}

static void on_state(void *user, ares_socket_t fd, int readable, int writable)
{
	struct dnsask_channel *c = user;
	struct watch **at = find_watch(c, fd);
	uint32_t events = (readable != 0 ? (uint32_t)EPOLLIN : 0) |
			  (writable != 0 ? (uint32_t)EPOLLOUT : 0);

	if (*at == NULL) {
		if (events != 0)
			watch_start(c, fd, events);
	} else if (events == 0 || loop_io_set((*at)->io, events) < 0) {
		watch_stop(at);
	}
}

/* Everything that c-ares would otherwise look up in files or the environment is set. */
static int init_ares(struct dnsask_channel *c)
{
	char lookups[] = "b"; /* DNS, no hosts file */
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.timeout = TRY_MS,
		.tries = TRIES,
		.ndots = 0,
		.lookups = lookups,
		.sock_state_cb = on_state,
		.sock_state_cb_data = c,
		.ednspsz = EDNS_SIZE,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
		   ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST |
		   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ;
	int e = ares_init_options(&c->ares, &o, mask);

	return e == ARES_SUCCESS ? 0 : e == ARES_ENOMEM ? -ENOMEM : -EIO;
}

static int set_servers(ares_channel ares, const struct addr *server, size_t count,
		       uint16_t port)
{
	struct ares_addr_port_node node[SERVERS_MAX] = { 0 };

	for (size_t i = 0; i < count; i++) {
		node[i].next = i + 1 < count ? &node[i + 1] : NULL;
		node[i].family = server[i].family == 4 ? AF_INET : AF_INET6;
		memcpy(&node[i].addr, server[i].bytes, server[i].family == 4 ? 4 : 16);
		node[i].udp_port = port;
		node[i].tcp_port = port;
	}
	return ares_set_servers_ports(ares, count != 0 ? node : NULL) == ARES_SUCCESS
		       ? 0
		       : -EIO;
}

static int channel_new(struct dnsask *d, const struct addr *server, size_t count,
		       uint16_t port, struct dnsask_channel **ret_channel)
{
	struct dnsask_channel *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->d = d;
	c->born_ms = loop_now_ms(d->l);
	r = init_ares(c);
	if (r == 0)
		r = set_servers(c->ares, server, count, port);
	if (r < 0) {
		channel_free(c);
		return r;
	}
	*ret_channel = c;
	return 0;
}

static bool is_used(const struct dnsask *d, const struct addr *server, size_t count,
		    uint16_t port)
{
	if (d->channel == NULL || d->server_count != count || d->port != port)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!addr_equal(d->server[i], server[i]))
			return false;
	}
	return true;
}

static void free_channels(struct dnsask_channel *c)
{
	while (c != NULL) {
		struct dnsask_channel *next = c->next;

		channel_free(c);
		c = next;
	}
}

int dnsask_use(struct dnsask *d, const struct addr *server, size_t count, uint16_t port)
{
	struct dnsask_channel *next, *old = d->channel;
	int r;

	if (count > SERVERS_MAX)
		count = SERVERS_MAX;
	if (is_used(d, server, count, port))
		return 0;
	r = channel_new(d, server, count, port, &next);
	if (r < 0)
		return r;
	d->channel = next;
	d->channel_count = 1;
	if (count != 0)
		memcpy(d->server, server, count * sizeof(*server));
	d->server_count = count;
	d->port = port;
	free_channels(old);
	return 1;
}

int dnsask_new(struct loop *l, loop_fn *settle, void *user, struct dnsask **ret_ask)
{
	struct dnsask *d;

	/* c-ares would go on with ids that can be guessed */
	if (access("/dev/urandom", R_OK) == -1)
		return -EIO;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(d);
		return -EIO;
	}
	d->l = l;
	d->settle = settle;
	d->user = user;
	d->tick = (struct loop_timer){ .fn = on_tick, .user = d };
	*ret_ask = d;
	return 0;
}

void dnsask_free(struct dnsask *d)
{
	if (d == NULL)
		return;
	free_channels(d->channel);
	loop_timer_clear(d->l, &d->tick);
	ares_library_cleanup();
	free(d);
}

/* A fresh channel has fresh source ports. While none can be had, the old one stays. */
static void exchange_channel(struct dnsask *d)
{
	struct dnsask_channel *c = d->channel, *next;

	if (c->asked < DNSASK_CHANNEL_QUESTIONS &&
	    loop_now_ms(d->l) - c->born_ms < DNSASK_CHANNEL_MS)
		return;
	if (d->channel_count == CHANNELS_MAX ||
	    channel_new(d, d->server, d->server_count, d->port, &next) < 0)
		return;
	next->next = c;
	d->channel = next;
	d->channel_count++;
	sweep(d);
}

int dnsask_prepare(struct dnsask *d)
{
	if (d->channel == NULL || d->server_count == 0)
		return -ENOTCONN;
	exchange_channel(d);
	return d->tick.slot != 0 ? 0 : loop_timer_set(d->l, &d->tick, TICK_MS);
}

static void add(struct dnsask_answer *a, const struct addr *addr, int ttl)
{
	uint32_t ttl_s = ttl > 0 ? (uint32_t)ttl : 0; /* 2^31 and more: RFC 2181 8 */

	if (a->count == 0 || ttl_s < a->ttl_s)
		a->ttl_s = ttl_s;
	a->addr[a->count++] = addr_unmap(*addr);
}

static int read_a(const unsigned char *data, int len, struct dnsask_answer *a)
{
	struct ares_addrttl found[DNSASK_ADDRESSES_MAX];
	int n = DNSASK_ADDRESSES_MAX;
	int e = ares_parse_a_reply(data, len, NULL, found, &n);

	for (int i = 0; e == ARES_SUCCESS && i < n; i++) {
		struct addr addr = { .family = 4 };

		memcpy(addr.bytes, &found[i].ipaddr, 4);
		add(a, &addr, found[i].ttl);
	}
	return e;
}

static int read_aaaa(const unsigned char *data, int len, struct dnsask_answer *a)
{
	struct ares_addr6ttl found[DNSASK_ADDRESSES_MAX];
	int n = DNSASK_ADDRESSES_MAX;
	int e = ares_parse_aaaa_reply(data, len, NULL, found, &n);

	for (int i = 0; e == ARES_SUCCESS && i < n; i++) {
		struct addr addr = { .family = 6 };

		memcpy(addr.bytes, &found[i].ip6addr, 16);
		add(a, &addr, found[i].ttl);
	}
	return e;
}

static int error_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
		return -ENOENT; /* when no address came with it */
	case ARES_EDESTRUCTION:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

static void on_answer(void *user, int status, int timeouts, unsigned char *data, int len)
{
	struct dnsask_question *q = user;
	struct dnsask_answer a = { 0 };

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status =
			q->family == 6 ? read_aaaa(data, len, &a) : read_a(data, len, &a);
	if (a.count == 0)
		a.error = error_of(status);
	q->channel->pending--;
	q->done(q, &a);
}

void dnsask_start(struct dnsask *d, const char *host, struct dnsask_question *q)
{
	struct dnsask_channel *c = d->channel;

	q->channel = c;
	c->asked++;
	c->pending++;
	ares_query(c->ares, host, ns_c_in, q->family == 6 ? ns_t_aaaa : ns_t_a, on_answer,
		   q);
}
