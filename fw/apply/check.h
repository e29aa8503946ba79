/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check - the apply role's own look at each record (pure)
 *
 * The compile role reads hostile input; what it sends is checked again. A record
 * that passes can be turned into a kernel message without further questions.
 * All return 0 or -EPERM.
 */
#ifndef FW_APPLY_CHECK_H
#define FW_APPLY_CHECK_H

#include "fw/apply/request.h"

int check_begin(const struct fw_begin *m) MUST_CHECK;
int check_change(const struct fw_change *m) MUST_CHECK;

/* expected: the id that comes next. */
int check_chain(const struct fw_chain *c, uint32_t expected) MUST_CHECK;

/* chain_count: chains of the ruleset that are not base chains. */
int check_rule(const struct fw_rule *r, uint32_t expected,
	       uint32_t chain_count) MUST_CHECK;

int check_permit(const struct fw_permit *p) MUST_CHECK;
int check_port(const struct fw_port *p) MUST_CHECK;
int check_card(const struct fw_card *c) MUST_CHECK;

/* A mark of a permit. */
int check_mark(uint32_t mark) MUST_CHECK;

int check_flow(const struct fw_cut_flow *f) MUST_CHECK;

#endif
