/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * emit - one rule record as libnftnl expressions, as nft would write them
 *
 * The order and the implied matches are nft's own, so that "nft list" shows the
 * text that ruleset_print_rule() prints.
 */
#ifndef FW_APPLY_EMIT_H
#define FW_APPLY_EMIT_H

#include <libnftnl/rule.h>

#include "fw/compile/ruleset.h"

/* r has passed check_rule(); target is its target's name. Returns NULL without memory. */
struct nftnl_rule *emit_rule(const struct fw_rule *r, const char *chain,
			     const char *target);

/*
 * "accept what has a mark": any class, of the packet, of its connection, or of both.
 * For the guard; chain and table are the caller's to set. Returns NULL without memory.
 */
struct nftnl_rule *emit_marked(bool packet, bool connection);

#endif
