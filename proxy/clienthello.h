/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clienthello - the server name in the first TLS message (RFC 8446 4.1.2, RFC 6066 3)
 *
 * Pure: looks at the bytes a client sent so far, from the first one on, and says
 * whether they are a whole ClientHello, in one record or fragmented over many
 * (RFC 8446 5.1). Nothing is decrypted, and what follows in further records is not
 * looked at; another message in the same record is refused.
 */
#ifndef PROXY_CLIENTHELLO_H
#define PROXY_CLIENTHELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/host.h"

#define CLIENTHELLO_MAX            (16 * 1024) /* the message with its record headers */
#define CLIENTHELLO_EXTENSIONS_MAX 128 /* clients send about twenty */

struct clienthello {
	char name[HOST_MAX + 1]; /* SNI, normalised; "" there was none */
	/* the highest TLS version offered, e.g. 0x0304; GREASE and drafts left out */
	uint16_t version;
	/*
	 * An encrypted ClientHello or encrypted SNI extension is there, so that name may
	 * be an outer one. Browsers also send it filled with random bytes (GREASE), which
	 * nobody on the way can tell apart.
	 */
	bool ech;
	uint32_t length; /* bytes of data that it takes, record headers included */
};

/*
 * Returns 1 (whole: ret_hello is set), 0 (not whole yet; never with CLIENTHELLO_MAX
 * bytes or more), -EPROTO (this is not TLS), -EBADMSG (malformed, an extension
 * repeated, or an SNI that is not exactly one host name: addresses and a final dot are
 * refused too) or -EMSGSIZE (longer than CLIENTHELLO_MAX, or more extensions than
 * CLIENTHELLO_EXTENSIONS_MAX). An answer other than 0 does not change when more bytes
 * come.
 */
int clienthello_read(const uint8_t *data, size_t len,
		     struct clienthello *ret_hello) MUST_CHECK;

#endif
