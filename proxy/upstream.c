/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/upstream.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUCKETS 1024 /* a power of two */
#define SPOKE   ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))

struct upstream_pool {
	struct loop *loop;
	uint8_t key[crypto_shorthash_KEYBYTES]; /* hosts are chosen by clients */
	struct upstream *bucket[BUCKETS];
	struct upstream *oldest, *newest;
	size_t count, max;
	struct loop_timer timer; /* when the oldest has been kept long enough */
};

static uint32_t hash(const struct upstream_pool *p, const struct upstream_key *k)
{
	struct {
		uint32_t mark;
		uint16_t port, len;
		uint8_t addr[16];
		char host[HOST_MAX + 1];
	} in = { .mark = k->mark, .port = k->port, .len = (uint16_t)strlen(k->host) };
	uint8_t out[crypto_shorthash_BYTES];
	uint32_t h;

	memcpy(in.addr, k->src.bytes, sizeof(in.addr));
	memcpy(in.host, k->host, in.len);
	(void)crypto_shorthash(out, (const uint8_t *)&in, 24u + in.len, p->key);
	memcpy(&h, out, sizeof(h));
	return h;
}

static void unlink_kept(struct upstream *u)
{
	struct upstream_pool *p = u->pool;

	*u->link = u->next;
	if (u->next != NULL)
		u->next->link = u->link;
	u->link = NULL;
	if (u->older != NULL)
		u->older->newer = u->newer;
	else
		p->oldest = u->newer;
	if (u->newer != NULL)
		u->newer->older = u->older;
	else
		p->newest = u->older;
	p->count--;
}

static void on_timer(void *user)
{
	struct upstream_pool *p = user;
	int64_t now = loop_now_ms(p->loop), left;

	while (p->oldest != NULL) {
		left = p->oldest->kept_ms + UPSTREAM_IDLE_MS - now;
		if (left > 0 && loop_timer_set(p->loop, &p->timer, left) == 0)
			return;
		upstream_free(p->oldest);
	}
}

int upstream_pool_new(struct loop *l, size_t max, struct upstream_pool **ret_pool)
{
	struct upstream_pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->loop = l;
	p->max = max;
	p->timer = (struct loop_timer){ .fn = on_timer, .user = p };
	crypto_shorthash_keygen(p->key);
	*ret_pool = p;
	return 0;
}

void upstream_pool_free(struct upstream_pool *p)
{
	if (p == NULL)
		return;
	upstream_drop_kept(p);
	loop_timer_clear(p->loop, &p->timer);
	free(p);
}

int upstream_new(struct upstream_pool *p, const struct upstream_key *key,
		 struct loop_io *io, struct addr addr, struct upstream **ret_upstream)
{
	size_t len = strlen(key->host) + 1;
	struct upstream *u = malloc(sizeof(*u) + len);

	if (u == NULL)
		return -ENOMEM;
	*u = (struct upstream){
		.pool = p,
		.io = io,
		.addr = addr,
		.src = key->src,
		.mark = key->mark,
		.port = key->port,
		.hash = hash(p, key),
	};
	memcpy(u->host, key->host, len);
	*ret_upstream = u;
	return 0;
}

void upstream_free(struct upstream *u)
{
	if (u == NULL)
		return;
	if (u->link != NULL)
		unlink_kept(u);
	loop_io_close(u->io);
	free(u);
}

struct loop_io *upstream_release(struct upstream *u)
{
	struct loop_io *io = u->io;

	u->io = NULL;
	upstream_free(u);
	return io;
}

/* Nobody asked it anything: whatever it says or does, it is of no use any more. */
static void on_kept(struct loop_io *io)
{
	if ((io->ready & SPOKE) != 0)
		upstream_free(io->user);
}

void upstream_keep(struct upstream *u)
{
	struct upstream_pool *p = u->pool;
	struct upstream **at = &p->bucket[u->hash % BUCKETS];

	if ((u->io->ready & SPOKE) != 0) {
		upstream_free(u);
		return;
	}
	if (p->count == p->max)
		upstream_free(p->oldest);
	u->io->fn = on_kept;
	u->io->user = u;
	u->kept_ms = loop_now_ms(p->loop);
	u->kept_round = loop_round(p->loop);
	u->next = *at;
	if (u->next != NULL)
		u->next->link = &u->next;
	u->link = at;
	*at = u;
	u->newer = NULL;
	u->older = p->newest;
	if (u->older != NULL)
		u->older->newer = u;
	else
		p->oldest = u;
	p->newest = u;
	p->count++;
	if (p->timer.slot == 0 &&
	    loop_timer_set(p->loop, &p->timer, UPSTREAM_IDLE_MS) < 0)
		upstream_free(u); /* nobody would end it */
}

static bool fits(const struct upstream *u, const struct upstream_key *k, uint32_t h)
{
	return u->hash == h && u->port == k->port && u->mark == k->mark &&
	       addr_equal(u->src, k->src) && strcmp(u->host, k->host) == 0;
}

/* Bytes nobody asked for may lie there; unless epoll has had its turn to tell of them. */
static bool is_quiet(const struct upstream *u)
{
	char c;

	if (u->kept_round != loop_round(u->pool->loop))
		return true;
	return recv(u->io->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

struct upstream *upstream_take(struct upstream_pool *p, const struct upstream_key *key)
{
	uint32_t h = hash(p, key);
	struct upstream *next;

	for (struct upstream *u = p->bucket[h % BUCKETS]; u != NULL; u = next) {
		next = u->next;
		if (!fits(u, key, h))
			continue;
		if (!is_quiet(u)) {
			upstream_free(u);
			continue;
		}
		unlink_kept(u);
		return u;
	}
	return NULL;
}

void upstream_drop_kept(struct upstream_pool *p)
{
	while (p->oldest != NULL)
		upstream_free(p->oldest);
}

size_t upstream_kept(const struct upstream_pool *p)
{
	return p->count;
}
