/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop - a worker's event loop: descriptors, timers, calls from another thread
 *
 * One thread runs a loop and is the only one that calls in here, but for
 * loop_call(), loop_post() and loop_stop(). Descriptors are watched edge-triggered unless the
 * owner asks otherwise, so that a connection costs one epoll_ctl in its life: what
 * was seen is kept in loop_io.ready until the owner has met EAGAIN.
 *
 * A round is: wait, serve what is ready and what was deferred, fire timers, call
 * the round hook.
 * Nothing is delivered to an io or timer that was freed or disarmed in the same round.
 */
#ifndef PROXY_LOOP_H
#define PROXY_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "lib/attr.h"

#define LOOP_EDGE (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

struct loop;
struct loop_io;

typedef void loop_io_fn(struct loop_io *io);
typedef void loop_fn(void *user);

struct loop_io {
	struct loop *loop;
	int fd; /* the owner's: loop_io_free() does not close it */
	uint32_t ready; /* EPOLL bits seen and not yet cleared by the owner */
	loop_io_fn *fn; /* fn and user may be exchanged at any time */
	void *user;
};

/* Lives inside its owner; a cleared one is disarmed. */
struct loop_timer {
	uint32_t slot; /* place in the heap + 1; 0: disarmed */
	loop_fn *fn;
	void *user;
};

/* Lives inside its owner; a cleared one is not queued. */
struct loop_defer {
	struct loop_defer *next, **link; /* link NULL: not queued */
	loop_fn *fn;
	void *user;
};

/* Lives inside its owner, who keeps it until fn is called. */
struct loop_post {
	struct loop_post *next;
	loop_fn *fn;
	void *user;
	bool waited; /* the loop's own: somebody stands in loop_call() */
};

/* Returns 0, -ENOMEM or another negative errno. */
int loop_new(struct loop **ret_loop) MUST_CHECK;

/* Every io must be freed before. */
void loop_free(struct loop *l);

/* Run until loop_stop(). Returns 0, or a negative errno when epoll fails. */
int loop_run(struct loop *l) MUST_CHECK;

/* From any thread: leave loop_run() after this round. */
void loop_stop(struct loop *l);

/*
 * From any other thread: run fn in the loop's thread, and wait until it has
 * returned. Returns 0, or -ESHUTDOWN when the loop does not run any more.
 */
int loop_call(struct loop *l, loop_fn *fn, void *user) MUST_CHECK;

/*
 * From any thread: run fn in the loop's thread soon, in the order of posting. Returns
 * 0, or -ESHUTDOWN when the loop does not run any more: then fn is never called.
 */
int loop_post(struct loop *l, struct loop_post *p) MUST_CHECK;

/* Called at the end of every round, before the next wait. */
void loop_set_round_hook(struct loop *l, loop_fn *fn, void *user);

/* CLOCK_MONOTONIC when this round began, and the wall clock (microseconds UTC). */
int64_t loop_now_ms(const struct loop *l);
int64_t loop_wall_us(const struct loop *l);

/* How many rounds there have been. */
uint64_t loop_round(const struct loop *l);

/* Watch fd; events is LOOP_EDGE or EPOLL bits of the caller's choice. */
int loop_io_new(struct loop *l, int fd, uint32_t events, loop_io_fn *fn, void *user,
		struct loop_io **ret_io) MUST_CHECK;

/* Watch for other events (level-triggered users). */
int loop_io_set(struct loop_io *io, uint32_t events) MUST_CHECK;

/* Stop watching; the descriptor stays open. NULL is fine. */
void loop_io_free(struct loop_io *io);

/* Stop watching, and close the descriptor: cheaper, for sockets nobody else has. */
void loop_io_close(struct loop_io *io);

/* Fire once, ms from now; arms again when armed. */
int loop_timer_set(struct loop *l, struct loop_timer *t, int64_t ms) MUST_CHECK;
void loop_timer_clear(struct loop *l, struct loop_timer *t);

/* Call in the next round: for who stopped half-way, so that others have their turn. */
void loop_defer(struct loop *l, struct loop_defer *d);
void loop_defer_clear(struct loop_defer *d);

#endif
