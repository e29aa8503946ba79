/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialer - the first of some addresses that answers (RFC 8305 section 5)
 *
 * Addresses are tried in the order given: the first at once, the next when attempt_ms
 * have passed or as soon as one fails. The first that is connected wins, the others
 * are closed. With DIALER_OPEN_MAX attempts open, the oldest is given up after five
 * times attempt_ms, so that silent addresses do not keep the ones behind them away.
 * Nothing but exactly these addresses is dialled: the caller has checked them.
 *
 * One address costs one socket, one epoll_ctl and one allocation.
 */
#ifndef PROXY_DIALER_H
#define PROXY_DIALER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "proxy/loop.h"

#define DIALER_ADDRESSES_MAX 8 /* further ones are left away */
#define DIALER_OPEN_MAX      3
#define DIALER_ATTEMPT_MS    250 /* RFC 8305 section 8 */

struct dialer;

struct dialer_target {
	const struct addr *addr; /* copied */
	size_t count; /* at least 1 */
	uint16_t port;
	uint32_t attempt_ms; /* 0: DIALER_ATTEMPT_MS */
	uint32_t total_ms; /* after that the whole has failed; more than 0 */
};

/*
 * The end, once, never inside dialer_start(); the dialer is gone before this is called.
 *
 * error 0: io is watched with LOOP_EDGE, its descriptor is connected to addr, with
 * TCP_NODELAY set. Both belong to the receiver, which sets io->fn and io->user before
 * it returns, and at last calls loop_io_close(). io->ready holds what was seen so far:
 * EPOLLOUT, perhaps EPOLLIN; no further event may come for that.
 *
 * Otherwise -ETIMEDOUT (total_ms), or what the last failed attempt failed with; io is
 * NULL, and addr the last one that was tried.
 */
typedef void dialer_done(void *user, int error, struct loop_io *io, struct addr addr);

/* Returns 0, -EINVAL (no address, no time) or -ENOMEM; then done is not called. */
int dialer_start(struct loop *l, const struct dialer_target *t, dialer_done *done,
		 void *user, struct dialer **ret_dialer) MUST_CHECK;

/* Close all attempts; done will not be called any more. NULL is left alone. */
void dialer_cancel(struct dialer *d);

#endif
