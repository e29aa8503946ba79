/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load - what load.c, inventory.c, trials.c and permits.c share; others see gate.h */
#ifndef FW_GATED_LOAD_H
#define FW_GATED_LOAD_H

#include "fw/apply/request.h"
#include "fw/gated/gate.h"

/*
 * The rules of rev on this machine, or in a lockdown what is left of them. A name that is
 * wrong is refused when it comes (known: NULL, or the policy before). What is in force
 * already holds for interfaces that come later, or went: rules need no more than the
 * name, and one dead card must not keep the others without rules, or unlocked. Returns as
 * ruleset_compile() does.
 */
int load_compile(const struct gate *g, const struct revision *rev,
		 const struct policy *known, struct ruleset **ret,
		 struct diags *diags) MUST_CHECK;

/* The revision in force, compiled and put in anew. On failure nothing has changed. */
void load_recompile(struct gate *g, uint32_t confirm_s, struct proto_result *ret_result);

/* A trial ends with the revision before, compiled and put in anew. On failure it goes on. */
void load_before(struct gate *g, const char *why, struct proto_result *ret_result);

/* What is in force has changed, from prev. Returns the connections that it ended. */
uint32_t load_changed(struct gate *g, const struct gate_loaded *prev);

/* 0: none */
uint64_t load_number(const struct gate_loaded *l);

void load_say(struct proto_result *res, int code, const char *text);

/*
 * The kernel's refusal of rs, which is of p: the policy's line that the rule was made for
 * ("policy.yaml:LINE:COLUMN: ", or the file alone), its words, and the rule. Words that
 * are about no rule stand alone.
 */
void load_say_kernel(struct proto_result *res, const struct policy *p,
		     const struct ruleset *rs, const struct fw_result *answer);

#endif
