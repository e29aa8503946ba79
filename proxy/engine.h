/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine - the workers, and what they share
 *
 * The control thread (service.h) speaks to the engine only; it and the workers'
 * threads meet in loop_call().
 */
#ifndef PROXY_ENGINE_H
#define PROXY_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/paths.h"
#include "proxy/daily.h"
#include "proxy/declog.h"
#include "proxy/metrics.h"
#include "proxy/snapshot.h"
#include "proxy/sources.h"

#define ENGINE_WORKERS_MAX 32
#define ENGINE_KEPT_MAX    2048 /* by one worker */

struct worker;

struct engine {
	struct declog_sink sink;
	struct desk *desk; /* owned */
	struct clerk *clerk; /* owned; NULL: nobody carries requests to mgmtd */
	struct accounts *accounts; /* owned; NULL: nobody can sign in */
	struct sources *sources;
	atomic_uint_fast64_t next_conn;
	struct daily *daily;
	char day_file[PATH_TEXT_MAX]; /* where its sums are kept; "": nowhere */
	size_t conns_max; /* what the descriptors allow */
	size_t kept_max; /* connections to origins that a worker keeps for later */
	struct engine_thread *thread; /* owned */
	size_t thread_count;
};

/*
 * Start count workers (0: one for each processor this process may use), recording
 * to spool, which must outlive it. Returns 0 or a negative errno.
 */
int engine_new(struct spool *spool, size_t count, struct engine **ret_engine) MUST_CHECK;

/*
 * Requests for sites and sign-ins go to mgmtd's socket at path. Before engine_listen(). Returns 0 or
 * a negative errno.
 */
int engine_hire_clerk(struct engine *e, const char *path) MUST_CHECK;

/* The day's sums are in this file, and kept there. Before engine_listen(). */
void engine_remember(struct engine *e, const char *path);

/* Write them, when they have changed. */
void engine_save(struct engine *e);

/* The worker at index (below thread_count): for what is ordered by loop_call(). */
struct worker *engine_worker(struct engine *e, size_t index);

/* Ends every connection, then the threads. */
void engine_free(struct engine *e);

/*
 * Accept from the listening socket fd (the caller's) in every worker, until
 * engine_ignore(). Returns 0 or a negative errno: then nobody accepts from it.
 */
int engine_listen(struct engine *e, int fd) MUST_CHECK;
void engine_ignore(struct engine *e);

/*
 * Make every worker ready for snap: use its resolvers. Returns 0, or a negative
 * errno: then those before stay.
 */
int engine_prepare(struct engine *e, struct snapshot *snap) MUST_CHECK;
void engine_unprepare(struct engine *e);

/*
 * Judge by snap, which was prepared for (NULL: no policy), from now on in every worker, and end what
 * it does not allow any more. Returns how many were ended.
 */
size_t engine_use(struct engine *e, struct snapshot *snap);

/*
 * Nobody is signed in as login ("": as anybody) any more. Returns how many
 * connections were ended.
 */
size_t engine_sign_out(struct engine *e, const char *login);

/* What all workers counted together; revision, entries and start are the caller's. */
void engine_measure(struct engine *e, struct proxy_metrics *ret_sum);

/* Are the gateway's own addresses known to all workers? Else nothing is dialled. */
bool engine_own_known(struct engine *e);

#endif
