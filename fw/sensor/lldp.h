/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lldp - what a switch, telephone or access point says of itself (IEEE 802.1AB; pure) */
#ifndef FW_SENSOR_LLDP_H
#define FW_SENSOR_LLDP_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/rd.h"

#define LLDP_TEXT_MAX 64

struct lldp { /* texts: cut to fit, any bytes but NUL */
	char chassis[LLDP_TEXT_MAX]; /* MAC and network addresses in hexadecimal */
	char port[LLDP_TEXT_MAX];
	char name[LLDP_TEXT_MAX]; /* system name, "" none */
	uint16_t ttl; /* seconds; 0: it goes away */
};

/*
 * r: what follows the Ethernet header, perhaps cut by the capture. Returns 0 or
 * -EBADMSG (not chassis, port and time to live in front, or one of them empty).
 */
int lldp_parse(struct rd r, struct lldp *ret_lldp) MUST_CHECK;

#endif
