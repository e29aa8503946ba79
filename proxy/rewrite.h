/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rewrite - heads as they are passed on (RFC 9110 7.6, RFC 9112 3.2)
 *
 * Pure. Fields for one hop, and those that Connection names, are left out; both
 * sides are told that the connection ends after this message.
 */
#ifndef PROXY_REWRITE_H
#define PROXY_REWRITE_H

#include <stddef.h>

#include "lib/attr.h"
#include "proxy/http1.h"
#include "proxy/target.h"

#define REWRITE_GROWTH_MAX 512 /* a rewritten head is at most this much longer */

/* The request in origin-form. Returns 0 or -EMSGSIZE (more than max bytes). */
int rewrite_request(const struct http1_head *head, const struct target *target, char *dst,
		    size_t max, size_t *ret_len) MUST_CHECK;

/*
 * The response. An interim one (1xx) goes on without our Connection field.
 * Returns 0 or -EMSGSIZE.
 */
int rewrite_response(const struct http1_head *head, char *dst, size_t max,
		     size_t *ret_len) MUST_CHECK;

#endif
