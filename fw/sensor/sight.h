/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sight - what one captured frame says about who sent it (pure)
 *
 * The device is the Ethernet source, because that is what a permit is about. An
 * address or a name is attributed to it only when the message inside claims it
 * for the same MAC: a forged ARP answer must not move somebody else's address.
 * What the message claims, for whomever, is in claim.
 */
#ifndef FW_SENSOR_SIGHT_H
#define FW_SENSOR_SIGHT_H

#include <stdint.h>

#include "fw/sensor/fingerprint.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/proto.h"
#include "lib/rd.h"

#define SIGHT_NAME_MAX 64
#define SIGHT_NOTE_MAX 96

enum sight_role {
	SIGHT_ROLE_NONE = 0,
	SIGHT_ROLE_DHCP, /* answers as a DHCP server */
	SIGHT_ROLE_ROUTER, /* advertises itself as an IPv6 router, or a prefix */
};

struct sight {
	struct mac mac;
	uint16_t vlan; /* 0: untagged */
	uint16_t vlan_type; /* as in ether.h */
	enum proto_source source;
	struct addr addr; /* family 0: none; also one it is only about to take */
	char name[SIGHT_NAME_MAX]; /* "" none; printable UTF-8 */
	struct addr claim; /* said to lie at claim_mac; family 0: nothing is said */
	struct mac claim_mac;
	struct addr asked; /* whom it looks for; family 0: nobody */
	enum sight_role role;
	struct addr role_addr; /* where it plays the role, family 0: unknown */
	char note[SIGHT_NOTE_MAX]; /* about the role: printable ASCII */
	char fingerprint[FINGERPRINT_MAX]; /* of a DHCP client; "" none, ASCII */
};

/*
 * r: one frame, from its Ethernet header on, perhaps cut by the capture.
 * Returns 0, -ENOMSG (nothing that we look at) or -EBADMSG (malformed, or the
 * source is no card's address).
 */
int sight_parse(struct rd r, struct sight *ret_sight) MUST_CHECK;

/* "arp", "dhcp4", "nd", "dhcp6", "lldp", "mdns" */
const char *sight_source_name(enum proto_source source);

#endif
