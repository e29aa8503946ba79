/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * basic - login and password of a Proxy-Authorization field (RFC 7617)
 *
 * Pure. Base64 is read strictly (RFC 4648 4: padded, no bits left over, nothing
 * else in between), the text is printable UTF-8.
 */
#ifndef PROXY_BASIC_H
#define PROXY_BASIC_H

#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/http1.h"

struct basic {
	char login[PROTO_SIGN_IN_MAX + 1]; /* not empty, no colon */
	char password[PROTO_SIGN_IN_MAX + 1]; /* not empty */
};

/*
 * Returns 0, -EPROTONOSUPPORT (another scheme), -EBADMSG (malformed), or -EMSGSIZE
 * (login or password too long). The caller wipes what it got.
 */
int basic_parse(struct http1_span value, struct basic *ret) MUST_CHECK;

/* Of the request's only such field. Further -ENOENT (none); several: -EBADMSG. */
int basic_of(const struct http1_head *h, struct basic *ret) MUST_CHECK;

void basic_wipe(struct basic *b);

#endif
