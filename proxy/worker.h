/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker - the data path: connections, and what they are judged by
 *
 * A worker has its loop, its resolver and its connections to itself. Control
 * (service.h) gives it sockets and snapshots and knows nothing of what is inside.
 */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "proxy/addrclass.h"
#include "proxy/declog.h"
#include "proxy/resolver.h"
#include "proxy/snapshot.h"
#include "proxy/tunnel.h"

#define WORKER_CONNS_MAX        4096
#define WORKER_SOURCE_CONNS_MAX 256 /* from one address */
#define WORKER_OWN_MAX          256 /* addresses of the gateway itself */

struct conn;

struct worker {
	sd_event *event;
	struct snapshot *snap; /* owned; NULL: no policy, nothing is allowed */
	struct resolver *resolver;
	struct declog *log;
	struct prefix own[WORKER_OWN_MAX]; /* never dialled */
	size_t own_count;
	bool own_known; /* else nothing is dialled */
	struct conn *live;
	size_t live_count;
	size_t conns_max; /* WORKER_CONNS_MAX, or what the descriptors allow */
	struct conn *dead; /* freed when this round of the loop is over */
	sd_event_source *reaper;
	sd_event_source *expiry; /* fires when the first permit in use is over */
	uint64_t next_id;
	int64_t overload_us; /* when a refusal for overload was recorded last */
	uint32_t overloads; /* refused since then */
	struct addr overload_src; /* the last one refused */
	char scratch[TUNNEL_CHUNK];
};

/* log and event must outlive it. Returns 0 or a negative errno. */
int worker_new(sd_event *event, struct declog *log,
	       struct worker **ret_worker) MUST_CHECK;

/* Ends every connection with REASON_SHUTDOWN. */
void worker_free(struct worker *w);

/* Serve an accepted client, or refuse it when a ceiling is reached. Takes fd. */
void worker_accept(struct worker *w, int fd, const struct sockaddr *peer);

/*
 * Judge by snap (taken over) from now on, and end what it does not allow any more.
 * Returns how many were ended, or a negative errno: then nothing was changed and
 * snap stays the caller's.
 */
int worker_use(struct worker *w, struct snapshot *snap) MUST_CHECK;

/* Look up the gateway's own addresses again. */
void worker_refresh_own(struct worker *w);

/* Write the record of refusals for overload that is still owed. */
void worker_flush_overloads(struct worker *w);

/* --- for connections --- */

bool worker_may_dial(const struct worker *w, struct addr a);

/* A permit in use ends then (seconds UTC; 0: never). */
void worker_note_until(struct worker *w, int64_t until);

/* Free c when this round of the loop is over. */
void worker_bury(struct worker *w, struct conn *c);

#endif
