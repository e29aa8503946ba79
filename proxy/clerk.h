/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clerk - carries requests from the workers to mgmtd, and the answers back
 *
 * A thread of its own, because mgmtd may take its time: neither a worker nor the
 * control thread, for which mgmtd itself may be waiting, ever waits for it. One
 * request at a time, with a pause behind it. One clerk carries requests for sites,
 * another one sign-ins (accounts.h), which must not wait for those.
 */
#ifndef PROXY_CLERK_H
#define PROXY_CLERK_H

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/loop.h"

#define CLERK_WAITING_MAX 32 /* requests in all */
#define CLERK_SOURCE_MAX  2 /* of them, from one address */

struct clerk;

/* From malloc(). Whoever is told by post.fn owns it again. */
struct clerk_order {
	uint16_t type; /* PROTO_SITE_REQUEST or PROTO_SIGN_IN: which of the two */
	union {
		struct proto_site_request ask;
		struct proto_sign_in sign_in; /* wiped by who frees the order */
	};
	struct addr src; /* where it comes from */
	int result; /* the code of mgmtd's answer, or why there is none */
	struct proto_sign_in_reply reply; /* PROTO_SIGN_IN, when result is 0 */
	struct loop *loop; /* in whose thread post.fn is called */
	struct loop_post post;
	void *user; /* the owner's */
	struct clerk_order *next; /* the clerk's */
};

/* path: mgmtd's socket; pace_ms: the pause. Returns 0 or a negative errno. */
int clerk_new(const char *path, unsigned pace_ms, struct clerk **ret_clerk) MUST_CHECK;

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
