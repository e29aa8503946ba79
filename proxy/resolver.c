/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/resolver.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/mem.h"
#include "proxy/dnsask.h"
#include "proxy/dnscache.h"
#include "proxy/families.h"

#define PORT          53
#define DELAY_MS      50 /* RFC 8305 section 8: resolution delay */
#define TTL_MIN_S     1
#define CACHE_ENTRIES 16384
#define CACHE_BYTES   (4 * 1024 * 1024)
#define BUCKETS       4096 /* of names being asked for; a power of two */

_Static_assert(RESOLVER_ADDRESSES_MAX == DNSCACHE_ADDRESSES_MAX, "one answer's size");

struct lookup { /* a name being asked for */
	struct resolver *r;
	struct lookup *chain; /* the next of the same bucket */
	struct lookup *next_ready;
	struct resolver_query *waiters;
	struct loop_timer delay;
	uint64_t hash;
	bool listed; /* in its bucket: others may join */
	bool ready; /* something came; in the resolver's list */
	struct dnsask_question question[2]; /* IPv6, IPv4 */
	struct families_half half[2];
	char host[];
};

struct resolver {
	struct loop *l;
	struct dnsask *ask;
	struct dnscache *cache;
	struct lookup *ready;
	size_t waiting, lookups;
	uint64_t hits, misses, failures;
	bool ending;
	struct lookup *bucket[BUCKETS];
};

struct resolver_query { /* one who waits for a lookup */
	struct resolver *r;
	struct resolver_query *next, **back;
	resolver_done *done;
	void *user;
};

static void unlist(struct lookup *l)
{
	struct lookup **at = &l->r->bucket[l->hash % BUCKETS];

	if (!l->listed)
		return;
	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	l->listed = false;
}

static void query_free(struct resolver_query *q)
{
	*q->back = q->next;
	if (q->next != NULL)
		q->next->back = q->back;
	q->r->waiting--;
	free(q);
}

void resolver_cancel(struct resolver_query *q)
{
	if (q != NULL)
		query_free(q);
}

/*
 * Keep what is known and tell those who wait. Nothing of the lookup is used after the
 * first of them was told: they may start, cancel, and change the servers.
 */
static void conclude(struct lookup *l)
{
	struct resolver *r = l->r;
	struct resolver_query *waiters = l->waiters;
	struct dnscache_answer a;
	int64_t ttl_ms = families_merge(l->half, loop_now_ms(r->l), &a);

	r->failures += a.error == -EIO ? 1 : 0;
	unlist(l);
	loop_timer_clear(r->l, &l->delay);
	if (dnscache_put(r->cache, l->host, loop_now_ms(r->l), ttl_ms, a.error, a.addr,
			 a.count) < 0)
		ttl_ms = 0; /* not kept: the next one asks again */
	l->waiters = NULL;
	if (waiters != NULL)
		waiters->back = &waiters;
	if (!families_pending(l->half)) {
		r->lookups--;
		free(l);
	}
	while (waiters != NULL) {
		resolver_done *done = waiters->done;
		void *user = waiters->user;

		query_free(waiters);
		done(user, a.error, a.addr, a.count);
	}
}

/* A datagram socket takes the address when there is a route; nothing is sent. */
static bool has_route(struct addr a)
{
	CLEANUP(close_p) int fd = -1;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, PORT, &ss);

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd != -1 && connect(fd, (const struct sockaddr *)&ss, len) == 0;
}

static void on_delay(void *user)
{
	struct lookup *l = user;
	const struct dnsask_answer *ipv6 = &l->half[0].answer;

	if (ipv6->count != 0 && !has_route(ipv6->addr[0]))
		return; /* the IPv4 answer is waited for */
	conclude(l);
}

static void weigh(struct lookup *l)
{
	if (!families_pending(l->half)) {
		conclude(l);
		return;
	}
	if (!l->listed || l->half[0].answer.count + l->half[1].answer.count == 0)
		return; /* told already, or nothing to tell yet */
	if (loop_timer_set(l->r->l, &l->delay, DELAY_MS) < 0)
		conclude(l);
}

/* Never inside c-ares, so that those who wait may call whatever they like. */
static void settle(void *user)
{
	struct resolver *r = user;

	while (r->ready != NULL) {
		struct lookup *l = r->ready;

		r->ready = l->next_ready;
		l->ready = false;
		weigh(l);
	}
}

static void on_part(struct dnsask_question *q, const struct dnsask_answer *a)
{
	struct lookup *l = q->user;
	struct families_half *h = &l->half[q->family == 6 ? 0 : 1];

	h->pending = false;
	h->answer = *a;
	h->expires_ms = loop_now_ms(l->r->l) +
			(int64_t)(a->ttl_s != 0 ? a->ttl_s : TTL_MIN_S) * 1000;
	if (a->error == -ECANCELED)
		unlist(l);
	if (l->ready)
		return;
	l->ready = true;
	l->next_ready = l->r->ready;
	l->r->ready = l;
}

static struct lookup *find(const struct resolver *r, const char *host, uint64_t hash)
{
	struct lookup *l = r->bucket[hash % BUCKETS];

	while (l != NULL && (l->hash != hash || strcmp(l->host, host) != 0))
		l = l->chain;
	return l;
}

static struct lookup *lookup_new(struct resolver *r, const char *host, uint64_t hash)
{
	size_t size = strlen(host) + 1;
	struct lookup *l = calloc(1, sizeof(*l) + size);

	if (l == NULL)
		return NULL;
	l->r = r;
	l->hash = hash;
	l->delay = (struct loop_timer){ .fn = on_delay, .user = l };
	memcpy(l->host, host, size);
	l->listed = true;
	l->chain = r->bucket[hash % BUCKETS];
	r->bucket[hash % BUCKETS] = l;
	r->lookups++;
	return l;
}

static void ask(struct lookup *l)
{
	for (size_t f = 0; f < 2; f++) {
		l->half[f].pending = true;
		l->question[f] = (struct dnsask_question){ .family = f == 0 ? 6 : 4,
							   .done = on_part,
							   .user = l };
	}
	for (size_t f = 0; f < 2; f++)
		dnsask_start(l->r->ask, l->host, &l->question[f]);
}

static int join(struct resolver *r, const char *host, struct resolver_query *q)
{
	uint64_t hash = dnscache_hash(r->cache, host, strlen(host));
	struct lookup *l = find(r, host, hash);
	bool fresh = l == NULL;
	int e;

	if (fresh) {
		if (r->lookups == RESOLVER_QUERIES_MAX)
			return -EBUSY;
		e = dnsask_prepare(r->ask);
		if (e < 0)
			return e;
		l = lookup_new(r, host, hash);
		if (l == NULL)
			return -ENOMEM;
	}
	q->next = l->waiters;
	q->back = &l->waiters;
	if (q->next != NULL)
		q->next->back = &q->next;
	l->waiters = q;
	r->waiting++;
	if (fresh)
		ask(l);
	return 0;
}

int resolver_start(struct resolver *r, const char *host, resolver_done *done, void *user,
		   struct resolver_query **ret_query)
{
	CLEANUP(free_p) struct resolver_query *q = NULL;
	struct dnscache_answer a;
	int e;

	if (host[0] == '\0' || strlen(host) > DNSCACHE_NAME_MAX)
		return -EINVAL;
	if (r->ending)
		return -ENOTCONN;
	if (dnscache_get(r->cache, host, loop_now_ms(r->l), &a)) {
		r->hits++;
		*ret_query = NULL;
		done(user, a.error, a.addr, a.count);
		return 0;
	}
	if (r->waiting == RESOLVER_QUERIES_MAX)
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	*q = (struct resolver_query){ .r = r, .done = done, .user = user };
	e = join(r, host, q);
	if (e < 0)
		return e;
	r->misses++;
	*ret_query = STEAL(q);
	settle(r);
	return 0;
}

struct resolver_counts resolver_counts(const struct resolver *r)
{
	return (struct resolver_counts){
		.hits = r->hits,
		.misses = r->misses,
		.failures = r->failures,
		.names = dnscache_count(r->cache),
	};
}

int resolver_use_port(struct resolver *r, const struct addr *server, size_t count,
		      uint16_t port)
{
	int e = dnsask_use(r->ask, server, count, port);

	if (e <= 0)
		return e;
	dnscache_clear(r->cache);
	settle(r);
	return 0;
}

int resolver_use(struct resolver *r, const struct addr *server, size_t count)
{
	return resolver_use_port(r, server, count, PORT);
}

int resolver_new(struct loop *l, struct resolver **ret_resolver)
{
	CLEANUP(free_p) struct resolver *r = calloc(1, sizeof(*r));
	uint8_t key[DNSCACHE_KEY_LEN];
	int e;

	if (r == NULL)
		return -ENOMEM;
	if (sodium_init() < 0)
		return -EIO;
	randombytes_buf(key, sizeof(key));
	r->l = l;
	e = dnscache_new(CACHE_ENTRIES, CACHE_BYTES, key, &r->cache);
	if (e < 0)
		return e;
	e = dnsask_new(l, settle, r, &r->ask);
	if (e < 0) {
		dnscache_free(r->cache);
		return e;
	}
	*ret_resolver = STEAL(r);
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	r->ending = true;
	dnsask_free(r->ask);
	settle(r);
	dnscache_free(r->cache);
	free(r);
}
