/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * body - where an HTTP/1.1 message body ends (RFC 9112 6 and 7.1)
 *
 * Pure and incremental: bytes go in as they come, out comes how many of them
 * belong to the body. They are passed on as they are; chunked coding is checked
 * strictly, so that nothing after the body can travel with it. A trailer that
 * speaks of framing or routing is refused (RFC 9110 6.5.1).
 */
#ifndef PROXY_BODY_H
#define PROXY_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"

#define BODY_SIZE_DIGITS_MAX  15
#define BODY_EXTENSION_MAX    1024 /* of one chunk */
#define BODY_TRAILERS_MAX     8192
#define BODY_TRAILER_NAME_MAX 20 /* longer than any that is refused */

enum body_kind {
	BODY_NONE,
	BODY_LENGTH,
	BODY_CHUNKED,
	BODY_UNTIL_CLOSE,
};

enum body_state {
	BODY_AT_SIZE,
	BODY_AT_EXTENSION,
	BODY_AT_SIZE_LF,
	BODY_AT_DATA,
	BODY_AT_DATA_CR,
	BODY_AT_DATA_LF,
	BODY_AT_TRAILER_START,
	BODY_AT_TRAILER_NAME,
	BODY_AT_TRAILER,
	BODY_AT_TRAILER_LF,
	BODY_AT_END_LF,
};

struct body {
	enum body_kind kind;
	enum body_state state;
	uint64_t left; /* of the length, or of this chunk */
	unsigned count; /* digits, extension or trailer bytes so far */
	unsigned name_len; /* of this trailer's name so far */
	char name[BODY_TRAILER_NAME_MAX]; /* lower case, as far as it fits */
	bool done;
};

/* length counts for BODY_LENGTH only. */
struct body body_of(enum body_kind kind, uint64_t length);

/*
 * How many of these bytes belong to the body; b->done says whether it is whole.
 * Returns -EBADMSG for malformed chunked coding.
 */
ssize_t body_take(struct body *b, const char *data, size_t len) MUST_CHECK;

/*
 * The same for BODY_CHUNKED, and what the chunks hold is written to out (len bytes):
 * ret_got of them, also when it returns -EBADMSG.
 */
ssize_t body_decode(struct body *b, const char *data, size_t len, char *out,
		    size_t *ret_got) MUST_CHECK;

/* May the sender close here? */
bool body_may_end(const struct body *b);

#endif
