/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ip - IPv4, IPv6 and UDP headers of a captured packet (RFC 791, 8200, 768; pure) */
#ifndef FW_SENSOR_IP_H
#define FW_SENSOR_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

struct ip {
	struct addr source;
	struct addr dest;
	uint8_t proto; /* behind IPv6 extension headers */
	uint8_t hops;
	bool cut; /* the capture, or a fragment, ends before the packet does */
	struct rd payload;
};

struct udp {
	uint16_t source;
	uint16_t dest;
	struct rd payload;
};

/*
 * r: from the IP header on; what follows the packet is left out. Returns 0, -ENOMSG (a
 * later fragment) or -EBADMSG (cut in the headers, another version).
 */
int ip_open4(struct rd r, struct ip *ret_ip) MUST_CHECK;
int ip_open6(struct rd r, struct ip *ret_ip) MUST_CHECK;

/* Returns 0, -ENOMSG (not UDP) or -EBADMSG (cut short). */
int ip_open_udp(const struct ip *ip, struct udp *ret_udp) MUST_CHECK;

#endif
