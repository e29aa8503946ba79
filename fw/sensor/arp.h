/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arp - ARP for IPv4 over Ethernet (RFC 826; pure) */
#ifndef FW_SENSOR_ARP_H
#define FW_SENSOR_ARP_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

enum arp_operation {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

struct arp {
	enum arp_operation operation;
	struct mac sender_mac;
	struct addr sender; /* 0.0.0.0 in a probe (RFC 5227) */
	struct mac target_mac;
	struct addr target;
};

/* r: what follows the Ethernet header; padding behind it is fine. Returns 0 or -EBADMSG. */
int arp_parse(struct rd r, struct arp *ret_arp) MUST_CHECK;

#endif
