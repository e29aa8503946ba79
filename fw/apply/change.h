/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * change - single permits and cards, on top of the ruleset in force (pure)
 *
 * Elements stand in the order of their permits' numbers, as in struct ruleset.
 */
#ifndef FW_APPLY_CHANGE_H
#define FW_APPLY_CHANGE_H

#include "fw/apply/request.h"
#include "fw/compile/ruleset.h"
#include "lib/attr.h"

struct change {
	uint64_t base;
	uint64_t revision;
	struct fw_permit *gone, *come;
	struct fw_card *isolated, *released;
	size_t gone_count, come_count, isolated_count, released_count;
};

/* Room for what m announces. Returns 0 or -ENOMEM; change_clear() in every case. */
int change_new(struct change *c, const struct fw_change *m) MUST_CHECK;
void change_clear(struct change *c);

/*
 * What makes to of from, whose rules are the same. c is cleared before and is cleared by
 * change_clear() in every case. Returns 0, -E2BIG (more than FW_CHANGE_MAX) or -ENOMEM.
 */
int change_between(const struct ruleset *from, const struct ruleset *to,
		   struct change *c) MUST_CHECK;

/*
 * The permits and cards that c makes of those in rs; rs itself stays. ret has nothing
 * else. Returns 0, -ESTALE (it does not fit) or -ENOMEM.
 */
int change_apply(const struct ruleset *rs, const struct change *c,
		 struct ruleset *ret) MUST_CHECK;

/*
 * Marks, sorted, of permits that had an element which they have no more, whatever its
 * end: their connections are to be cut. The array is malloc()ed. Returns 0 or -ENOMEM.
 */
int change_lost_marks(const struct fw_permit *before, size_t before_count,
		      const struct fw_permit *after, size_t after_count,
		      uint32_t **ret_marks, size_t *ret_count) MUST_CHECK;

#endif
