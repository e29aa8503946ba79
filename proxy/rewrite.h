/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rewrite - heads as they are passed on (RFC 9110 7.6, RFC 9112 3.2)
 *
 * Pure. Fields for one hop, and those that Connection names, are left out; what
 * this hop says of its own connections is put in.
 */
#ifndef PROXY_REWRITE_H
#define PROXY_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "proxy/http1.h"
#include "proxy/target.h"

#define REWRITE_GROWTH_MAX 512 /* a rewritten head is at most this much longer */

/* Does the request ask for WebSocket, and for nothing else (RFC 6455 4.1)? */
bool rewrite_offers_websocket(const struct http1_head *head);

/* Is the 101 response what was asked for? */
bool rewrite_accepts_websocket(const struct http1_head *head);

/*
 * Max-Forwards of OPTIONS (RFC 9110 7.6.2). Returns 1 (ret_value is set), 0 (none,
 * or another method) or -EBADMSG.
 */
int rewrite_max_forwards(const struct http1_head *head, unsigned *ret_value) MUST_CHECK;

/* The request in origin-form. Returns 0, -EMSGSIZE (more than max bytes) or -EBADMSG. */
int rewrite_request(const struct http1_head *head, const struct target *target, char *dst,
		    size_t max, size_t *ret_len) MUST_CHECK;

enum rewrite_how {
	REWRITE_CLOSE = 1, /* this is the last one; never said in an interim one (1xx) */
	REWRITE_UNCHUNKED = 2, /* the chunked coding is undone */
};

/*
 * The response; how: of enum rewrite_how. What has no body says nothing of its length
 * (1xx and 204: RFC 9110 8.6, RFC 9112 6.1). Returns 0 or -EMSGSIZE.
 */
int rewrite_response(const struct http1_head *head, unsigned how, char *dst, size_t max,
		     size_t *ret_len) MUST_CHECK;

#endif
