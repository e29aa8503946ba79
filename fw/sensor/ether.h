/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ether - the Ethernet header, with VLAN tags tolerated (pure) */
#ifndef FW_SENSOR_ETHER_H
#define FW_SENSOR_ETHER_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

struct ether {
	struct mac dst;
	struct mac src;
	uint16_t vlan; /* id of the outer tag; 0: untagged or priority only */
	uint16_t vlan_type; /* that tag's, ETH_P_8021Q or ETH_P_8021AD; 0: untagged */
	uint16_t type; /* behind at most two tags */
	struct rd payload;
};

/* Returns 0 or -EBADMSG (cut short, an 802.3 length instead of a type, three tags). */
int ether_parse(struct rd r, struct ether *ret_ether) MUST_CHECK;

#endif
