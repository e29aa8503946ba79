/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange - one HTTP request and its response: what of the bytes goes on
 *
 * No I/O. The request's body is cut where it ends, and what follows is another
 * request's; the response's heads are read strictly and rewritten, its body is cut
 * where it ends, and what follows is nobody's.
 */
#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/attr.h"
#include "proxy/body.h"
#include "proxy/http1.h"
#include "proxy/rewrite.h"

#define EXCHANGE_INTERIM_MAX 8 /* 1xx heads in front of the final one */
#define EXCHANGE_HELD_MAX    (HTTP1_RESPONSE_HEAD_MAX)

/* What exchange_down() may give out of len bytes put in. */
#define EXCHANGE_OUT_MAX(len) \
	(EXCHANGE_HELD_MAX + (len) + (EXCHANGE_INTERIM_MAX + 1) * REWRITE_GROWTH_MAX)

/* Cleared, then exchange_begin(). */
struct exchange {
	struct body up;
	struct body down;
	bool bodiless; /* the answer to HEAD: fields speak of a body that does not come */
	bool old_client; /* HTTP/1.0: no interim responses, and chunks are undone */
	bool upgrade; /* the request offers WebSocket */
	bool head_done; /* of the final response */
	bool upgraded; /* 101: bytes both ways from now on */
	bool keep_client; /* another request may follow on the client's connection */
	bool keep_origin; /* and on the origin's, when everything was delivered */
	unsigned interims; /* 1xx heads so far */
	char *held; /* owned: response bytes until the head is whole */
	size_t held_len;
	size_t scan;
};

/* For a request whose head was parsed. */
void exchange_begin(struct exchange *x, const struct http1_head *request);
void exchange_clear(struct exchange *x);

/*
 * How many of these bytes from the client belong to the request's body; then
 * x->up.done says whether it is whole. Returns -EBADMSG (malformed).
 */
ssize_t exchange_up(struct exchange *x, const char *in, size_t len) MUST_CHECK;

/*
 * Bytes from the origin (len 0: it closed). What goes to the client is written to
 * out (EXCHANGE_OUT_MAX(len) bytes). Returns its length, or -EBADMSG (malformed),
 * -EMSGSIZE (head too large), -EPROTO (closed before a head), -ECONNRESET (closed
 * inside the body), -ENOMEM.
 */
ssize_t exchange_down(struct exchange *x, const char *in, size_t len,
		      char *out) MUST_CHECK;

/* The response is whole. */
static inline bool exchange_done(const struct exchange *x)
{
	return x->head_done && x->down.done;
}

#endif
