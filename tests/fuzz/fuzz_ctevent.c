/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fw/gated/events/ctevent.h"
#include "fw/gated/events/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A receive buffer of several messages: an accepted event always has both addresses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd rest = rd_of(data, size);
	struct netlink_msg m;
	struct ctevent e;

	while (netlink_next(&rest, &m) > 0) {
		if (ctevent_parse(m.data, m.len, &e) == 0 &&
		    (e.orig.src.family == 0 || e.orig.src.family != e.orig.dst.family))
			abort();
	}
	return 0;
}
