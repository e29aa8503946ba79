/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fw_permit element(const struct revision_permit *p, bool bridged)
{
	struct fw_permit e = { .mark = revision_permit_mark(p),
			       .until = p->until,
			       .kind = bridged ? FW_PERMIT_PORT : FW_PERMIT_ROUTED };

	builder_name(e.iifname, sizeof(e.iifname), p->interface);
	memcpy(e.mac, p->mac.b, sizeof(e.mac));
	return e;
}

/* In a bridged zone permits are for ports; one for the bridge itself is for none. */
static bool counts(const struct policy_zone *z, const struct revision_permit *p,
		   int64_t now)
{
	return z->admission == POLICY_ADMISSION_ENFORCE &&
	       (p->until == 0 || p->until > now) &&
	       (z->port_count == 0 || strcmp(p->interface, z->interface[0].name) != 0);
}

int compile_permits(struct ruleset *rs, const struct revision *rev, int64_t now)
{
	size_t room = 2 * rev->permit_count + 2 * rs->port_count;

	rs->permit = calloc(room + 1, sizeof(*rs->permit));
	if (rs->permit == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++) {
		const struct revision_permit *p = &rev->permit[i];
		const struct policy_zone *z = &rev->policy->zone[p->zone];

		if (counts(z, p, now))
			rs->permit[rs->permit_count++] = element(p, z->port_count != 0);
	}
	compile_bridges(rs);
	return 0;
}
