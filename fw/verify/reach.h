/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reach - what becomes of all packets of a box on one hook
 *
 * The packets are taken through every base chain of the hook, in the order of their
 * priorities; only what all of them accept has passed. Exact, with these exceptions,
 * which never let an answer look better than it is:
 *   - a limit or quota: both ways are taken;
 *   - an element that goes by itself: its way is taken as it is now, and once more
 *     without the element; the second outcome is marked as doubtful;
 *   - what is not understood: an outcome of its own.
 * A region's packets are those of its box that are in none of its holes.
 */
#ifndef FW_VERIFY_REACH_H
#define FW_VERIFY_REACH_H

#include "fw/verify/program.h"

#define REACH_DEPTH_MAX 20 /* chains in chains; the kernel has 16 */
#define REACH_CEILINGS  4 /* of one packet; more do not count */
#define REACH_POLICY    UINT32_MAX /* the rule of a chain's own policy */
#define REACH_NOWHERE   UINT32_MAX

struct where {
	uint32_t chain; /* REACH_NOWHERE: none */
	uint32_t rule;
};

struct region {
	struct box box; /* as the packet came; also its first marks */
	struct boxes holes;
	bool set[2]; /* [0] mark, [1] connection's mark: a rule has set it */
	uint32_t now[2]; /* to this atom */
	bool doubtful;
	bool recorded; /* a set of families has been asked: only what is recorded passes */
	uint32_t ceiling[REACH_CEILINGS]; /* that it is below; 0: none */
	struct where via; /* the last rule with an id on the way */
};

struct regions {
	struct region *item;
	size_t count, room;
};

enum outcome_kind {
	OUTCOME_ACCEPT,
	OUTCOME_DROP,
	OUTCOME_REWRITE, /* addresses or ports change in a way that is not followed */
	OUTCOME_UNKNOWN,
};

struct outcome {
	enum outcome_kind kind;
	struct region region;
	struct where at;
	uint32_t port; /* REWRITE: of a redirect */
};

struct outcomes {
	struct outcome *item;
	size_t count, room;
};

/*
 * hook: NF_INET_. Only start's box counts. redirects: do not follow the packets
 * behind a REWRITE that a nat chain makes, which is then the whole outcome. Returns
 * 0, -E2BIG (too complex) or -ENOMEM.
 */
int reach_hook(struct space *s, const struct program *p, uint32_t hook,
	       const struct box *start, struct outcomes *ret_outcomes);

#endif
