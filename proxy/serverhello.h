/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serverhello - does a TLS server ask for a second ClientHello? (RFC 8446 4.1.3, 4.1.4)
 *
 * Pure and incremental: bytes go in as they come, nothing of them is kept. A
 * HelloRetryRequest is a ServerHello with a random of its own.
 */
#ifndef PROXY_SERVERHELLO_H
#define PROXY_SERVERHELLO_H

#include <stddef.h>
#include <stdint.h>

enum serverhello_kind {
	SERVERHELLO_PART, /* not enough to tell */
	SERVERHELLO_RETRY, /* HelloRetryRequest */
	SERVERHELLO_OTHER, /* another message, or not TLS */
};

/* Cleared before the server's first byte. */
struct serverhello {
	uint16_t left; /* of the record */
	uint8_t type; /* of the record */
	uint8_t head; /* bytes of the record's header so far */
	uint8_t got; /* bytes of the message so far */
};

/* The next bytes of the server. An answer other than SERVERHELLO_PART is the last. */
enum serverhello_kind serverhello_read(struct serverhello *s, const uint8_t *data,
				       size_t len);

#endif
