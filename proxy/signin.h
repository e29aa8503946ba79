/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signin - a request of a zone where people sign in (RFC 7617, RFC 9110 11.7)
 *
 * While mgmtd is asked, the request waits in the connection's bytes (CONN_SIGN_IN)
 * and is then looked at again from its first byte on.
 */
#ifndef PROXY_SIGNIN_H
#define PROXY_SIGNIN_H

#include <stdbool.h>
#include <stddef.h>

#include "proxy/http1.h"

struct conn;
struct request;

/*
 * True: c's request is one of somebody who is signed in, who is noted in its facts.
 * False: it was answered, or waits. data: its bytes from the first on, len in all,
 * the head of which is head_len long. The password in them is wiped.
 */
bool signin_check(struct conn *c, const struct http1_head *h, const char *data,
		  size_t head_len, size_t len);

/* In CONN_SIGN_IN. */
void signin_timeout(struct conn *c);

/* The request is done with: it does not wait any more. */
void signin_forget(struct request *rq);

#endif
