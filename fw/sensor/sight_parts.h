/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sight_parts - from the messages in UDP, for sight.c only */
#ifndef FW_SENSOR_SIGHT_PARTS_H
#define FW_SENSOR_SIGHT_PARTS_H

#include <stdbool.h>

#include "fw/sensor/ip.h"
#include "fw/sensor/sight.h"
#include "lib/addr.h"
#include "lib/attr.h"

/* owner says that it has a: that is the sender's address only when it is the sender. */
void sight_own(struct sight *s, struct mac owner, struct addr a);

/* No device's own address: nothing, broadcast, multicast, loopback. */
bool sight_is_usable(struct addr a);

/* DHCP, mDNS or LLMNR. Returns as sight_parse(). */
int sight_from_udp(const struct ip *ip, struct sight *s) MUST_CHECK;

#endif
