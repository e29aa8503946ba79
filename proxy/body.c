/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/body.h"

#include <errno.h>
#include <string.h>

#include "proxy/http1.h"

struct body body_of(enum body_kind kind, uint64_t length)
{
	struct body b = { .kind = kind };

	b.done = kind == BODY_NONE || (kind == BODY_LENGTH && length == 0);
	if (kind == BODY_LENGTH)
		b.left = length;
	return b;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int at_size(struct body *b, char c)
{
	int v = hex_value(c);

	if (v >= 0) {
		if (++b->count > BODY_SIZE_DIGITS_MAX)
			return -EBADMSG;
		b->left = b->left * 16 + (uint64_t)v;
		return 0;
	}
	if (b->count == 0 || (c != '\r' && c != ';'))
		return -EBADMSG;
	b->count = 0;
	b->state = c == '\r' ? BODY_AT_SIZE_LF : BODY_AT_EXTENSION;
	return 0;
}

/* Extensions and trailers: text up to CR, with a ceiling. */
static int at_text(struct body *b, char c, unsigned max, enum body_state next)
{
	if (c == '\r') {
		b->state = next;
		return 0;
	}
	if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f || ++b->count > max)
		return -EBADMSG;
	return 0;
}

/* A name by which somebody could be told where a message ends or goes. */
static bool is_forbidden(const struct body *b)
{
	static const char *const names[] = { "content-length",
					     "transfer-encoding",
					     "host",
					     "connection",
					     "te",
					     "upgrade",
					     "trailer" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (b->name_len == strlen(names[i]) &&
		    memcmp(b->name, names[i], b->name_len) == 0)
			return true;
	}
	return false;
}

static int at_trailer_name(struct body *b, char c)
{
	if (++b->count > BODY_TRAILERS_MAX)
		return -EBADMSG;
	if (c == ':') {
		if (b->name_len == 0 || is_forbidden(b))
			return -EBADMSG;
		b->state = BODY_AT_TRAILER;
		return 0;
	}
	if (!http1_is_token_char(c))
		return -EBADMSG;
	if (b->name_len < BODY_TRAILER_NAME_MAX)
		b->name[b->name_len] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	b->name_len++;
	return 0;
}

static int at_trailer_start(struct body *b, char c)
{
	if (c == '\r') {
		b->state = BODY_AT_END_LF;
		return 0;
	}
	b->name_len = 0;
	b->state = BODY_AT_TRAILER_NAME;
	return at_trailer_name(b, c);
}

static int expect(struct body *b, char c, char want, enum body_state next)
{
	if (c != want)
		return -EBADMSG;
	b->state = next;
	return 0;
}

/* One byte of the framing, that is anything but chunk data. */
static int framing(struct body *b, char c)
{
	int r;

	switch (b->state) {
	case BODY_AT_SIZE:
		return at_size(b, c);
	case BODY_AT_EXTENSION:
		return at_text(b, c, BODY_EXTENSION_MAX, BODY_AT_SIZE_LF);
	case BODY_AT_SIZE_LF:
		b->count = 0;
		return expect(b, c, '\n',
			      b->left != 0 ? BODY_AT_DATA : BODY_AT_TRAILER_START);
	case BODY_AT_DATA_CR:
		return expect(b, c, '\r', BODY_AT_DATA_LF);
	case BODY_AT_DATA_LF:
		return expect(b, c, '\n', BODY_AT_SIZE);
	case BODY_AT_TRAILER_START:
		return at_trailer_start(b, c);
	case BODY_AT_TRAILER_NAME:
		return at_trailer_name(b, c);
	case BODY_AT_TRAILER:
		return at_text(b, c, BODY_TRAILERS_MAX, BODY_AT_TRAILER_LF);
	case BODY_AT_TRAILER_LF:
		return expect(b, c, '\n', BODY_AT_TRAILER_START);
	case BODY_AT_END_LF:
		r = expect(b, c, '\n', BODY_AT_END_LF);
		b->done = r == 0;
		return r;
	case BODY_AT_DATA:
		break;
	}
	return -EBADMSG;
}

static size_t take_left(struct body *b, size_t len)
{
	size_t n = len < b->left ? len : (size_t)b->left;

	b->left -= n;
	return n;
}

/* out: for what the chunks hold, or NULL. */
static ssize_t take_chunked(struct body *b, const char *data, size_t len, char *out,
			    size_t *got)
{
	size_t i = 0;

	while (i < len && !b->done) {
		if (b->state == BODY_AT_DATA) {
			size_t n = take_left(b, len - i);

			if (out != NULL)
				memcpy(out + *got, data + i, n);
			*got += n;
			i += n;
			if (b->left == 0)
				b->state = BODY_AT_DATA_CR;
			continue;
		}
		if (framing(b, data[i++]) < 0)
			return -EBADMSG;
	}
	return (ssize_t)i;
}

ssize_t body_decode(struct body *b, const char *data, size_t len, char *out,
		    size_t *ret_got)
{
	*ret_got = 0;
	return b->kind == BODY_CHUNKED ? take_chunked(b, data, len, out, ret_got)
				       : -EBADMSG;
}

ssize_t body_take(struct body *b, const char *data, size_t len)
{
	size_t n, got = 0;

	if (b->done)
		return 0;
	switch (b->kind) {
	case BODY_NONE:
		return 0;
	case BODY_LENGTH:
		n = take_left(b, len);
		b->done = b->left == 0;
		return (ssize_t)n;
	case BODY_CHUNKED:
		return take_chunked(b, data, len, NULL, &got);
	case BODY_UNTIL_CLOSE:
		return (ssize_t)len;
	}
	return -EBADMSG;
}

bool body_may_end(const struct body *b)
{
	return b->done || b->kind == BODY_UNTIL_CLOSE;
}
