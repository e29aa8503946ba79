/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dhcp6 - who speaks DHCPv6 and what it calls itself (RFC 8415, 4704; pure) */
#ifndef FW_SENSOR_DHCP6_H
#define FW_SENSOR_DHCP6_H

#include <stdint.h>

#include "fw/sensor/fingerprint.h"
#include "fw/sensor/label.h"
#include "lib/attr.h"
#include "lib/rd.h"

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_DUID_MAX    130 /* 11.1 */

enum dhcp6_direction {
	DHCP6_FROM_CLIENT = 1,
	DHCP6_FROM_SERVER = 2, /* advertise, reply, reconfigure */
};

struct dhcp6 {
	enum dhcp6_direction direction;
	uint8_t message; /* 1 SOLICIT ... 11 INFORMATION-REQUEST */
	uint8_t duid[DHCP6_DUID_MAX]; /* the client's */
	size_t duid_len; /* 0: none */
	char name[LABEL_MAX]; /* first label of the client's name: any bytes but NUL */
	char fingerprint[FINGERPRINT_MAX];
};

/*
 * r: the UDP payload; options are read as far as they are whole. Returns 0 or -EBADMSG
 * (cut short, or between relays).
 */
int dhcp6_parse(struct rd r, struct dhcp6 *ret_dhcp6) MUST_CHECK;

#endif
