/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reason - why something was let through, refused or ended (level 1)
 *
 * The numbers are stable: they stand in records that are kept for years. New
 * reasons get new numbers; old ones are never reused.
 */
#ifndef LIB_REASON_H
#define LIB_REASON_H

#include <stdint.h>

enum reason {
	REASON_NONE = 0,
	/* let through */
	REASON_ENTRY = 1, /* an allowlist entry names the destination */
	REASON_FLOW = 2, /* a flow of the policy permits it */
	REASON_APPROVED = 3, /* a person approved it */
	REASON_WOULD_DENY = 4, /* nothing permits it, but a list only observes */
	REASON_WOULD_NOT_ADMIT = 5, /* no permit, but the zone only detects */
	/* refused by the proxy */
	REASON_NOT_LISTED = 20, /* no entry names the host */
	REASON_PORT = 21, /* an entry names the host, but not this port or scheme */
	REASON_ADDRESS = 22, /* the name leads to an address that is not public */
	REASON_NAME_FAILED = 23, /* the name could not be resolved */
	REASON_CONNECT_FAILED = 24,
	REASON_BAD_REQUEST = 25, /* not a request that we accept */
	REASON_NO_PERMIT = 26, /* the device has no permit for the proxy */
	REASON_NOT_IN_PERMIT = 27, /* listed, but outside the permit's destinations */
	REASON_ZONE = 28, /* the proxy does not serve this zone */
	REASON_OVERLOAD = 29, /* a ceiling was reached */
	REASON_NO_RECORD = 30, /* records cannot be written */
	REASON_NO_POLICY = 31, /* no revision is loaded */
	REASON_METHOD = 32, /* the entry is for another path or method */
	REASON_NOT_NOW = 33, /* the list is closed now, or the entry is not valid now */
	REASON_SNI = 34, /* TLS name missing, or another than the CONNECT name */
	REASON_NOT_TLS = 35, /* bytes that are not TLS in a tunnel for TLS */
	REASON_LIMIT = 36, /* upload or time limit */
	REASON_SIGN_IN = 37, /* the proxy asks for a sign-in (407) */
	/* refused by the firewall */
	REASON_NO_FLOW = 50, /* no flow permits the packet */
	REASON_NOT_ADMITTED = 51, /* the device has no permit */
	REASON_SPOOFED = 52, /* source address is not of the interface's networks */
	REASON_QUARANTINED = 53, /* the card is in quarantine */
	/* ended */
	REASON_CLOSED = 80, /* an end closed it */
	REASON_EXPIRED = 81, /* the permit's time was over */
	REASON_WITHDRAWN = 82, /* entry, permit or flow was withdrawn */
	REASON_IDLE = 83,
	REASON_ERROR = 84,
	REASON_SHUTDOWN = 85,
	REASON_CUT = 86, /* a person cut it */
	REASON_LOCKDOWN = 87, /* everything but management is closed; also refused */
};

/* "not-listed"; "unknown" for a number that this build does not know. */
const char *reason_name(enum reason r);

/* A sentence for people. lang: "ja", else English. Never NULL. */
const char *reason_text(enum reason r, const char *lang);

/* From a record's number; unknown numbers stay as they are and print as "unknown". */
static inline enum reason reason_of(uint16_t number)
{
	return (enum reason)number;
}

#endif
