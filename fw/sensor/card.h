/* SPDX-License-Identifier: GPL-3.0-or-later */
/* card - the machine's network interfaces as the kernel tells of them (rtnetlink) */
#ifndef FW_SENSOR_CARD_H
#define FW_SENSOR_CARD_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

struct card {
	char interface[16];
	struct mac mac;
	uint32_t index;
	uint32_t master; /* index of the bridge that it is a port of; 0: none */
	uint32_t parent; /* of a VLAN's interface: index of the one below; 0: no VLAN's */
	uint16_t vlan; /* its id */
	uint16_t vlan_type; /* its tag's, ETH_P_8021Q or ETH_P_8021AD */
};

/*
 * r: the payload of one RTM_NEWLINK (pure). Returns 0, -ENOMSG (loopback, or not with
 * an Ethernet address) or -EBADMSG.
 */
int card_parse(struct rd r, struct card *ret_card) MUST_CHECK;

typedef void card_fn(const struct card *card, void *user);

/* Each card that there is now. Returns 0 or a negative errno, after some of them perhaps. */
int card_each(card_fn *fn, void *user) MUST_CHECK;

#endif
