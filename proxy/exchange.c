/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/rewrite.h"

#define INTERIM_MAX 8 /* 1xx heads in front of the final one */
#define IN_MAX      (HTTP1_RESPONSE_HEAD_MAX + TUNNEL_CHUNK)

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

int exchange_new(const struct http1_head *request, struct exchange **ret_exchange)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return -ENOMEM;
	x->up = body_of_request(request);
	x->bodiless =
		request->method.len == 4 && memcmp(request->method.p, "HEAD", 4) == 0;
	*ret_exchange = x;
	return 0;
}

void exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	free(x->in);
	free(x->out);
	free(x);
}

static int pass_body(struct body *b, const char *in, size_t len, struct tunnel_out *out)
{
	ssize_t n;

	if (len == 0 && !body_may_end(b))
		return -ECONNRESET; /* cut short */
	n = body_take(b, in, len);
	if (n < 0)
		return (int)n;
	*out = (struct tunnel_out){ .p = in,
				    .len = (size_t)n,
				    .end = b->done || len == 0 };
	return 0;
}

int exchange_up(void *user, const char *in, size_t len, struct tunnel_out *ret_out)
{
	struct exchange *x = user;

	return pass_body(&x->up, in, len, ret_out);
}

static int keep_input(struct exchange *x, const char *in, size_t len)
{
	if (x->in == NULL)
		x->in = malloc(IN_MAX);
	if (x->in == NULL)
		return -ENOMEM;
	if (len > IN_MAX - x->in_len)
		return -EMSGSIZE;
	memcpy(x->in + x->in_len, in, len);
	x->in_len += len;
	return 0;
}

static void drop_input(struct exchange *x, size_t len)
{
	x->in_len -= len;
	memmove(x->in, x->in + len, x->in_len);
	x->scan = 0;
}

/* One head of len bytes at x->in, rewritten to the end of out. */
static int pass_head(struct exchange *x, size_t len, struct tunnel_out *out)
{
	struct http1_head head;
	size_t done = 0;
	int r = http1_parse_response(x->in, len, &head);

	/* 101 would turn this into another protocol, which was not asked for */
	if (r == 0 && head.status == 101)
		r = -EBADMSG;
	if (r == 0)
		r = rewrite_response(&head, x->out + out->len, len + REWRITE_GROWTH_MAX,
				     &done);
	if (r < 0)
		return r;
	out->len += done;
	x->head_done = head.status >= 200;
	if (x->head_done)
		x->down = body_of_response(&head, x->bodiless);
	drop_input(x, len);
	return 0;
}

/* The body's bytes that came together with the head. */
static int pass_first_body(struct exchange *x, struct tunnel_out *out)
{
	ssize_t n = body_take(&x->down, x->in, x->in_len);

	if (n < 0)
		return (int)n;
	memcpy(x->out + out->len, x->in, (size_t)n);
	out->len += (size_t)n;
	out->end = x->down.done;
	free(x->in);
	x->in = NULL;
	return 0;
}

static int pass_heads(struct exchange *x, struct tunnel_out *out)
{
	while (!x->head_done) {
		ssize_t end = http1_head_end(x->in, x->in_len, &x->scan);
		int r;

		if (end < 0)
			return (int)end;
		if (end > HTTP1_RESPONSE_HEAD_MAX ||
		    (end == 0 && x->in_len >= HTTP1_RESPONSE_HEAD_MAX))
			return -EMSGSIZE;
		if (end == 0)
			return 0;
		r = x->interims++ <= INTERIM_MAX ? pass_head(x, (size_t)end, out)
						 : -EBADMSG;
		if (r < 0)
			return r;
	}
	return pass_first_body(x, out);
}

int exchange_down(void *user, const char *in, size_t len, struct tunnel_out *ret_out)
{
	struct exchange *x = user;
	struct tunnel_out out = { 0 };
	int r;

	if (x->head_done)
		return pass_body(&x->down, in, len, ret_out);
	if (len == 0)
		return -EPROTO;
	r = keep_input(x, in, len);
	if (r < 0)
		return r;
	free(x->out);
	x->out = malloc(x->in_len + (INTERIM_MAX + 1) * REWRITE_GROWTH_MAX);
	if (x->out == NULL)
		return -ENOMEM;
	r = pass_heads(x, &out);
	if (r < 0)
		return r;
	out.p = x->out;
	*ret_out = out;
	return 0;
}
