/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge_ports - what the bridges and ports themselves are set to (rtnetlink)
 *
 * A bridge with admission does not learn addresses from link-local frames (LLDP,
 * BPDUs), which come to it on a way around the tables: else a stranger could draw a
 * device's answers to a port of his, where they are dropped. A port with a lock takes
 * frames only from addresses that have a static forwarding entry, one for each
 * admitted card there; entries that nobody asked for are removed.
 */
#ifndef FW_APPLY_BRIDGE_PORTS_H
#define FW_APPLY_BRIDGE_PORTS_H

#include "fw/compile/ruleset.h"
#include "lib/attr.h"

/*
 * Make it so for rs; ports of before (may be NULL) that are not in rs are unlocked.
 * Does what can be done. Returns 0 or the first error: -ENODEV (an interface is not
 * there, or not in its bridge, yet), -EOPNOTSUPP (this kernel has no port lock), ...
 * *ret_name is the interface it is about.
 */
int bridge_ports_set(const struct ruleset *rs, const struct ruleset *before,
		     char ret_name[FW_IFNAME_MAX]) MUST_CHECK;

#endif
