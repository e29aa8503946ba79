/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clerk - carries requests for sites from the workers to mgmtd, and the answers back
 *
 * A thread of its own, because mgmtd may take its time: neither a worker nor the
 * control thread, for which mgmtd itself may be waiting, ever waits for it. One
 * request at a time, at most ten a second.
 */
#ifndef PROXY_CLERK_H
#define PROXY_CLERK_H

#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/loop.h"

#define CLERK_WAITING_MAX 32 /* requests in all */
#define CLERK_SOURCE_MAX  2 /* of them, from one address */

struct clerk;

/* From malloc(). Whoever is told by post.fn owns it again. */
struct clerk_order {
	struct proto_site_request ask;
	int result; /* PROTO_RESULT's code, or why mgmtd could not be asked */
	struct loop *loop; /* in whose thread post.fn is called */
	struct loop_post post;
	void *user; /* the owner's */
	struct clerk_order *next; /* the clerk's */
};

/* path: mgmtd's socket. Returns 0 or a negative errno. */
int clerk_new(const char *path, struct clerk **ret_clerk) MUST_CHECK;

/*
 * From any thread: takes the order when it returns 0, and posts to its loop when it
 * is answered. -EBUSY: too many wait.
 */
int clerk_send(struct clerk *c, struct clerk_order *o) MUST_CHECK;

/* Ends the thread. Orders stay until clerk_free(), as their owners may look at them. */
void clerk_stop(struct clerk *c);

/* Frees what was sent and never answered. Loops may be gone. NULL is fine. */
void clerk_free(struct clerk *c);

#endif
