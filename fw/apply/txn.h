/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * txn - a checked ruleset into the kernel, as one transaction (libnftnl)
 *
 * Table, base chains (policy drop) and sets are made when missing and never
 * deleted; all rules, all other chains and the permits are replaced. The kernel
 * refuses the lot when somebody else changed the ruleset meanwhile; then it is
 * built again.
 */
#ifndef FW_APPLY_TXN_H
#define FW_APPLY_TXN_H

#include "fw/apply/nfnl.h"
#include "fw/compile/ruleset.h"

struct txn_marks { /* sorted */
	uint32_t *mark; /* owned */
	size_t count;
};

/*
 * Replace everything. now_ms: milliseconds UTC, for the timeouts. *ret_gone: marks that
 * were live before and are not now; free ret_gone->mark. *ret_generation is what the kernel calls
 * the result. On failure *ret_rule is
 * the number of the rule that was refused, or FW_NO_RULE, and nothing changed.
 * Returns 0 or a negative errno.
 */
int txn_commit(struct nfnl *n, const struct ruleset *rs, int64_t now_ms,
	       struct txn_marks *ret_gone, uint32_t *ret_generation,
	       uint32_t *ret_rule) MUST_CHECK;

/*
 * The same after somebody else has been at our table: it is deleted and made again
 * in one transaction, so that nothing of his stays. Packets that are permitted may be
 * lost meanwhile. New flows pass for recording_ms from now. The guard has to be there.
 */
int txn_rebuild(struct nfnl *n, const struct ruleset *rs, int64_t now_ms,
		uint32_t recording_ms) MUST_CHECK;

/*
 * Only what is in c, on top of *generation (0: any), which becomes the one then; nothing
 * else is read or touched. ports: there is a bridge table. On failure nothing has
 * changed; -ENOENT or -EEXIST: the kernel does not hold what c says; -ERESTART: it is at
 * another generation.
 */
struct change;
int txn_change(struct nfnl *n, const struct change *c, bool ports, int64_t now_ms,
	       uint32_t *generation) MUST_CHECK;

/* The generation that the kernel's whole ruleset has now. */
int txn_generation(struct nfnl *n, uint32_t *ret_generation) MUST_CHECK;

/*
 * Wait until whoever made another generation than known has told it: the kernel counts
 * first and tells then, and lets nobody else in before it has.
 */
void txn_await(struct nfnl *n, uint32_t known);

/*
 * Make what is missing of table, sets and base chains, which drop; leave alone
 * what is there. Without rules that closes the machine altogether.
 */
int txn_close(struct nfnl *n) MUST_CHECK;

/* Let new flows pass for timeout_ms from now; 0: not at all. */
int txn_recording(struct nfnl *n, uint32_t timeout_ms) MUST_CHECK;

#endif
