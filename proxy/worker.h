/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker - one thread of the data path: connections, and what they are judged by
 *
 * A worker has its loop, its resolver and its connections to itself. What all
 * workers share is in the engine (engine.h). Everything here is called in the
 * worker's own thread, but for worker_new() and worker_free().
 */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/attr.h"
#include "proxy/addrclass.h"
#include "proxy/dampen.h"
#include "proxy/declog.h"
#include "proxy/exchange.h"
#include "proxy/flow.h"
#include "proxy/loop.h"
#include "proxy/metrics.h"
#include "proxy/resolver.h"
#include "proxy/snapshot.h"
#include "proxy/spares.h"
#include "proxy/upstream.h"

#define WORKER_OWN_MAX 256 /* addresses of the gateway itself */

struct conn;
struct engine;

struct worker {
	struct engine *engine;
	struct loop *loop;
	struct snapshot *snap; /* a reference; NULL: no policy, nothing is allowed */
	struct policy_limits limits; /* snap's, or the default ones */
	int32_t day_offset_s; /* where the site's day begins, east of UTC */
	bool transparent; /* a zone is: redirected connections may come */
	struct resolver *resolver;
	struct upstream_pool *upstreams;
	struct declog log;
	struct prefix own[WORKER_OWN_MAX]; /* never dialled */
	size_t own_count;
	bool own_known; /* else nothing is dialled */
	uint32_t rules; /* counts up whenever an address may have to be judged anew */
	struct conn *live;
	size_t live_count;
	struct conn *dead; /* freed at the end of this round */
	struct conn *opening; /* their open records are in the log's batch */
	struct loop_timer expiry; /* a permit, an entry or a list may be over */
	bool expiry_owed; /* there was no memory to arm it */
	int64_t looked_s; /* when it fired last (UTC) */
	int64_t change_s; /* when some list opens or closes (UTC; INT64_MAX: never) */
	struct loop_timer housekeeping;
	int64_t overload_us; /* when a refusal for overload was recorded last */
	uint32_t overloads; /* refused since then */
	struct spares conns, requests; /* memory of those that ended */
	struct dampen dampen; /* refusals that are not recorded one by one */
	struct proxy_metrics metrics; /* counters: see measure.h */
	struct flow_tools tools;
	char out[EXCHANGE_OUT_MAX(FLOW_CHUNK)]; /* what is rewritten, before it is sent */
};

/* engine must outlive it. Returns 0 or a negative errno. */
int worker_new(struct engine *engine, struct worker **ret_worker) MUST_CHECK;

/* Ends every connection with REASON_SHUTDOWN. The loop must not run any more. */
void worker_free(struct worker *w);

/* Serve an accepted client, or refuse it when a ceiling is reached. Takes fd. */
void worker_accept(struct worker *w, int fd, const struct sockaddr *peer);

/*
 * Count c, which is open already, and have it among the live ones. Returns 0, or as
 * sources_add(): then it is not.
 */
int worker_adopt(struct worker *w, struct conn *c) MUST_CHECK;

/* Have the gateway's own addresses of now: they are never dialled. */
void worker_refresh_own(struct worker *w);

/* --- for connections --- */

bool worker_may_dial(const struct worker *w, struct addr a);

/* An address that an entry names: not the gateway's own, nor one that leads nowhere. */
bool worker_may_dial_named(const struct worker *w, struct addr a);

/* Tell c by contact_opened() when what is in the log is written. */
void worker_await_record(struct worker *w, struct conn *c);

/* Free c when this round of the loop is over. */
void worker_bury(struct worker *w, struct conn *c);

#endif
