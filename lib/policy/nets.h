/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nets - lists of networks, and that they do not overlap (level 2)
 *
 * Conventions as in reader.h.
 */
#ifndef LIB_POLICY_NETS_H
#define LIB_POLICY_NETS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "lib/policy/reader.h"

/*
 * Read a list of addresses and networks into *nets (cleared by the caller, who
 * frees it in any case), and note them in r->net for nets_check_overlap().
 * *ret_known tells whether all of it could be read.
 */
int nets_read(struct reader *r, const struct yaml_node *n, const char *what, size_t owner,
	      struct policy_prefixes *nets, bool *ret_known) MUST_CHECK;

/* Report overlaps among what was noted, and forget it. */
void nets_check_overlap(struct reader *r);

/* Does every network of the group lie in one of the zone's? The answer is kept. */
bool nets_fit(struct reader *r, size_t group, size_t zone);

#endif
