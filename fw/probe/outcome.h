/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - what became of a plan's probes, as JSON (pure) */
#ifndef FW_PROBE_OUTCOME_H
#define FW_PROBE_OUTCOME_H

#include "fw/probe/plan.h"

struct outcome {
	uint32_t passed; /* as they were to */
	uint32_t blocked; /* likewise */
	uint32_t wrong;
	uint32_t not_tested;
	char first[128]; /* the first that was wrong, for people; "" none */
	char *text; /* JSON, in malloc()ed memory: the caller's */
};

/*
 * mark: for each item of the plan, bits of enum probe_mark (0 where none was sent).
 * refused: the errno of a probe that the kernel did not take. Returns 0 or -ENOMEM.
 */
int outcome_of(const struct revision *rev, const struct plan *plan, const uint8_t *mark,
	       int refused, double elapsed_ms, struct outcome *ret) MUST_CHECK;

#endif
