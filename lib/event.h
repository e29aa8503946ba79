/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event - what the sensor raises an event for (level 1)
 *
 * The numbers are stable: they stand in the ledger and in records. docs/admission.md
 * says of each what it means and what to do.
 */
#ifndef LIB_EVENT_H
#define LIB_EVENT_H

#include <stdint.h>

enum event_kind {
	EVENT_NONE = 0,
	EVENT_NEW_DEVICE = 1, /* not in the register */
	EVENT_MOVED_PORT = 2, /* a known card on another interface */
	EVENT_TWO_PORTS = 3, /* the same card on two interfaces at once */
	EVENT_ADDRESS_TAKEN = 4, /* an IP address answered for by another card */
	EVENT_GATEWAY_TAKEN = 5, /* the gateway's own address: ARP or ND */
	EVENT_FOREIGN_DHCP = 6, /* a DHCP server that is not ours */
	EVENT_FOREIGN_RA = 7, /* a router advertisement that is not ours */
	EVENT_RETURNED = 8, /* back after a long silence */
	EVENT_FINGERPRINT = 9, /* another system behind the same card */
	EVENT_MAC_FLOOD = 10, /* more new cards than an office has */
	EVENT_SCAN = 11, /* one card asks for many addresses */
	EVENT_HOURS = 12, /* a permitted device at unusual hours */
	EVENT_NO_PERMIT =
		13, /* in the register, without a permit: what mgmtd makes of 1 */
	EVENT_COUNT,
};

enum event_severity {
	EVENT_NOTICE = 1,
	EVENT_WARNING = 2,
	EVENT_CRITICAL = 3,
};

/* "new-device"; "unknown" for a number that this build does not know. */
const char *event_name(enum event_kind k);
enum event_severity event_severity(enum event_kind k);

/* What it is, and what to do, for people. lang: "ja", else English. Never NULL. */
const char *event_text(enum event_kind k, const char *lang);
const char *event_advice(enum event_kind k, const char *lang);

#endif
