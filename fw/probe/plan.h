/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan - which probes a policy calls for, and what is to become of each (pure)
 *
 * For each flow that is open, one in each family that is to pass; from each zone to each
 * other one, to this machine's doors and with an address of another zone, those that are
 * to be blocked; and from each zone that enforces admission, frames of a card that
 * nobody knows. Where a permit is needed, the sender is a device that has one.
 */
#ifndef FW_PROBE_PLAN_H
#define FW_PROBE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "fw/probe/probe.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/revision.h"

#define PLAN_ADDRESSES_MAX 16
#define PLAN_GATEWAY       ((size_t)-2) /* as a zone: this machine */

struct plan_interface {
	char name[16];
	struct mac mac; /* zero: not Ethernet */
	bool up;
	struct addr address[PLAN_ADDRESSES_MAX];
	size_t address_count;
};

/* What the plan has to know about the machine. */
struct plan_site {
	const struct plan_interface *interface;
	size_t interface_count;
	/* By which interface an address is reached; false: by none. */
	bool (*route)(void *user, struct addr to, char ret_interface[16]);
	void *user;
	struct mac stranger; /* a card that nobody has: random, of this run */
	int64_t now; /* seconds UTC */
};

enum plan_kind {
	PLAN_FLOW, /* what the flow permits */
	PLAN_DOOR, /* a port of this machine that the zone may use */
	PLAN_NO_FLOW, /* a port that no flow has */
	PLAN_NO_DOOR, /* one of this machine that the zone may not use */
	PLAN_SPOOFED, /* what may pass, with an address of another zone */
	PLAN_STRANGER, /* what may pass, from a card without a permit */
	PLAN_KINDS,
};

struct plan_item {
	struct probe probe;
	enum plan_kind kind;
	size_t from, to; /* zones, or PLAN_GATEWAY */
	const char *flow; /* id, in the policy; "" none */
	const char *why_not; /* a word of docs/api.md; NULL: it can be sent */
};

struct plan {
	struct plan_item *item; /* owned */
	size_t count;
	size_t left_out; /* no room for them */
};

/* rev outlives the plan. Returns 0 or -ENOMEM. plan_clear() it. */
int plan_make(const struct revision *rev, const struct plan_site *site,
	      struct plan *ret_plan) MUST_CHECK;
void plan_clear(struct plan *p);

/* Those of the first two kinds are to pass. */
static inline bool plan_is_pass(const struct plan_item *i)
{
	return i->kind == PLAN_FLOW || i->kind == PLAN_DOOR;
}

/* "flow", "door", "no-flow", ... */
const char *plan_kind_name(enum plan_kind kind);

#endif
