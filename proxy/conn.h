/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn - one client connection from its first byte to its last
 *
 * HEAD -> (RESOLVE -> CONNECT -> RELAY) -> PAGE or nothing -> DRAIN -> gone. Only
 * the loop calls in here; what ends is freed when the round is over.
 */
#ifndef PROXY_CONN_H
#define PROXY_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/reason.h"
#include "proxy/declog.h"
#include "proxy/exchange.h"
#include "proxy/resolver.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

#define CONN_HEAD_MS    10000
#define CONN_RESOLVE_MS 5000
#define CONN_CONNECT_MS 10000
#define CONN_IDLE_MS    600000
#define CONN_PAGE_MS    10000 /* to take our own answer */
#define CONN_DRAIN_MS   2000 /* to read the end of it, before the socket goes */
#define CONN_ADDRS_MAX  8 /* tried one after the other */

enum conn_state {
	CONN_HEAD, /* reads the request's head */
	CONN_RESOLVE, /* waits for the name's addresses */
	CONN_CONNECT, /* waits for the origin */
	CONN_RELAY,
	CONN_PAGE, /* writes an answer of our own */
	CONN_DRAIN, /* has said everything, waits for the client to close */
	CONN_DEAD,
};

struct conn {
	struct worker *w;
	struct conn *next, **link;
	enum conn_state state;
	int client; /* owned, as origin; -1: none */
	int origin;
	sd_event_source *client_io;
	sd_event_source *origin_io;
	sd_event_source *timer;
	uint32_t mark;
	struct declog_facts facts;
	char *head; /* owned, HTTP1_REQUEST_HEAD_MAX bytes; gone once it is parsed */
	size_t head_len;
	size_t head_scan;
	bool tunnel; /* CONNECT */
	bool literal; /* the host is an address */
	bool head_only;
	bool japanese;
	bool opened; /* the open record is written, the close record is not */
	struct mono opened_at;
	struct mono active_at;
	enum reason reason; /* why it is allowed */
	int64_t until; /* the permit's end, 0: none */
	struct resolver_query *query;
	struct addr addr[CONN_ADDRS_MAX]; /* checked: these and no others are dialled */
	size_t addr_count;
	size_t addr_next;
	struct exchange *exchange; /* owned; NULL for CONNECT */
	struct tunnel_dir up;
	struct tunnel_dir down;
};

/* Takes fd when it returns 0; -ENOMEM or another errno leaves it alone. */
int conn_new(struct worker *w, int fd, struct addr src, uint16_t port,
	     struct conn **ret_conn) MUST_CHECK;

/* For the worker: release what conn_end() left. */
void conn_free(struct conn *c);

/*
 * End it now: both sides get a reset unless everything was delivered. Writes the
 * close record where one is owed.
 */
void conn_end(struct conn *c, enum reason reason);

/* By the worker's snapshot. True when it was not allowed any more, and is ended. */
bool conn_judge_again(struct conn *c, int64_t now_s);

/* --- between conn.c, request.c and dial.c --- */

/* Refuse with a record and a page. */
void conn_refuse(struct conn *c, enum reason reason, unsigned status);

/* Answer with a page only: the record is written already. */
void conn_answer(struct conn *c, enum reason reason, unsigned status);

/* Write the close record where one is owed. */
void conn_record_close(struct conn *c, enum reason reason);

void conn_set_timer(struct conn *c, unsigned ms);
void conn_drop_origin(struct conn *c);

/* The origin is connected. */
void conn_relay(struct conn *c);

/* request.c: more bytes of the head may be there. */
void request_read(struct conn *c);

/* request.c: the head did not come in time. */
void request_timeout(struct conn *c);

/* request.c: what the connection is about, for decide(). */
struct decide_question request_question(const struct conn *c, int64_t now_s);

/* dial.c: look the name up and connect; what comes next is up to the loop. */
void dial_start(struct conn *c);
void dial_writable(struct conn *c);

/* dial.c: try the next address, or answer with status when there is none. */
void dial_next(struct conn *c, unsigned status);

/* conn.c: for dial.c to watch the origin's socket. */
int conn_watch_origin(struct conn *c, uint32_t events) MUST_CHECK;

#endif
