/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upstream - connections to origins that plain HTTP uses again
 *
 * One belongs to the device it was opened for and to one host and port, and serves
 * nobody else: what an origin remembers about a connection (sign-in, mistakes) stays
 * with that device. One that says anything while nobody asked is closed.
 */
#ifndef PROXY_UPSTREAM_H
#define PROXY_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/host.h"
#include "proxy/loop.h"

#define UPSTREAM_IDLE_MS 30000

struct upstream_pool;

/* Whose it is, and where it leads. */
struct upstream_key {
	struct addr src;
	uint32_t mark; /* the client's permit */
	uint16_t port;
	const char *host; /* normalised */
};

struct upstream {
	struct upstream *next, **link; /* in its bucket, while it is kept */
	struct upstream *newer, *older; /* by age, while it is kept */
	struct upstream_pool *pool;
	struct loop_io *io; /* owned */
	struct addr addr; /* where it was dialled to */
	struct addr src;
	uint32_t mark;
	uint16_t port;
	uint32_t hash;
	uint32_t checked; /* the owner's: by which rules addr was found good */
	int64_t kept_ms;
	uint64_t kept_round;
	char host[]; /* normalised */
};

/* Keep max (1 or more) at most; the oldest goes first. Returns 0 or -ENOMEM. */
int upstream_pool_new(struct loop *l, size_t max,
		      struct upstream_pool **ret_pool) MUST_CHECK;
void upstream_pool_free(struct upstream_pool *p);

/* Take over a connected io. Returns 0 or -ENOMEM (io stays the caller's). */
int upstream_new(struct upstream_pool *p, const struct upstream_key *key,
		 struct loop_io *io, struct addr addr,
		 struct upstream **ret_upstream) MUST_CHECK;

/* Close it, kept or not. NULL is fine. */
void upstream_free(struct upstream *u);

/* Keep it for later; it must be quiet. */
void upstream_keep(struct upstream *u);

/* One that fits and is still good: the caller's from now on. NULL: none. */
struct upstream *upstream_take(struct upstream_pool *p, const struct upstream_key *key);

/* Give up the connection but not the io: it becomes something else. */
struct loop_io *upstream_release(struct upstream *u);

/* Close all that are kept. */
void upstream_drop_kept(struct upstream_pool *p);

size_t upstream_kept(const struct upstream_pool *p);

#endif
