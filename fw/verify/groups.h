/* SPDX-License-Identifier: GPL-3.0-or-later */
/* groups - space's own part: which MAC addresses, and which marks, are one atom */
#ifndef FW_VERIFY_GROUPS_H
#define FW_VERIFY_GROUPS_H

#include "fw/verify/space.h"

#define GROUPS_USES_MAX 512 /* of sets, with different keys */
#define GROUPS_TEST_MAX 4096 /* different ranges that rules match marks or MACs with */

struct groups {
	struct space *s;
	const struct step *use[GROUPS_USES_MAX];
	size_t use_count;
	const struct step *test[GROUPS_TEST_MAX];
	size_t test_count;
	uint32_t round; /* of refining */
	uint32_t *stamp, *moved; /* by class */
	size_t stamp_room, moved_room;
};

/* A step of the model. True: the first one of its kind. */
bool groups_step(struct groups *g, const struct step *st);

/* All steps are known, and the borders are sorted. */
void groups_build(struct groups *g);

/* The marks that permits can have. */
struct range groups_permits(void);

struct span space_intervals(const struct space *s, enum field f, struct range r);

#endif
