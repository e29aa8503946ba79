/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/holder.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS 8192 /* a power of two */

struct entry {
	size_t segment;
	struct addr addr;
	struct mac mac;
	size_t port; /* where it spoke last */
	bool permitted;
	struct mono last;
	struct mac rival; /* zero: none */
	size_t rival_port;
	struct mono rival_last;
	TAILQ_ENTRY(entry) age; /* in a queue of its segment, or free */
	LIST_ENTRY(entry) chain;
};

TAILQ_HEAD(entry_queue, entry);
LIST_HEAD(entry_list, entry);

struct share { /* of one segment; longest silent first */
	struct entry_queue permitted;
	struct entry_queue others;
	size_t count;
};

struct holders {
	struct entry entry[HOLDER_MAX];
	struct entry_list bucket[BUCKETS];
	struct entry_queue free;
	unsigned char key[crypto_shorthash_KEYBYTES];
	size_t quota;
	struct share share[];
};

int holders_new(size_t segments, struct holders **ret_holders)
{
	struct holders *h;

	if (segments == 0 || segments > HOLDER_MAX)
		return -EINVAL;
	h = calloc(1, sizeof(*h) + segments * sizeof(h->share[0]));
	if (h == NULL)
		return -ENOMEM;
	randombytes_buf(h->key, sizeof(h->key));
	h->quota = HOLDER_MAX / segments;
	TAILQ_INIT(&h->free);
	for (size_t i = 0; i < HOLDER_MAX; i++)
		TAILQ_INSERT_TAIL(&h->free, &h->entry[i], age);
	for (size_t i = 0; i < segments; i++) {
		TAILQ_INIT(&h->share[i].permitted);
		TAILQ_INIT(&h->share[i].others);
	}
	*ret_holders = h;
	return 0;
}

void holders_free(struct holders *h)
{
	free(h);
}

static struct entry_list *bucket_of(struct holders *h, size_t segment, struct addr a)
{
	unsigned char out[crypto_shorthash_BYTES], in[sizeof(segment) + sizeof(a.bytes)];
	uint64_t v;

	memcpy(in, &segment, sizeof(segment));
	memcpy(in + sizeof(segment), a.bytes, sizeof(a.bytes));
	(void)crypto_shorthash(out, in, sizeof(in), h->key);
	memcpy(&v, out, sizeof(v));
	return &h->bucket[v % BUCKETS];
}

static struct entry *find(struct holders *h, size_t segment, struct addr a)
{
	struct entry *e;

	LIST_FOREACH(e, bucket_of(h, segment, a), chain)
	{
		if (e->segment == segment && addr_equal(e->addr, a))
			return e;
	}
	return NULL;
}

static struct entry_queue *queue_of(struct holders *h, const struct entry *e)
{
	struct share *s = &h->share[e->segment];

	return e->permitted ? &s->permitted : &s->others;
}

static bool make_room(struct holders *h, size_t segment, bool permitted, struct mono now)
{
	struct share *s = &h->share[segment];
	struct entry *e = TAILQ_FIRST(&s->others);

	if (s->count < h->quota)
		return true;
	if (e == NULL)
		e = TAILQ_FIRST(&s->permitted);
	if (e->permitted && (!permitted || mono_diff_ms(now, e->last) < HOLDER_KEEP_MS))
		return false;
	TAILQ_REMOVE(queue_of(h, e), e, age);
	LIST_REMOVE(e, chain);
	s->count--;
	*e = (struct entry){ 0 };
	TAILQ_INSERT_TAIL(&h->free, e, age);
	return true;
}

struct claim {
	struct mac mac;
	size_t port;
	bool permitted;
	struct mono now;
};

static void insert(struct holders *h, size_t segment, struct addr a,
		   const struct claim *c)
{
	struct entry *e;

	if (!make_room(h, segment, c->permitted, c->now))
		return;
	e = TAILQ_FIRST(&h->free);
	TAILQ_REMOVE(&h->free, e, age);
	*e = (struct entry){ .segment = segment,
			     .addr = a,
			     .mac = c->mac,
			     .port = c->port,
			     .permitted = c->permitted,
			     .last = c->now };
	h->share[segment].count++;
	TAILQ_INSERT_TAIL(queue_of(h, e), e, age);
	LIST_INSERT_HEAD(bucket_of(h, segment, a), e, chain);
}

/* Who holds the address, from now on or still, spoke for it. */
static void renew(struct holders *h, struct entry *e, const struct claim *c)
{
	TAILQ_REMOVE(queue_of(h, e), e, age);
	e->mac = c->mac;
	e->port = c->port;
	e->permitted = c->permitted;
	e->last = c->now;
	TAILQ_INSERT_TAIL(queue_of(h, e), e, age);
}

static struct holder_news from_holder(struct holders *h, struct entry *e,
				      const struct claim *c)
{
	struct holder_news news = { .by = e->rival,
				    .port = e->rival_port,
				    .from = e->mac };

	news.taken = !mac_is_zero(e->rival) &&
		     mono_diff_ms(c->now, e->rival_last) < HOLDER_FRESH_MS;
	renew(h, e, c);
	return news;
}

static struct holder_news from_rival(struct holders *h, struct entry *e,
				     const struct claim *c)
{
	struct holder_news news = { .by = c->mac, .port = c->port, .from = e->mac };
	int64_t silent = mono_diff_ms(c->now, e->last);

	news.taken = silent < HOLDER_FRESH_MS;
	if (c->permitted && !e->permitted) {
		news.by = e->mac;
		news.port = e->port;
		news.from = c->mac;
		e->rival = e->mac;
		e->rival_port = e->port;
		e->rival_last = e->last;
		renew(h, e, c);
	} else if (silent >= HOLDER_KEEP_MS) {
		e->rival = (struct mac){ 0 };
		renew(h, e, c);
	} else {
		e->rival = c->mac;
		e->rival_port = c->port;
		e->rival_last = c->now;
	}
	return news;
}

struct holder_news holders_claim(struct holders *h, size_t segment, struct addr a,
				 struct mac mac, size_t port, bool permitted,
				 struct mono now)
{
	const struct claim c = {
		.mac = mac, .port = port, .permitted = permitted, .now = now
	};
	struct entry *e = find(h, segment, a);

	if (e == NULL) {
		insert(h, segment, a, &c);
		return (struct holder_news){ 0 };
	}
	return mac_equal(e->mac, mac) ? from_holder(h, e, &c) : from_rival(h, e, &c);
}

bool holders_find(struct holders *h, size_t segment, struct addr a, struct mac *ret_mac)
{
	const struct entry *e = find(h, segment, a);

	if (e != NULL)
		*ret_mac = e->mac;
	return e != NULL;
}
