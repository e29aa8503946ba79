/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan_pick - who sends a probe, and to which address (for plan.c) */
#ifndef FW_PROBE_PLAN_PICK_H
#define FW_PROBE_PLAN_PICK_H

#include "fw/probe/plan.h"

struct pick {
	const struct revision *rev;
	const struct plan_site *site;
};

/* A side of a flow: the zone's networks, or those of groups in it. */
struct pick_side {
	size_t zone;
	const size_t *group;
	size_t group_count;
	const struct policy_flow *flow; /* what is to be used; NULL: none */
};

struct pick_source {
	const struct plan_interface *in; /* where the frame comes in */
	const struct plan_interface
		*at; /* what routes know of: the same, or its bridge */
	struct mac mac;
	struct addr addr;
};

/*
 * A sender that the gateway reaches by the interface that it comes in at; stranger: with
 * a card that has no permit. Returns NULL, or why there is none.
 */
const char *pick_source(const struct pick *p, const struct pick_side *side,
			uint8_t family, bool stranger, struct pick_source *ret_source);

/* The same for the other end. */
const char *pick_target(const struct pick *p, const struct pick_side *side,
			uint8_t family, struct addr *ret_addr);

/* This machine's address of that family where the source's packets come in. */
bool pick_own(const struct pick_source *s, uint8_t family, struct addr *ret_addr);

/* The card of a device with a permit at another port of the zone's bridge. */
bool pick_neighbour(const struct pick *p, size_t zone, const struct plan_interface *in,
		    struct mac *ret_mac);

/* Has that side any address of the family? */
bool pick_has_family(const struct pick *p, const struct pick_side *side, uint8_t family);

const struct plan_interface *pick_interface(const struct pick *p, const char *name);

#endif
