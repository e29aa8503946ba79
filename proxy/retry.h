/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry - the second ClientHello, which a server may ask for (RFC 8446 4.1.4)
 *
 * It must name the same server as the first, and whoever changes the name would
 * reach a site that nobody was asked about. So nothing of the client goes on behind
 * its first hello before the server's first message was seen; when that asks for a
 * second hello, this one is judged as the first was.
 */
#ifndef PROXY_RETRY_H
#define PROXY_RETRY_H

#include "lib/attr.h"
#include "proxy/conn.h"

#define RETRY_BETWEEN_MAX (64 * 1024) /* bytes of other records in front of it */

enum retry_state {
	RETRY_NONE, /* nothing to look at any more */
	RETRY_SERVER, /* waits for the server's first message */
	RETRY_HELLO, /* waits for the second ClientHello */
};

/* The first hello was passed on; what follows it is in c->in. */
void retry_begin(struct conn *c);

/*
 * In the places of flow_pump(), while c->retry is not RETRY_NONE. They return as
 * that does, and may have ended the connection.
 */
int retry_pump_up(struct conn *c) MUST_CHECK;
int retry_pump_down(struct conn *c) MUST_CHECK;

#endif
