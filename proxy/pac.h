/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pac - proxy auto-configuration for one client, made from the policy (pure)
 *
 * A response for /proxy.pac and /wpad.dat: plain host names, the client's own zone
 * and what its flows of TCP lead to are DIRECT, everything else is PROXY and never
 * anything besides. Other networks of the site are not shown to the client. Names
 * are looked up by the client only when its zone has such a flow. Nothing that a
 * client sent is in the text.
 */
#ifndef PROXY_PAC_H
#define PROXY_PAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/policy/policy.h"

#define PAC_NETS_MAX 1024 /* further networks are left to the proxy, which refuses them */
#define PAC_MAX      (128u << 10) /* every response fits */

struct pac {
	const struct policy *policy;
	size_t zone; /* the client's, not POLICY_NONE */
	struct addr local; /* of the accepted socket: the proxy as this client sees it */
	uint16_t port; /* the proxy's */
	bool head_only; /* the answer to HEAD */
};

/* The whole response. *ret_text is malloc()ed, with a NUL behind. 0, -EINVAL or -ENOMEM. */
int pac_write(const struct pac *p, char **ret_text, size_t *ret_len) MUST_CHECK;

#endif
