/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print - a model as text for people and for tests, close to what nft writes */
#ifndef FW_VERIFY_PRINT_H
#define FW_VERIFY_PRINT_H

#include <stdio.h>

#include "fw/verify/model.h"

/* One rule's steps, without a line end. c: the chain it is in. */
void model_print_rule(const struct model *m, const struct chain *c, const struct rule *r,
		      FILE *out);

/* Chains with their rules, then sets with their elements. */
void model_print(const struct model *m, FILE *out);

#endif
