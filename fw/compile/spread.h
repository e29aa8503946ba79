/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spread - one rule of a flow for each pair of its networks */
#ifndef FW_COMPILE_SPREAD_H
#define FW_COMPILE_SPREAD_H

#include "fw/compile/builder.h"

struct spread;

/*
 * r has the addresses, src and dst are them; NULL: that side is a zone without networks
 * of its own (internet), and nothing is matched.
 */
typedef void spread_fn(struct spread *s, struct fw_rule r, const struct prefix *src,
		       const struct prefix *dst);

struct spread {
	struct builder *b;
	const struct policy *p;
	const struct policy_flow *f;
	const struct policy_zone *out; /* the zone that packets leave to */
	uint32_t chain;
	struct fw_rule rule; /* what all of them have */
	spread_fn *put; /* NULL: the pairs are only counted */
	size_t count; /* of pairs */
};

/* Forward: from the flow's source to its destination; else the way of the answers. */
void spread_flow(struct spread *s, bool forward);

/* A spread_fn: the rule, once for each interface of the zone that packets leave to. */
void spread_rules(struct spread *s, struct fw_rule r, const struct prefix *src,
		  const struct prefix *dst);

#endif
