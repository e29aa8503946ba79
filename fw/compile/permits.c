/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fw_permit element(const struct revision_permit *p)
{
	struct fw_permit e = { .mark = revision_permit_mark(p), .until = p->until };

	builder_name(e.iifname, sizeof(e.iifname), p->interface);
	memcpy(e.mac, p->mac.b, sizeof(e.mac));
	return e;
}

int compile_permits(struct ruleset *rs, const struct revision *rev, int64_t now)
{
	rs->permit = calloc(rev->permit_count + 1, sizeof(*rs->permit));
	if (rs->permit == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++) {
		const struct revision_permit *p = &rev->permit[i];
		bool over = p->until != 0 && p->until <= now;

		if (!over &&
		    rev->policy->zone[p->zone].admission == POLICY_ADMISSION_ENFORCE)
			rs->permit[rs->permit_count++] = element(p);
	}
	return 0;
}
