/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard - the second lock: a table that lets pass only what our rules have marked
 *
 * Before our own chains it clears the mark of a packet, behind them it drops what has
 * none. What our chains let in or on carries the class of a device, and what they let
 * out belongs to a connection with a mark; so when our table is deleted, emptied or
 * hooked elsewhere, nothing passes. It never changes, is in the kernel before the
 * network is (conf/nftables/sekisho-guard.nft is the same as text), and stays.
 */
#ifndef FW_APPLY_GUARD_H
#define FW_APPLY_GUARD_H

#include <stdbool.h>

#include "fw/apply/nfnl.h"

#define GUARD_TABLE "sekisho-guard"

/*
 * Put it in. What is there is replaced in place, without a gap; when that cannot be
 * (a chain of that name hangs elsewhere), or anew (somebody may have added to it), it
 * is deleted and made again. Returns 0 or a negative errno.
 */
int guard_put(struct nfnl *n, bool anew) MUST_CHECK;

#endif
