/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dhcp4 - what a DHCPv4 message says about its client (RFC 2131, 2132; pure) */
#ifndef FW_SENSOR_DHCP4_H
#define FW_SENSOR_DHCP4_H

#include <stdint.h>

#include "fw/sensor/fingerprint.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

#define DHCP4_NAME_MAX 64 /* with the terminator: one DNS label's worth */

enum dhcp4_direction {
	DHCP4_FROM_CLIENT = 1,
	DHCP4_FROM_SERVER = 2,
};

struct dhcp4 {
	enum dhcp4_direction direction;
	uint8_t message; /* option 53: 1 DISCOVER, 3 REQUEST, 5 ACK ...; 0: BOOTP */
	struct mac client_mac;
	struct addr client; /* address it uses already (ciaddr); family 0: none */
	struct addr assigned; /* address it is given (yiaddr); family 0: none */
	struct addr requested; /* option 50; family 0: none */
	char name[DHCP4_NAME_MAX]; /* option 12 as sent, cut to fit: any bytes but NUL */
	char fingerprint[FINGERPRINT_MAX]; /* options 55 and 60, of a client; "" none */
};

/*
 * r: the UDP payload. The capture cuts long frames, so options are read as far
 * as they are whole. Returns 0 or -EBADMSG (fixed part cut short, not Ethernet,
 * no DHCP cookie).
 */
int dhcp4_parse(struct rd r, struct dhcp4 *ret_dhcp4) MUST_CHECK;

#endif
