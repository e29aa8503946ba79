/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model_of - a compiled ruleset as the model that a kernel holding it would give */
#ifndef TESTS_UNIT_FW_MODEL_OF_H
#define TESTS_UNIT_FW_MODEL_OF_H

#include "fw/compile/ruleset.h"
#include "fw/verify/model.h"

/* now: seconds UTC. The program ends when there is no memory. */
struct model *model_of(const struct ruleset *rs, int64_t now);

struct model *model_make(void);
void model_drop(struct model *m);
/* Parts of one; indices, or the place of what was added. */
uint32_t model_name(struct model *m, const char *name);
size_t model_chain(struct model *m, const char *table, const char *name, uint32_t hook,
		   int32_t priority, enum verdict policy);
size_t model_set(struct model *m, const char *name, size_t fields, bool map);
void model_element(struct model *m, size_t set, struct element e);
struct rule *model_rule(struct model *m, size_t chain, size_t at);
void model_step(struct rule *r, struct step s);
void model_match(struct rule *r, enum field f, uint64_t min, uint64_t max);
void model_match_range(struct rule *r, enum field f, struct range range);
void model_verdict(struct rule *r, enum verdict v, size_t chain);

#endif
