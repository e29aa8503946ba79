/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep - ending those of all live connections that somebody chooses
 *
 * One look through the kernel's table, then one message for each that was chosen.
 */
#ifndef FW_APPLY_SWEEP_H
#define FW_APPLY_SWEEP_H

#include <stdbool.h>

#include "fw/apply/nfnl.h"

struct sweep_connection {
	uint32_t mark; /* never 0 */
	int64_t began_us; /* UTC; 0: unknown, because it is older than the timestamps */
};

typedef bool sweep_fn(const struct sweep_connection *c, void *user);

/*
 * End each connection with a mark that fn chooses; or, with mark not 0, all with that
 * mark, which the kernel finds faster (fn is not asked). *ret_cut: how many. Returns 0 or a
 * negative errno.
 */
int sweep_connections(struct nfnl *n, uint32_t mark, sweep_fn *fn, void *user,
		      uint32_t *ret_cut) MUST_CHECK;

/* End those that began at since_us (UTC) or later. */
int sweep_since(struct nfnl *n, int64_t since_us, uint32_t *ret_cut) MUST_CHECK;

#endif
