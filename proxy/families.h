/* SPDX-License-Identifier: GPL-3.0-or-later */
/* families - what was answered about a name for IPv6 and for IPv4, as one answer */
#ifndef PROXY_FAMILIES_H
#define PROXY_FAMILIES_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/dnsask.h"
#include "proxy/dnscache.h"

struct families_half {
	bool pending; /* asked, and not answered yet */
	int64_t expires_ms; /* of its addresses, by the loop's clock */
	struct dnsask_answer answer;
};

/* Is one of IPv6 and IPv4 not answered yet? */
bool families_pending(const struct families_half half[2]);

/*
 * What is known at now_ms of IPv6 (half 0) and IPv4: addresses in the order of RFC 8305
 * section 4, or an error: -ENOENT (the name has none) or -EIO. Returns for how many ms it
 * may be kept, 0: not at all.
 */
int64_t families_merge(const struct families_half half[2], int64_t now_ms,
		       struct dnscache_answer *ret);

#endif
