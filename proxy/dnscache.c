/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/dnscache.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

_Static_assert(DNSCACHE_KEY_LEN == crypto_shorthash_KEYBYTES, "key of SipHash-2-4");
_Static_assert(sizeof(uint64_t) == crypto_shorthash_BYTES, "value of SipHash-2-4");

struct entry {
	struct entry *chain; /* the next of the same bucket */
	struct entry *newer, *older; /* in the order of use */
	uint64_t hash;
	int64_t expires_ms;
	int error;
	uint8_t count;
	uint8_t name_len;
	struct addr addr[]; /* count of them, and then the name without terminator */
};

struct dnscache {
	uint8_t key[DNSCACHE_KEY_LEN];
	size_t entries_max, bytes_max;
	size_t count, bytes;
	struct entry *newest, *oldest;
	size_t mask; /* buckets - 1 */
	struct entry *bucket[];
};

static size_t entry_size(size_t count, size_t name_len)
{
	return sizeof(struct entry) + count * sizeof(struct addr) + name_len;
}

static const char *entry_name(const struct entry *e)
{
	return (const char *)(e->addr + e->count);
}

int dnscache_new(size_t entries, size_t bytes, const uint8_t key[DNSCACHE_KEY_LEN],
		 struct dnscache **ret_cache)
{
	size_t buckets = 1;
	struct dnscache *c;

	if (entries == 0 || entries > SIZE_MAX / 4 / sizeof(struct entry *))
		return -EINVAL;
	while (buckets < entries)
		buckets *= 2;
	c = calloc(1, sizeof(*c) + buckets * sizeof(struct entry *));
	if (c == NULL)
		return -ENOMEM;
	memcpy(c->key, key, sizeof(c->key));
	c->entries_max = entries;
	c->bytes_max = bytes;
	c->mask = buckets - 1;
	*ret_cache = c;
	return 0;
}

uint64_t dnscache_hash(const struct dnscache *c, const char *name, size_t len)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	(void)crypto_shorthash(out, (const unsigned char *)name, len, c->key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

static void use_link(struct dnscache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	if (c->newest != NULL)
		c->newest->newer = e;
	else
		c->oldest = e;
	c->newest = e;
}

static void use_unlink(struct dnscache *c, struct entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		c->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		c->oldest = e->newer;
}

static void drop(struct dnscache *c, struct entry *e)
{
	struct entry **at = &c->bucket[e->hash & c->mask];

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	use_unlink(c, e);
	c->count--;
	c->bytes -= entry_size(e->count, e->name_len);
	free(e);
}

void dnscache_clear(struct dnscache *c)
{
	while (c->oldest != NULL)
		drop(c, c->oldest);
}

void dnscache_free(struct dnscache *c)
{
	if (c == NULL)
		return;
	dnscache_clear(c);
	free(c);
}

static struct entry *find(const struct dnscache *c, const char *name, size_t len,
			  uint64_t hash)
{
	struct entry *e = c->bucket[hash & c->mask];

	while (e != NULL && (e->hash != hash || e->name_len != len ||
			     memcmp(entry_name(e), name, len) != 0))
		e = e->chain;
	return e;
}

bool dnscache_get(struct dnscache *c, const char *name, int64_t now_ms,
		  struct dnscache_answer *ret_answer)
{
	size_t len = strlen(name);
	struct entry *e = find(c, name, len, dnscache_hash(c, name, len));

	if (e == NULL)
		return false;
	if (e->expires_ms <= now_ms) {
		drop(c, e);
		return false;
	}
	if (e != c->newest) {
		use_unlink(c, e);
		use_link(c, e);
	}
	ret_answer->error = e->error;
	ret_answer->count = e->count;
	memcpy(ret_answer->addr, e->addr, e->count * sizeof(e->addr[0]));
	return true;
}

static void insert(struct dnscache *c, struct entry *e)
{
	struct entry **head = &c->bucket[e->hash & c->mask];
	size_t size = entry_size(e->count, e->name_len);

	while (c->count == c->entries_max || c->bytes_max - c->bytes < size)
		drop(c, c->oldest);
	e->chain = *head;
	*head = e;
	use_link(c, e);
	c->count++;
	c->bytes += size;
}

int dnscache_put(struct dnscache *c, const char *name, int64_t now_ms, int64_t ttl_ms,
		 int error, const struct addr *addr, size_t count)
{
	size_t len = strlen(name);
	uint64_t hash = dnscache_hash(c, name, len);
	struct entry *e = find(c, name, len, hash);

	if (e != NULL)
		drop(c, e);
	if (len > DNSCACHE_NAME_MAX || count > DNSCACHE_ADDRESSES_MAX || ttl_ms < 0 ||
	    error > 0 || (error == 0) != (count > 0))
		return -EINVAL;
	if (ttl_ms == 0)
		return 0;
	if (entry_size(count, len) > c->bytes_max)
		return -ENOSPC;
	e = malloc(entry_size(count, len));
	if (e == NULL)
		return -ENOMEM;
	*e = (struct entry){ .hash = hash,
			     .expires_ms = now_ms + ttl_ms,
			     .error = error,
			     .count = (uint8_t)count,
			     .name_len = (uint8_t)len };
	if (count != 0)
		memcpy(e->addr, addr, count * sizeof(*addr));
	memcpy((char *)(e->addr + count), name, len);
	insert(c, e);
	return 0;
}

size_t dnscache_count(const struct dnscache *c)
{
	return c->count;
}

size_t dnscache_bytes(const struct dnscache *c)
{
	return c->bytes;
}
