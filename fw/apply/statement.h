/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statement - what a rule does when it matches, as expressions: the second half of emit */
#ifndef FW_APPLY_STATEMENT_H
#define FW_APPLY_STATEMENT_H

#include "fw/apply/expr.h"
#include "fw/compile/ruleset.h"

/* Ceiling, end, counter, log, marks and verdict, in nft's order. target: a chain's name. */
void statement_put(struct emit *e, const struct fw_rule *r, const char *target);

#endif
