/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * local - requests that are addressed to the proxy itself
 *
 * Its configuration file for browsers (pac.h), and the local page with its form
 * (localpage.h), for clients that may use the proxy. No origin is contacted, and
 * nothing is recorded: what a form asks for stands in mgmtd's history.
 */
#ifndef PROXY_LOCAL_H
#define PROXY_LOCAL_H

#include <stddef.h>

#include "lib/reason.h"
#include "proxy/http1.h"
#include "proxy/target.h"

#define LOCAL_PORT 80 /* of LOCALPAGE_HOST */

struct conn;
struct request;

enum local_kind {
	LOCAL_NONE = 0, /* not for us */
	LOCAL_PAC,
	LOCAL_PAGE,
	LOCAL_FORM,
	LOCAL_UNKNOWN, /* our host, but nothing is there */
};

/* Origin-form, as sent to a server: exactly /proxy.pac and /wpad.dat are ours. */
enum local_kind local_of_path(struct http1_span target);

/* Absolute-form: http://sekisho.internal/ at port 80. */
enum local_kind local_of_target(const struct target *t);

/* The status to refuse a request for kind with, or 0. */
unsigned local_check(enum local_kind kind, const struct http1_head *h);

/*
 * Answer, or begin to: c has its request's facts; rest is what follows the head and
 * may be c->in.
 */
void local_serve(struct conn *c, enum local_kind kind, const struct http1_head *h,
		 const char *rest, size_t len);

/* In CONN_LOCAL. */
void local_event(struct conn *c);
void local_timeout(struct conn *c);

/* The request is done with: nobody waits for what mgmtd says. */
void local_forget(struct request *rq);

/* c's request was refused: the device's own page will say so, if that is of use. */
void local_note_denial(const struct conn *c, enum reason reason);

#endif
