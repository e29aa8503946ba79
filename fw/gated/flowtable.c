/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/flowtable.h"

#include <errno.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>

#include "lib/wr.h"

#define BUCKETS  65536u /* a power of two */
#define NONE     UINT32_MAX
#define KEY_TEXT 64

struct node {
	struct flow_open flow;
	uint32_t next; /* in the bucket, or in the free list */
};

struct flowtable {
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* nobody can aim at one bucket */
	uint32_t bucket[BUCKETS];
	uint32_t free;
	size_t count;
	struct node node[FLOWTABLE_MAX];
};

struct flowtable *flowtable_new(void)
{
	struct flowtable *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	randombytes_buf(t->secret, sizeof(t->secret));
	for (size_t i = 0; i < BUCKETS; i++)
		t->bucket[i] = NONE;
	for (uint32_t i = 0; i < FLOWTABLE_MAX; i++)
		t->node[i].next = i + 1 < FLOWTABLE_MAX ? i + 1 : NONE;
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
	} else {
		k.src_port = tuple->src_port;
		k.dst_port = tuple->dst_port;
	}
	return k;
}

static bool same(const struct ctevent_tuple *a, const struct ctevent_tuple *b)
{
	return a->proto == b->proto && a->src_port == b->src_port &&
	       a->dst_port == b->dst_port && a->icmp_type == b->icmp_type &&
	       addr_equal(a->src, b->src) && addr_equal(a->dst, b->dst);
}

static uint32_t bucket_of(const struct flowtable *t, const struct ctevent_tuple *k)
{
	uint8_t text[KEY_TEXT], hash[crypto_shorthash_BYTES];
	struct wr w = wr_of(text, sizeof(text));

	wr_u8(&w, k->proto);
	wr_u8(&w, k->icmp_type);
	wr_be16(&w, k->src_port);
	wr_be16(&w, k->dst_port);
	wr_bytes(&w, k->src.bytes, sizeof(k->src.bytes));
	wr_bytes(&w, k->dst.bytes, sizeof(k->dst.bytes));
	(void)crypto_shorthash(hash, text, w.len, t->secret);
	return ((uint32_t)hash[0] | (uint32_t)hash[1] << 8) & (BUCKETS - 1);
}

const struct flow_open *flowtable_find(const struct flowtable *t,
				       const struct ctevent_tuple *key)
{
	for (uint32_t i = t->bucket[bucket_of(t, key)]; i != NONE; i = t->node[i].next) {
		if (same(&t->node[i].flow.key, key))
			return &t->node[i].flow;
	}
	return NULL;
}

int flowtable_add(struct flowtable *t, const struct flow_open *flow)
{
	uint32_t at, b = bucket_of(t, &flow->key);

	flowtable_remove(t, &flow->key);
	if (t->free == NONE)
		return -ENOSPC;
	at = t->free;
	t->free = t->node[at].next;
	t->node[at].flow = *flow;
	t->node[at].next = t->bucket[b];
	t->bucket[b] = at;
	t->count++;
	return 0;
}

void flowtable_remove(struct flowtable *t, const struct ctevent_tuple *key)
{
	uint32_t *link = &t->bucket[bucket_of(t, key)];

	while (*link != NONE) {
		uint32_t at = *link;

		if (same(&t->node[at].flow.key, key)) {
			*link = t->node[at].next;
			t->node[at].next = t->free;
			t->free = at;
			t->count--;
			return;
		}
		link = &t->node[at].next;
	}
}

size_t flowtable_count(const struct flowtable *t)
{
	return t->count;
}
