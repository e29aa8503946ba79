/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/flowtable.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>

#include "lib/wr.h"

#define BUCKETS  262144u /* a power of two */
#define NONE     0u /* node 0 is not used: untouched memory is an empty table */
#define KEY_TEXT 64

struct node {
	struct flow_open flow;
	uint32_t next; /* in the bucket, or in the free list */
	uint32_t older, newer;
};

struct flowtable {
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* nobody can aim at one bucket */
	uint32_t bucket[BUCKETS];
	uint32_t free; /* used before and given back */
	uint32_t used; /* nodes 1 to used have been used */
	uint32_t oldest, newest;
	size_t count;
	struct node node[FLOWTABLE_MAX + 1];
};

struct flowtable *flowtable_new(void)
{
	struct flowtable *t = calloc(1, sizeof(*t));

	if (t != NULL)
		randombytes_buf(t->secret, sizeof(t->secret));
	return t;
}

void flowtable_free(struct flowtable *t)
{
	free(t);
}

struct ctevent_tuple flowtable_key(const struct ctevent_tuple *tuple)
{
	struct ctevent_tuple k = { .src = tuple->src,
				   .dst = tuple->dst,
				   .proto = tuple->proto };

	if (tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6) {
		k.icmp_type = tuple->icmp_type;
		k.icmp_id = tuple->icmp_id;
	} else {
		k.src_port = tuple->src_port;
		k.dst_port = tuple->dst_port;
	}
	return k;
}

struct ctevent_tuple flowtable_seen(const struct ctevent *e)
{
	struct ctevent_tuple t = e->orig;

	if (e->reply.src.family == 0) /* not sent */
		return t;
	t.dst = e->reply.src;
	if (t.proto != IPPROTO_ICMP && t.proto != IPPROTO_ICMPV6)
		t.dst_port = e->reply.src_port;
	return t;
}

static bool same_key(const struct ctevent_tuple *a, const struct ctevent_tuple *b)
{
	return a->proto == b->proto && a->src_port == b->src_port &&
	       a->dst_port == b->dst_port && a->icmp_type == b->icmp_type &&
	       a->icmp_id == b->icmp_id && addr_equal(a->src, b->src) &&
	       addr_equal(a->dst, b->dst);
}

/* New ones stand at a bucket's beginning: the first that fits is the latest. */
static bool fits(const struct flow_open *f, const struct ctevent_tuple *key,
		 int64_t by_us)
{
	return f->opened_us <= by_us && same_key(&f->key, key);
}

static uint32_t bucket_of(const struct flowtable *t, const struct ctevent_tuple *k)
{
	uint8_t text[KEY_TEXT], hash[crypto_shorthash_BYTES];
	struct wr w = wr_of(text, sizeof(text));

	wr_u8(&w, k->proto);
	wr_u8(&w, k->icmp_type);
	wr_be16(&w, k->icmp_id);
	wr_be16(&w, k->src_port);
	wr_be16(&w, k->dst_port);
	wr_bytes(&w, k->src.bytes, sizeof(k->src.bytes));
	wr_bytes(&w, k->dst.bytes, sizeof(k->dst.bytes));
	(void)crypto_shorthash(hash, text, w.len, t->secret);
	return ((uint32_t)hash[0] | (uint32_t)hash[1] << 8 | (uint32_t)hash[2] << 16) &
	       (BUCKETS - 1);
}

const struct flow_open *flowtable_find(const struct flowtable *t,
				       const struct ctevent_tuple *key, int64_t by_us)
{
	for (uint32_t i = t->bucket[bucket_of(t, key)]; i != NONE; i = t->node[i].next) {
		if (fits(&t->node[i].flow, key, by_us))
			return &t->node[i].flow;
	}
	return NULL;
}

static void unlink_age(struct flowtable *t, const struct node *n)
{
	if (n->older != NONE)
		t->node[n->older].newer = n->newer;
	else
		t->oldest = n->newer;
	if (n->newer != NONE)
		t->node[n->newer].older = n->older;
	else
		t->newest = n->older;
}

/* Take the node that link leads to out of its bucket and give it back. */
static void drop(struct flowtable *t, uint32_t *link)
{
	uint32_t at = *link;
	struct node *n = &t->node[at];

	*link = n->next;
	unlink_age(t, n);
	n->next = t->free;
	t->free = at;
	t->count--;
}

void flowtable_remove(struct flowtable *t, const struct ctevent_tuple *key, int64_t by_us)
{
	uint32_t *link = &t->bucket[bucket_of(t, key)];

	while (*link != NONE && !fits(&t->node[*link].flow, key, by_us))
		link = &t->node[*link].next;
	if (*link != NONE)
		drop(t, link);
}

static void forget_oldest(struct flowtable *t)
{
	const struct flow_open *f = &t->node[t->oldest].flow;
	uint32_t *link = &t->bucket[bucket_of(t, &f->key)];

	while (*link != t->oldest)
		link = &t->node[*link].next;
	drop(t, link);
}

/* Is there room for one more of the same key? Else the last in the bucket, the oldest, goes. */
static unsigned forget_same(struct flowtable *t, uint32_t *link,
			    const struct ctevent_tuple *key)
{
	uint32_t *last = NULL;
	unsigned count = 0;

	for (; *link != NONE; link = &t->node[*link].next) {
		if (same_key(&t->node[*link].flow.key, key)) {
			last = link;
			count++;
		}
	}
	if (count < FLOWTABLE_SAME)
		return 0;
	drop(t, last);
	return 1;
}

static uint32_t take_node(struct flowtable *t)
{
	uint32_t at = t->free;

	if (at == NONE)
		return ++t->used;
	t->free = t->node[at].next;
	return at;
}

unsigned flowtable_add(struct flowtable *t, const struct flow_open *flow)
{
	uint32_t at, *bucket = &t->bucket[bucket_of(t, &flow->key)];
	unsigned forgotten;

	forgotten = forget_same(t, bucket, &flow->key);
	if (t->count == FLOWTABLE_MAX) {
		forget_oldest(t);
		forgotten = 1;
	}
	at = take_node(t);
	t->node[at] = (struct node){ .flow = *flow, .next = *bucket, .older = t->newest };
	*bucket = at;
	if (t->newest != NONE)
		t->node[t->newest].newer = at;
	else
		t->oldest = at;
	t->newest = at;
	t->count++;
	return forgotten;
}

size_t flowtable_count(const struct flowtable *t)
{
	return t->count;
}
