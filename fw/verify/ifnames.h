/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ifnames - interfaces, those that the rules name and those that only the policy does
 *
 * The first model->name_count entries are the model's own. To the rules, an entry
 * behind these is like the model's entry base says: a wildcard, or NAME_OTHER.
 */
#ifndef FW_VERIFY_IFNAMES_H
#define FW_VERIFY_IFNAMES_H

#include "fw/verify/box.h"

struct ifnames {
	char (*name)[16];
	uint32_t *base; /* of an entry of the model: itself */
	uint32_t count;
	uint32_t of_model;
};

/* The model's names and "lo", in the arena. Returns 0 or -ENOMEM. */
int ifnames_new(struct work *w, const struct model *m, struct ifnames *ret_names);

/* The entry of that name, added when it is not there. 0 after an error. */
uint32_t ifnames_add(struct work *w, struct ifnames *n, const char *name);

#endif
