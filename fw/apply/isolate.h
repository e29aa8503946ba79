/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isolate - nothing goes to cards in quarantine either
 *
 * What comes from such a card our rules refuse. What goes to it belongs to other people's
 * flows and connections, which know addresses and no cards; so it is dropped where the
 * frame leaves, by its destination: the table "netdev sekisho" with a chain on each
 * interface of a zone. While no card is in quarantine there is no such table, and packets
 * pay nothing. ARP and neighbour discovery go on: containment speaks with these cards.
 */
#ifndef FW_APPLY_ISOLATE_H
#define FW_APPLY_ISOLATE_H

#include "fw/apply/nfnl.h"
#include "fw/compile/ruleset.h"

struct isolate {
	uint64_t made; /* of which interfaces and cards it was made; 0: not known */
	bool told; /* that it failed */
};

/*
 * Make the table as rs needs it, when it is not so already; interfaces that are not there
 * come with a later call. It is no part of the ruleset's transaction: a kernel without
 * these hooks (before 5.16) refuses it alone, and that is logged once.
 */
void isolate_set(struct isolate *i, struct nfnl *n, const struct ruleset *rs);

#endif
