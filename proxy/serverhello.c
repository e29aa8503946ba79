/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/serverhello.h"

#include <stdbool.h>

#define RECORD_CHANGE_CIPHER 20
#define RECORD_ALERT         21
#define RECORD_HANDSHAKE     22
#define RECORD_HEADER        5
#define RECORD_MAX           (1 << 14)
#define MESSAGE_SERVER_HELLO 2
#define MAJOR_VERSION        3

/* In the message: a header of 4 bytes, the version, the random. */
#define AT_VERSION 4
#define AT_RANDOM  6
#define AT_END     (AT_RANDOM + 32)

/* SHA-256 of "HelloRetryRequest" */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* One byte of a record's header. */
static bool take_header(struct serverhello *s, uint8_t byte)
{
	switch (s->head++) {
	case 0:
		s->type = byte;
		/* some servers warn before they greet */
		return byte == RECORD_HANDSHAKE || byte == RECORD_ALERT ||
		       byte == RECORD_CHANGE_CIPHER;
	case 1:
		return byte == MAJOR_VERSION;
	case 2:
		return true;
	case 3:
		s->left = (uint16_t)(byte << 8);
		return true;
	default:
		s->left = (uint16_t)(s->left | byte);
		return s->left != 0 && s->left <= RECORD_MAX;
	}
}

/* One byte of the message: may it be a HelloRetryRequest's? */
static bool take_message(struct serverhello *s, uint8_t byte)
{
	unsigned at = s->got++;

	if (at == 0)
		return byte == MESSAGE_SERVER_HELLO;
	if (at == AT_VERSION)
		return byte == MAJOR_VERSION;
	return at < AT_RANDOM || byte == retry_random[at - AT_RANDOM];
}

enum serverhello_kind serverhello_read(struct serverhello *s, const uint8_t *data,
				       size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool may_be = true;

		if (s->head < RECORD_HEADER) {
			may_be = take_header(s, data[i]);
		} else {
			if (s->type == RECORD_HANDSHAKE)
				may_be = take_message(s, data[i]);
			if (--s->left == 0)
				s->head = 0;
		}
		if (!may_be)
			return SERVERHELLO_OTHER;
		if (s->got == AT_END)
			return SERVERHELLO_RETRY;
	}
	return SERVERHELLO_PART;
}
