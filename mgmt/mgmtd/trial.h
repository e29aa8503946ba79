/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial - a policy that goes back by itself unless somebody confirms it
 *
 * gated and proxyd keep the revision before and a timer of their own; here is what the
 * ledger says of it. gated is the one who decides: what it has confirmed stays, what it
 * has taken back is over, also when we were away meanwhile.
 */
#ifndef MGMT_MGMTD_TRIAL_H
#define MGMT_MGMTD_TRIAL_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/publish.h"

/* What is on trial according to the ledger, into p->trial. */
int trial_read(struct publisher *p) MUST_CHECK;

/*
 * It stays. Returns 0 (pending: proxyd follows later); -ESRCH: nothing is on trial;
 * -ESTALE: gated went back already, and the ledger says so now; -EHOSTDOWN, -EINVAL,
 * -ENOBUFS or another negative errno: nothing was changed. ret is always set.
 */
int trial_confirm(struct publisher *p, const struct publish_order *order,
		  struct publish_result *ret) MUST_CHECK;

/* It goes back now. Returns 0, -ESRCH, -ENOBUFS or another errno. ret is always set. */
int trial_rollback(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret) MUST_CHECK;

/* Its time is over, or a daemon does not run it any more: the ledger follows. */
void trial_tick(struct publisher *p, int64_t now);

/* For publish.c. Have the parts of mask go back; those who did not, as a mask. */
unsigned trial_recall(struct publisher *p, uint64_t number, unsigned mask);
/* Within the open transaction: it ends for a withdrawal; and when that is committed. */
int trial_give_way(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret) MUST_CHECK;
void trial_gave_way(struct publisher *p, const struct publish_order *order);

#endif
