/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arpframe - frames that tell one station at which card an address is (pure)
 *
 * An ARP reply (RFC 826) or an unsolicited neighbour advertisement that overrides
 * (RFC 4861 4.4), to that station alone. The Ethernet source is always the sender's own
 * card, whatever the message says: switches learn from it where a card is.
 */
#ifndef FW_SENSOR_ARPFRAME_H
#define FW_SENSOR_ARPFRAME_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define ARPFRAME_MAX 86 /* Ethernet, IPv6, an advertisement with one option */

struct arpframe {
	struct mac own; /* the sender's card */
	struct mac to; /* whom it is told */
	struct addr to_addr; /* the station's address; the same family as about */
	struct addr about; /* the address that is spoken of */
	struct mac at; /* where it is said to be */
};

/*
 * Write the frame. Returns its length, or 0 when the families differ or are none, or
 * when to is no single card's address.
 */
size_t arpframe_write(const struct arpframe *f, uint8_t dst[ARPFRAME_MAX]) MUST_CHECK;

#endif
