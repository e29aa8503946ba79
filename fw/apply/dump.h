/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump - what the kernel's nftables holds, as it tells it
 *
 * Tables, chains, sets with their elements, and rules of all families. Nothing is
 * looked at: understanding it is the compile role's, which has no privilege.
 */
#ifndef FW_APPLY_DUMP_H
#define FW_APPLY_DUMP_H

#include <stddef.h>

#include "lib/attr.h"

/* The next part of the run of messages. A negative return ends it. */
typedef int dump_fn(const void *part, size_t len, void *user);

/*
 * Read it over a socket of its own, in parts of at most part_max bytes; the first
 * message is NFT_MSG_NEWGEN. Returns 0, -EINTR (the ruleset was changed meanwhile),
 * fn's negative return or another negative errno.
 */
int dump_ruleset(size_t part_max, dump_fn *fn, void *user) MUST_CHECK;

#endif
