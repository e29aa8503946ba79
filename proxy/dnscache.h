/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dnscache - answers to names, kept for as long as they may be (pure)
 *
 * Bounded in entries and bytes; the one that was not asked for longest makes room.
 * Names are compared byte by byte: the caller normalises. They are placed by SipHash
 * under the caller's secret key, so that nobody can choose names that collide.
 * Times are milliseconds of a clock that does not go back. Not for use by two threads.
 */
#ifndef PROXY_DNSCACHE_H
#define PROXY_DNSCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define DNSCACHE_KEY_LEN       16
#define DNSCACHE_NAME_MAX      253 /* RFC 1035 2.3.4, as text */
#define DNSCACHE_ADDRESSES_MAX 32

struct dnscache;

struct dnscache_answer {
	int error; /* 0, or the negative errno that the question ended with */
	size_t count; /* 0 when error is not */
	struct addr addr[DNSCACHE_ADDRESSES_MAX];
};

/* entries: at least 1; bytes: all entries' memory. Returns 0, -EINVAL or -ENOMEM. */
int dnscache_new(size_t entries, size_t bytes, const uint8_t key[DNSCACHE_KEY_LEN],
		 struct dnscache **ret_cache) MUST_CHECK;
void dnscache_free(struct dnscache *c);
void dnscache_clear(struct dnscache *c);

/* SipHash-2-4 of a name under the cache's key, for the caller's own tables. */
uint64_t dnscache_hash(const struct dnscache *c, const char *name, size_t len);

/*
 * Is there an answer that has not run out? No memory is taken; the answer is a copy,
 * and of addr only the first count are written.
 */
bool dnscache_get(struct dnscache *c, const char *name, int64_t now_ms,
		  struct dnscache_answer *ret_answer);

/*
 * Keep an answer until now_ms + ttl_ms in place of the one before (0: drop that one).
 * error 0 with 1..DNSCACHE_ADDRESSES_MAX addresses, or error with none.
 * Returns 0, -EINVAL, -ENOSPC (larger than the whole cache) or -ENOMEM; on failure
 * the name has no answer any more.
 */
int dnscache_put(struct dnscache *c, const char *name, int64_t now_ms, int64_t ttl_ms,
		 int error, const struct addr *addr, size_t count) MUST_CHECK;

size_t dnscache_count(const struct dnscache *c);
size_t dnscache_bytes(const struct dnscache *c);

#endif
