/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * addrclass - what kind of address a name led to, and whether it may be dialled
 *
 * Pure. The class follows the IANA special-purpose registries (RFC 6890 and
 * successors). Addresses that carry an IPv4 address inside (mapped, NAT64) are
 * judged by that address; tunnels (6to4, Teredo) are never dialled.
 */
#ifndef PROXY_ADDRCLASS_H
#define PROXY_ADDRCLASS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/addr.h"

enum addrclass {
	ADDRCLASS_RESERVED = 0, /* zero on purpose: a cleared value is refused */
	ADDRCLASS_PUBLIC,
	ADDRCLASS_UNSPECIFIED,
	ADDRCLASS_LOOPBACK,
	ADDRCLASS_PRIVATE, /* RFC 1918, unique local, site-local */
	ADDRCLASS_SHARED, /* carrier-grade NAT */
	ADDRCLASS_LINK_LOCAL,
	ADDRCLASS_MULTICAST,
	ADDRCLASS_DOCUMENTATION,
	ADDRCLASS_BENCHMARK,
	ADDRCLASS_TUNNEL, /* 6to4, Teredo */
	ADDRCLASS_DISCARD,
};

enum addrclass addrclass_of(struct addr a);

/*
 * May a connection be opened to this address? Only to public ones outside the
 * site's own networks and addresses (site, count), whichever way it is written.
 */
bool addrclass_may_dial(struct addr a, const struct prefix *site, size_t count);

/* Does the address, whichever way it is written, lie in one of these networks? */
bool addrclass_is_in(struct addr a, const struct prefix *nets, size_t count);

#endif
