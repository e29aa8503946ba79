/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nd - IPv6 neighbour solicitations and advertisements (RFC 4861, 4862; pure) */
#ifndef FW_SENSOR_ND_H
#define FW_SENSOR_ND_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

enum nd_type {
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136,
};

struct nd {
	enum nd_type type;
	struct addr source; /* "::" in duplicate address detection */
	struct addr target;
	bool is_dad; /* the sender is about to take target */
	bool has_mac;
	struct mac mac; /* link-layer address option: of source or of target */
};

/*
 * r: from the IPv6 header on; padding behind the packet is fine.
 * Returns 0 or -EBADMSG (cut short, another message, or one that RFC 4861 7.1
 * tells hosts to drop: hop limit not 255, multicast target, empty option).
 */
int nd_parse(struct rd r, struct nd *ret_nd) MUST_CHECK;

#endif
