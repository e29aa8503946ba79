/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect_parts - expect's own parts: addresses, interfaces, devices */
#ifndef FW_VERIFY_EXPECT_PARTS_H
#define FW_VERIFY_EXPECT_PARTS_H

#include "fw/verify/expect.h"

/* Interfaces, zones' addresses and permits in force. */
void expect_machine(struct work *w, struct expect *x);

/*
 * One end of a flow: the groups' networks as far as they are the zone's, or all of
 * the zone's. is_source: what comes from there has to be its own.
 */
void expect_side(struct work *w, const struct expect *x, uint32_t zone,
		 const size_t *group, size_t count, bool is_source,
		 struct ranges *ret_may, struct ranges *ret_sure);

/* What no zone but the proxy's via has as its own. */
void expect_beyond(struct work *w, const struct expect *x, struct ranges *ret_may,
		   struct ranges *ret_sure);

/* A flow's packets, of devices of who. */
void expect_add_flow(struct work *w, struct expect *x, const struct policy_flow *f,
		     enum cube_who who);

/* Connections of the gateway's own accounts. */
void expect_add_gateway(struct work *w, struct expect *x);

void expect_link_local(struct work *w, struct ranges *ret_local,
		       struct ranges *ret_unset);

/* The zone that an address is in: the one without networks if no other has it. */
uint32_t expect_zone_of(const struct expect *x, struct addr a);

#endif
