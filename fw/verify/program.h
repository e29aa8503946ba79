/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program - a model's rules in atoms, ready to be walked */
#ifndef FW_VERIFY_PROGRAM_H
#define FW_VERIFY_PROGRAM_H

#include "fw/verify/space.h"

struct op { /* a step */
	enum step_kind kind;
	enum field field; /* MATCH, SET, COPY */
	bool negated;
	bool anything; /* a set of which nothing is known */
	const struct step *step;
	struct span *span; /* MATCH */
	size_t span_count;
	const struct use *use; /* LOOKUP, MAP */
	uint32_t atom; /* SET */
};

struct line { /* a rule */
	struct op *op;
	size_t count;
	bool idle; /* neither a verdict nor an effect */
	bool has_id;
};

struct program {
	const struct model *model;
	struct line **chain; /* as model->chain and its rules */
};

/* space has been built. Returns 0 or s->w->error. */
int program_new(struct space *s, struct program *ret_program);

#endif
