/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nd - IPv6 neighbour discovery: solicitations and advertisements of neighbours and
 * routers (RFC 4861, 4862, 8106; pure)
 */
#ifndef FW_SENSOR_ND_H
#define FW_SENSOR_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

#define ND_PREFIXES_MAX 4 /* more are not kept */
#define ND_DNS_MAX      4

enum nd_type {
	ND_ROUTER_SOLICITATION = 133,
	ND_ROUTER_ADVERTISEMENT = 134,
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136,
};

struct nd_router { /* of a router advertisement */
	uint16_t lifetime; /* seconds as default router; 0: not one (any more) */
	struct prefix prefix[ND_PREFIXES_MAX];
	size_t prefix_count;
	struct addr dns[ND_DNS_MAX];
	size_t dns_count;
};

struct nd {
	enum nd_type type;
	struct addr source; /* "::" in duplicate address detection */
	struct addr target; /* of neighbour messages, else family 0 */
	bool is_dad; /* the sender is about to take target */
	bool has_mac;
	struct mac mac; /* link-layer address option: of source or of target */
	struct nd_router router;
};

/*
 * r: from the IPv6 header on; padding behind the packet is fine. Options that the
 * capture cut are read as far as they are whole.
 * Returns 0 or -EBADMSG (cut short, another message, or one that RFC 4861 6.1 and 7.1
 * tell hosts to drop: hop limit not 255, multicast target, empty option, a router's
 * address that is not link-local).
 */
int nd_parse(struct rd r, struct nd *ret_nd) MUST_CHECK;

#endif
