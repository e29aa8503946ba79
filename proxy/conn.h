/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn - one client connection from its first byte to its last
 *
 *   HEAD -> LOOKUP -> OPENING -> DIAL -> HELLO -> RELAY        CONNECT
 *     ^                           \----> EXCHANGE --\          plain HTTP
 *     \---------------------------------------------/          the next request
 *   HEAD -> LOCAL                                       asked of the proxy itself
 *   SNI -> LOOKUP -> OPENING -> DIAL -> RELAY                 redirected TLS
 *   HEAD -> SIGN_IN -> HEAD                             mgmtd is asked who it is
 *   and from anywhere: PAGE (an answer of our own) -> DRAIN -> DEAD
 *
 * One worker's thread owns it. What ends is freed when the round is over. An idle
 * tunnel holds this struct, its two loop_io and the ticket, and nothing else.
 */
#ifndef PROXY_CONN_H
#define PROXY_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/reason.h"
#include "proxy/declog.h"
#include "proxy/dialer.h"
#include "proxy/exchange.h"
#include "proxy/flow.h"
#include "proxy/page.h"
#include "proxy/resolver.h"
#include "proxy/serverhello.h"
#include "proxy/upstream.h"
#include "proxy/worker.h"

#define CONN_LOOKUP_MS  5000
#define CONN_CONNECT_MS 10000
#define CONN_HELLO_MS   10000
#define CONN_KEEP_MS    60000 /* between two requests */
#define CONN_PAGE_MS    10000 /* to take our own answer */
#define CONN_LOCAL_MS   5000 /* for mgmtd to say whether it has filed a request */
#define CONN_SIGN_IN_MS 5000 /* for mgmtd to say whether the password is right */
#define CONN_DRAIN_MS   2000 /* to read the end of it, before the socket goes */

enum conn_state {
	CONN_HEAD, /* reads a request's head, or waits for one */
	CONN_SNI, /* redirected TLS: reads the client's hello (transparent.h) */
	CONN_SIGN_IN, /* signin.c: waits for what mgmtd says; the request is in conn.in */
	CONN_LOOKUP, /* waits for the name's addresses */
	CONN_OPENING, /* its open record is written at the end of the round */
	CONN_DIAL, /* waits for the origin */
	CONN_HELLO, /* CONNECT: reads the client's TLS hello */
	CONN_RELAY, /* bytes both ways */
	CONN_EXCHANGE, /* plain HTTP: a request and its response */
	CONN_LOCAL, /* local.c: reads a form, or waits for what mgmtd says of it */
	CONN_PAGE, /* writes an answer of our own */
	CONN_DRAIN, /* has said everything, waits for the client to close */
	CONN_DEAD,
};

/* What is needed between a request's head and its end, or its tunnel's beginning. */
struct request {
	struct declog_facts facts;
	struct resolver_query *query;
	struct dialer *dialer;
	struct addr addr[DIALER_ADDRESSES_MAX]; /* checked: these and no others */
	size_t addr_count;
	enum reason reason; /* why it is allowed */
	bool tunnel; /* CONNECT */
	bool literal; /* the host is an address */
	bool named_address; /* that an entry names */
	bool tls_any;
	uint32_t hello_len; /* of conn.in: the ClientHello; 0: none was looked at */
	bool head_only;
	bool japanese;
	bool fresh; /* not to be sent over a connection that was used before */
	char *path; /* owned: plain HTTP, for asking again; NULL for CONNECT */
	/* owned: what went over a kept connection, for asking again; NULL: a new one */
	char *sent;
	size_t sent_len;
	struct clerk_order *order; /* CONN_LOCAL: the clerk has it; NULL: none */
	struct accounts_wait *wait; /* CONN_SIGN_IN */
	bool may_keep; /* another request may follow on a page that asks for a sign-in */
	bool keep; /* and is waited for */
	enum page_hint hint;
	struct exchange exchange;
};

struct conn {
	struct worker *w;
	struct conn *next, **link;
	struct conn *next_opening;
	struct loop_io *client; /* owned */
	struct loop_io *origin; /* owned, unless upstream owns it; NULL: none */
	struct upstream *upstream; /* owned; plain HTTP */
	struct request *rq; /* owned */
	struct declog_ticket *ticket; /* owned: a close record is owed */
	char *path; /* owned: of the request that was upgraded, for asking again; or NULL */
	char *in; /* owned: bytes of the client that nobody took yet */
	uint32_t in_len;
	uint32_t scan; /* how far in is known to hold no end of a head */
	struct loop_timer timer;
	struct loop_defer again;
	struct flow up, down;
	int64_t until; /* the permit's or entry's end, 0: none */
	int64_t opened_ms; /* this request or tunnel */
	int64_t active_ms;
	int64_t born_ms; /* the connection */
	uint64_t id; /* of its records: the request's that is under way, 0: none yet */
	uint64_t sent; /* bytes up in requests before this one */
	uint64_t counted; /* of up.bytes: on the device's account (limit.h) */
	uint64_t up_look; /* limit_look() when up.bytes is there */
	struct addr src;
	struct addr dst; /* connected to */
	uint16_t src_port;
	uint16_t meant_port; /* redirected: the port it wanted; 0: it wanted us */
	uint8_t state; /* enum conn_state */
	bool served; /* has had a request before this one */
	bool resumed; /* came from the proxyd before: others may have its sockets, too */
	bool alarmed; /* its upload ceiling was passed, and that is on record */
	bool signed_in; /* the request's user has signed in */
	bool asked; /* was asked to sign in, and that is on record */
	bool answered; /* mgmtd has been asked about the request that is looked at */
	bool tls_ech; /* the hello had an encrypted part */
	uint16_t tls_version; /* highest that the hello offered, 0: none seen */
	uint8_t retry; /* enum retry_state */
	struct serverhello server; /* while retry is RETRY_SERVER */
	uint32_t between; /* bytes between the two hellos */
	uint32_t mark;
};

/* How long a request's head may take. */
static inline int64_t conn_head_ms(const struct conn *c)
{
	return (int64_t)c->w->limits.head_seconds * 1000;
}

/* The mark that the kernel put on the connection; 0: none. */
uint32_t conn_mark_of(int fd);

/* A mark names the permit of one device; the rest of it is a class, or a zone's. */
static inline bool conn_is_admitted(uint32_t mark)
{
	return (mark & REVISION_MARK_NUMBER) != 0;
}

#define CONN_HTTP_PORT 80 /* redirected from there: plain requests; from others: TLS */

static inline bool conn_is_redirected_tls(const struct conn *c)
{
	return c->meant_port != 0 && c->meant_port != CONN_HTTP_PORT;
}

/* Takes fd when it returns 0; -ENOMEM or another errno leaves it alone. */
int conn_new(struct worker *w, int fd, uint32_t mark, struct addr src, uint16_t port,
	     struct conn **ret_conn) MUST_CHECK;

/* For the worker: release what conn_end() left. */
void conn_free(struct conn *c);

/*
 * End it now: both sides get a reset unless everything was delivered. Writes the
 * close record where one is owed.
 */
void conn_end(struct conn *c, enum reason reason);

/* --- between the files of a connection --- */

/* Write the close record where one is owed. */
void conn_record_close(struct conn *c, enum reason reason);

/* The same with words about the reason. */
void conn_record_close_as(struct conn *c, enum reason reason, const char *detail);

void conn_set_timer(struct conn *c, int64_t ms);

/* Give up the origin; reset: so that it notices. */
void conn_drop_origin(struct conn *c, bool reset);

/* The request is done with: free it, and what it held. */
void conn_forget_request(struct conn *c);

/* Whoever still looks for an origin need not any more. */
void conn_stop_looking(struct request *rq);

/* Keep bytes of the client for later, behind those that are kept. Returns 0 or -ENOMEM. */
int conn_hold(struct conn *c, const char *data, size_t len) MUST_CHECK;

/* The first len bytes of what is kept are done with. */
void conn_take_held(struct conn *c, uint32_t len);

/* A ClientHello with an encrypted part is refused. */
bool conn_refuses_ech(const struct conn *c);

/* request.c: wait for a request, and look at what is there already. */
void request_await(struct conn *c);
void request_read(struct conn *c);
void request_timeout(struct conn *c);

/* request.c: the connection's request and its number. Returns 0 or -ENOMEM. */
int request_begin(struct conn *c) MUST_CHECK;

/* request.c: look at the request in c->in again; mgmtd has been asked about it. */
void request_resume(struct conn *c);

/* contact.c: find the origin, record that it is contacted. */
void contact_start(struct conn *c);

/* contact.c: the open record is written (or not: then error is negative). */
void contact_opened(struct conn *c, int error);
void contact_timeout(struct conn *c);

/* relay.c: the origin of a CONNECT is there. */
void relay_start(struct conn *c);

struct clienthello;

/* relay.c: is that hello for host, as the policy wants it? If not, the tunnel has ended. */
bool relay_refuses_hello(struct conn *c, const struct clienthello *hello,
			 const char *host);

/* relay.c: from now on only bytes (after 101). */
void relay_begin(struct conn *c);
void relay_event(struct conn *c);
void relay_timeout(struct conn *c);

/* plain.c: the origin of a plain request is there. */
void plain_start(struct conn *c);
void plain_event(struct conn *c);

/* plain.c: remember what is about to be sent, for a kept connection may be gone. */
int plain_remember(struct conn *c) MUST_CHECK;
void plain_timeout(struct conn *c);

#endif
