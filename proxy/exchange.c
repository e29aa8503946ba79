/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct body body_of_request(const struct http1_head *h)
{
	if (h->chunked)
		return body_of(BODY_CHUNKED, 0);
	return body_of(h->has_length ? BODY_LENGTH : BODY_NONE, h->length);
}

/* RFC 9112 6.3 */
static struct body body_of_response(const struct http1_head *h, bool bodiless)
{
	if (bodiless || h->status < 200 || h->status == 204 || h->status == 304)
		return body_of(BODY_NONE, 0);
	if (h->chunked)
		return body_of(BODY_CHUNKED, 0);
	return body_of(h->has_length ? BODY_LENGTH : BODY_UNTIL_CLOSE, h->length);
}

void exchange_begin(struct exchange *x, const struct http1_head *request)
{
	*x = (struct exchange){
		.up = body_of_request(request),
		.bodiless = http1_method_is(request, "HEAD"),
		.old_client = request->minor == 0,
		.upgrade = rewrite_offers_websocket(request),
		.keep_client =
			request->minor == 1 && !http1_connection_has(request, "close"),
	};
}

void exchange_clear(struct exchange *x)
{
	free(x->held);
	x->held = NULL;
	x->held_len = 0;
}

ssize_t exchange_up(struct exchange *x, const char *in, size_t len)
{
	return body_take(&x->up, in, len);
}

/* An answer that came before the whole request leaves both connections unclear. */
static void settle(struct exchange *x, const struct http1_head *h)
{
	x->down = body_of_response(h, x->bodiless);
	x->keep_origin = x->up.done && h->minor == 1 &&
			 !http1_connection_has(h, "close") &&
			 x->down.kind != BODY_UNTIL_CLOSE;
	if (!x->up.done || x->down.kind == BODY_UNTIL_CLOSE)
		x->keep_client = false;
}

static int note_head(struct exchange *x, const struct http1_head *h)
{
	/* 101 turns this into another protocol, which must have been asked for */
	if (h->status == 101) {
		if (!x->upgrade || !x->up.done || !rewrite_accepts_websocket(h))
			return -EBADMSG;
		x->upgraded = true;
		x->head_done = true;
		x->down = body_of(BODY_UNTIL_CLOSE, 0);
		return 0;
	}
	x->head_done = h->status >= 200;
	if (x->head_done)
		settle(x, h);
	return 0;
}

/* One head of len bytes at data, rewritten into out. */
static ssize_t pass_head(struct exchange *x, const char *data, size_t len, char *out)
{
	struct http1_head head;
	size_t done = 0;
	unsigned how;
	int r;

	if (x->interims++ > EXCHANGE_INTERIM_MAX)
		return -EBADMSG;
	r = http1_parse_response(data, len, &head);
	if (r == 0)
		r = note_head(x, &head);
	if (r < 0)
		return r;
	if (!x->head_done && x->old_client)
		return 0; /* RFC 9110 15.2 */
	how = (x->head_done && !x->keep_client ? REWRITE_CLOSE : 0u) |
	      (x->old_client ? REWRITE_UNCHUNKED : 0u);
	r = rewrite_response(&head, how, out, len + REWRITE_GROWTH_MAX, &done);
	return r < 0 ? r : (ssize_t)done;
}

/* RFC 9112 6.1: a client of HTTP/1.0 cannot read chunks; the end is told by closing. */
static bool is_undone(const struct exchange *x)
{
	return x->old_client && x->down.kind == BODY_CHUNKED;
}

static ssize_t pass_body(struct exchange *x, const char *in, size_t len, char *out)
{
	size_t got;
	ssize_t n;

	if (is_undone(x))
		n = body_decode(&x->down, in, len, out, &got);
	else if (x->upgraded)
		n = (ssize_t)len;
	else
		n = body_take(&x->down, in, len);
	if (n > 0 && !is_undone(x))
		memcpy(out, in, (size_t)n);
	if (n >= 0 && (size_t)n < len)
		x->keep_origin = false; /* it says more than it was asked */
	return n >= 0 && is_undone(x) ? (ssize_t)got : n;
}

/* Keep the part of a head, for when the rest is there. */
static int hold(struct exchange *x, const char *data, size_t len)
{
	char *p;

	if (len > HTTP1_RESPONSE_HEAD_MAX)
		return -EMSGSIZE;
	p = len != 0 ? malloc(len) : NULL;
	if (len != 0 && p == NULL)
		return -ENOMEM;
	if (len != 0)
		memcpy(p, data, len);
	free(x->held);
	x->held = p;
	x->held_len = len;
	return 0;
}

/* All heads that are whole, then what there is of the body. */
static ssize_t pass(struct exchange *x, const char *in, size_t len, char *out)
{
	size_t at = 0, got = 0;
	ssize_t n;

	while (!x->head_done) {
		ssize_t end = http1_head_end(in + at, len - at, &x->scan);

		if (end == 0) {
			n = hold(x, in + at, len - at);
			return n < 0 ? n : (ssize_t)got;
		}
		if (end < 0 || end > HTTP1_RESPONSE_HEAD_MAX)
			return end < 0 ? end : -EMSGSIZE;
		n = pass_head(x, in + at, (size_t)end, out + got);
		if (n < 0)
			return n;
		got += (size_t)n;
		at += (size_t)end;
		x->scan = 0;
	}
	n = pass_body(x, in + at, len - at, out + got);
	if (n < 0)
		return n;
	return (ssize_t)got + n;
}

/* With what was held before: one run of bytes again. */
static ssize_t pass_joined(struct exchange *x, const char *in, size_t len, char *out)
{
	size_t total = x->held_len + len;
	char *joined = malloc(total);
	ssize_t n;

	if (joined == NULL)
		return -ENOMEM;
	memcpy(joined, x->held, x->held_len);
	memcpy(joined + x->held_len, in, len);
	exchange_clear(x);
	n = pass(x, joined, total, out);
	free(joined);
	return n;
}

ssize_t exchange_down(struct exchange *x, const char *in, size_t len, char *out)
{
	if (len == 0) {
		if (!x->head_done)
			return -EPROTO;
		if (!body_may_end(&x->down))
			return -ECONNRESET;
		x->down.done = true;
		x->keep_origin = false;
		return 0;
	}
	if (x->head_done)
		return pass_body(x, in, len, out);
	return x->held_len != 0 ? pass_joined(x, in, len, out) : pass(x, in, len, out);
}
