/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/ether.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdbool.h>

#define TAGS_MAX 2
#define VLAN_ID  0x0fff

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

int ether_parse(struct rd r, struct ether *ret_ether)
{
	struct ether e = { 0 };

	rd_bytes(&r, e.dst.b, sizeof(e.dst.b));
	rd_bytes(&r, e.src.b, sizeof(e.src.b));
	e.type = rd_be16(&r);
	for (unsigned i = 0; i < TAGS_MAX && is_tag(e.type); i++) {
		uint16_t id = rd_be16(&r) & VLAN_ID;

		if (i == 0) {
			e.vlan = id;
			e.vlan_type = e.type;
		}
		e.type = rd_be16(&r);
	}
	if (rd_failed(&r) || e.type < ETH_P_802_3_MIN || is_tag(e.type))
		return -EBADMSG;
	e.payload = r;
	*ret_ether = e;
	return 0;
}
