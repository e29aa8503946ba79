/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mutate - small mistakes in a model, one at a time and numbered */
#ifndef TESTS_UNIT_FW_MUTATE_H
#define TESTS_UNIT_FW_MUTATE_H

#include "fw/verify/model.h"

enum mutation_kind {
	MUTATE_DROP_RULE,
	MUTATE_REPEAT_RULE, /* changes nothing */
	MUTATE_SWAP_RULES, /* with the one before */
	MUTATE_NO_MATCH,
	MUTATE_WIDER, /* the range, or the network doubled */
	MUTATE_NARROWER,
	MUTATE_SHIFTED, /* another port, type, interface */
	MUTATE_NO_STEP, /* lookup, map, mark, limit, translation */
	MUTATE_NEGATED,
	MUTATE_OTHER_MARK,
	MUTATE_VERDICT, /* accept for drop, drop for everything else */
	MUTATE_ACCEPT, /* whatever it was */
	MUTATE_TARGET, /* of a jump */
	MUTATE_RETURN,
	MUTATE_POLICY,
	MUTATE_NO_HOOK,
	MUTATE_NO_ELEMENT,
	MUTATE_NO_TIMEOUT,
	MUTATE_TIMEOUT, /* another one */
	MUTATE_KEY,
	MUTATE_DATA,
	MUTATE_KINDS,
};

struct mutation {
	enum mutation_kind kind;
	size_t chain, rule, step; /* rule SIZE_MAX: the chain's own */
	size_t set, element; /* of those that are about an element; chain SIZE_MAX */
};

extern const char *const mutation_names[MUTATE_KINDS];

/* The n-th one that can be made of m. False: there are no more. */
bool mutation_nth(const struct model *m, size_t n, struct mutation *ret_mutation);
void mutation_make(struct model *m, const struct mutation *mu);

/* Does a chain lead to itself? No kernel takes such rules. */
bool mutation_loops(const struct model *m);

#endif
