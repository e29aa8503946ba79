/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conntrack - ending and listing live connections
 *
 * Nothing here ever deletes without a filter: that would empty the kernel's table.
 */
#ifndef FW_APPLY_CONNTRACK_H
#define FW_APPLY_CONNTRACK_H

#include "fw/apply/nfnl.h"
#include "fw/apply/request.h"
#include "fw/apply/txn.h"

/*
 * End all connections that carry one of the marks (sorted; none is 0). *ret_cut:
 * how many there were. Returns 0 or a negative errno.
 */
int conntrack_cut_marks(struct nfnl *n, const struct txn_marks *marks,
			uint32_t *ret_cut) MUST_CHECK;

/* End one connection. Returns 0, -ENOENT (it had ended) or another negative errno. */
int conntrack_cut_flow(struct nfnl *n, const struct fw_cut_flow *f) MUST_CHECK;

/* Call fn for the message of each connection with a mark. fn returns 0 or a negative errno. */
typedef int conntrack_fn(const void *nlmsg, size_t len, void *user);
int conntrack_list(struct nfnl *n, conntrack_fn *fn, void *user) MUST_CHECK;

#endif
