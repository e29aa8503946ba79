/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http1 - heads of HTTP/1.x messages, read strictly (RFC 9112)
 *
 * Pure: no I/O, no allocation, no state. Whatever two implementations could read
 * differently is refused: bare CR or LF, NUL, folded lines, space before the
 * colon, Content-Length beside Transfer-Encoding, repeated or odd lengths.
 * docs/proxy.md lists the outcomes.
 */
#ifndef PROXY_HTTP1_H
#define PROXY_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"

#define HTTP1_REQUEST_HEAD_MAX  (16 * 1024) /* request line and fields together */
#define HTTP1_RESPONSE_HEAD_MAX (64 * 1024) /* origins set many cookies */
#define HTTP1_FIELDS_MAX        100
#define HTTP1_METHOD_MAX        15 /* fits a record */

struct http1_span {
	const char *p;
	size_t len;
};

/* Fields that the proxy itself looks at or leaves out. */
enum http1_known {
	HTTP1_OTHER = 0,
	HTTP1_ACCEPT_LANGUAGE,
	HTTP1_CONNECTION,
	HTTP1_CONTENT_LENGTH,
	HTTP1_EXPECT,
	HTTP1_HOST,
	HTTP1_KEEP_ALIVE,
	HTTP1_MAX_FORWARDS,
	HTTP1_PROXY_AUTHENTICATE,
	HTTP1_PROXY_AUTHENTICATION_INFO,
	HTTP1_PROXY_AUTHORIZATION,
	HTTP1_PROXY_CONNECTION,
	HTTP1_SEKISHO, /* what only our own answers say */
	HTTP1_TE,
	HTTP1_TRANSFER_ENCODING,
	HTTP1_UPGRADE,
};

struct http1_field {
	struct http1_span name;
	enum http1_known known;
	struct http1_span value; /* without the white space around it */
};

struct http1_head {
	struct http1_span method; /* requests */
	struct http1_span target;
	unsigned status; /* responses: 100..599 */
	struct http1_span phrase;
	unsigned minor; /* HTTP/1.0 or 1.1 */
	bool has_length;
	uint64_t length;
	bool chunked;
	unsigned max_forwards; /* how many such fields */
	bool connection; /* there is a Connection or Proxy-Connection field */
	struct http1_span host; /* requests; p is NULL when there is none */
	size_t field_count;
	struct http1_field field[HTTP1_FIELDS_MAX]; /* set up to field_count */
};

/*
 * Look for the empty line that ends a head. *scan (0 at first) remembers which
 * lines are known, so that these are not read again when more bytes come.
 * Returns the head's length with its empty line, 0 (not there yet), or -EBADMSG
 * (a bare CR or LF, or a NUL).
 */
ssize_t http1_head_end(const char *data, size_t len, size_t *scan) MUST_CHECK;

/*
 * Parse a head that http1_head_end() measured. Spans point into data.
 * Returns 0, -EBADMSG (malformed or ambiguous), -E2BIG (more than
 * HTTP1_FIELDS_MAX fields), -EPROTONOSUPPORT (another HTTP version) or
 * -EOPNOTSUPP (a transfer coding other than chunked).
 */
int http1_parse_request(const char *data, size_t len,
			struct http1_head *ret_head) MUST_CHECK;
int http1_parse_response(const char *data, size_t len,
			 struct http1_head *ret_head) MUST_CHECK;

/* May the byte be part of a token (RFC 9110 5.6.2)? */
bool http1_is_token_char(char c);

/* Does the span hold this text, letter case apart? */
bool http1_span_is(struct http1_span s, const char *text);

/* Does a comma-separated list of tokens hold this one, letter case apart? */
bool http1_list_has(struct http1_span list, struct http1_span token);

/* Is it this method? Letter case counts (RFC 9110 9.1). */
bool http1_method_is(const struct http1_head *head, const char *method);

/* Does a Connection field (of a request: or Proxy-Connection) hold this option? */
bool http1_connection_has(const struct http1_head *head, const char *option);

/* The first field of that name, or NULL. */
const struct http1_field *http1_find(const struct http1_head *head,
				     enum http1_known known);

#endif
