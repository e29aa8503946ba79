/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dnsask - single questions to DNS servers (for resolver.c; c-ares appears here only)
 *
 * The sockets of c-ares are level-triggered users of the loop. What protects against
 * forged answers is told in resolver.h.
 */
#ifndef PROXY_DNSASK_H
#define PROXY_DNSASK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "proxy/loop.h"

#define DNSASK_ADDRESSES_MAX     32
#define DNSASK_CHANNEL_QUESTIONS 128 /* then other source ports are taken */
#define DNSASK_CHANNEL_MS        10000

struct dnsask;
struct dnsask_channel;
struct dnsask_question;

struct dnsask_answer {
	/* 0; -ENOENT: no such name, or none of this type; -EIO; -ECANCELED */
	int error;
	uint32_t ttl_s; /* the smallest on the way to the addresses */
	size_t count; /* 0 when error is not */
	struct addr addr[DNSASK_ADDRESSES_MAX];
};

/*
 * Called inside c-ares: nothing of dnsask may be called from it. After it, and after
 * the return from c-ares, the settle function is called when the loop was the caller.
 */
typedef void dnsask_done(struct dnsask_question *q, const struct dnsask_answer *a);

/* Lives inside its owner until done was called. */
struct dnsask_question {
	uint8_t family; /* 6: AAAA; 4: A */
	dnsask_done *done;
	void *user;
	struct dnsask_channel *channel; /* dnsask.c's own */
};

/*
 * Not in two threads at once, nor dnsask_free(): c-ares counts its users unlocked.
 * Returns 0, -ENOMEM or -EIO.
 */
int dnsask_new(struct loop *l, loop_fn *settle, void *user,
	       struct dnsask **ret_ask) MUST_CHECK;

/* Questions under way end with -ECANCELED, inside this call. */
void dnsask_free(struct dnsask *d);

/*
 * Ask these servers, 16 at most, from now on. When they are the same as before
 * nothing is done; else questions under way end with -ECANCELED, inside this call.
 * Returns 1 (others), 0 (the same), -ENOMEM or -EIO.
 */
int dnsask_use(struct dnsask *d, const struct addr *server, size_t count,
	       uint16_t port) MUST_CHECK;

/* To be called before dnsask_start(). Returns 0, -ENOTCONN (no servers) or -ENOMEM. */
int dnsask_prepare(struct dnsask *d) MUST_CHECK;

/* done may be called inside this. */
void dnsask_start(struct dnsask *d, const char *host, struct dnsask_question *q);

#endif
