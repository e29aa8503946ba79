/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/rewrite.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/wr.h"

#define VIA       "Via: 1.1 sekisho\r\n"
#define CLOSE     "Connection: close\r\n"
#define WEBSOCKET "Connection: Upgrade\r\nUpgrade: websocket\r\n"

/* Is the field one of those that Connection names, besides what is one hop's anyway? */
static bool is_named(const struct http1_head *head, struct http1_span name)
{
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if (f->known == HTTP1_CONNECTION && http1_list_has(f->value, name))
			return true;
	}
	return false;
}

static bool is_for_one_hop(const struct http1_head *head, const struct http1_field *f)
{
	switch (f->known) {
	case HTTP1_CONNECTION:
	case HTTP1_KEEP_ALIVE:
	case HTTP1_PROXY_AUTHENTICATE:
	case HTTP1_PROXY_AUTHENTICATION_INFO:
	case HTTP1_PROXY_AUTHORIZATION:
	case HTTP1_PROXY_CONNECTION:
	case HTTP1_SEKISHO: /* an origin must not be taken for us */
	case HTTP1_TE:
	case HTTP1_UPGRADE:
		return true;
	case HTTP1_CONTENT_LENGTH: /* framing and routing stay whatever Connection says */
	case HTTP1_TRANSFER_ENCODING:
	case HTTP1_HOST:
		return false;
	case HTTP1_ACCEPT_LANGUAGE:
	case HTTP1_EXPECT:
	case HTTP1_MAX_FORWARDS:
	case HTTP1_OTHER:
		break;
	}
	return head->connection && is_named(head, f->name);
}

static bool upgrades_to_websocket(const struct http1_head *head)
{
	const struct http1_field *f = http1_find(head, HTTP1_UPGRADE);

	return f != NULL && http1_span_is(f->value, "websocket") &&
	       http1_connection_has(head, "upgrade");
}

bool rewrite_offers_websocket(const struct http1_head *head)
{
	return head->minor == 1 && http1_method_is(head, "GET") && !head->chunked &&
	       head->length == 0 && upgrades_to_websocket(head);
}

bool rewrite_accepts_websocket(const struct http1_head *head)
{
	return head->status == 101 && head->minor == 1 && !head->chunked &&
	       head->length == 0 && upgrades_to_websocket(head);
}

int rewrite_max_forwards(const struct http1_head *head, unsigned *ret_value)
{
	const struct http1_field *f = http1_find(head, HTTP1_MAX_FORWARDS);
	unsigned v = 0;

	if (f == NULL || !http1_method_is(head, "OPTIONS"))
		return 0;
	if (head->max_forwards > 1 || f->value.len == 0 || f->value.len > 4)
		return -EBADMSG;
	for (size_t i = 0; i < f->value.len; i++) {
		if (f->value.p[i] < '0' || f->value.p[i] > '9')
			return -EBADMSG;
		v = v * 10 + (unsigned)(f->value.p[i] - '0');
	}
	*ret_value = v;
	return 1;
}

static inline void put(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text));
}

static void put_span(struct wr *w, struct http1_span s)
{
	if (s.len != 0)
		wr_bytes(w, s.p, s.len);
}

/* Fields of a request that are written anew. */
static bool is_ours(const struct http1_field *f, bool counted)
{
	return f->known == HTTP1_HOST || (counted && f->known == HTTP1_MAX_FORWARDS);
}

/* Fields of a response that would frame a body which does not come, or not like that. */
static bool is_misleading(const struct http1_head *head, const struct http1_field *f,
			  unsigned how)
{
	bool empty = head->status < 200 || head->status == 204;

	return (f->known == HTTP1_CONTENT_LENGTH && empty) ||
	       (f->known == HTTP1_TRANSFER_ENCODING &&
		(empty || (how & REWRITE_UNCHUNKED) != 0));
}

static void put_field(struct wr *w, const struct http1_field *f)
{
	put_span(w, f->name);
	wr_bytes(w, ": ", 2);
	put_span(w, f->value);
	wr_bytes(w, "\r\n", 2);
}

static void put_host(struct wr *w, const struct target *t)
{
	put(w, "Host: ");
	put(w, t->addr.family == 6 ? "[" : "");
	put(w, t->host);
	put(w, t->addr.family == 6 ? "]" : "");
	if (t->port != 80) {
		put(w, ":");
		wr_dec(w, t->port);
	}
	put(w, "\r\n");
}

static void put_path(struct wr *w, const struct http1_head *head, const struct target *t)
{
	/* RFC 9112 3.2.4: OPTIONS for the server as a whole has no path */
	if (t->path.len == 0 && http1_method_is(head, "OPTIONS"))
		put(w, "*");
	else if (t->path.len == 0 || t->path.p[0] != '/')
		put(w, "/");
	put_span(w, t->path);
}

static int finish(const struct wr *w, size_t *ret_len)
{
	if (wr_failed(w))
		return -EMSGSIZE;
	*ret_len = w->len;
	return 0;
}

static void put_max_forwards(struct wr *w, unsigned left)
{
	put(w, "Max-Forwards: ");
	wr_dec(w, left);
	put(w, "\r\n");
}

int rewrite_request(const struct http1_head *head, const struct target *target, char *dst,
		    size_t max, size_t *ret_len)
{
	struct wr w = wr_of(dst, max);
	unsigned forwards = 0;
	int counted = rewrite_max_forwards(head, &forwards);

	if (counted < 0 || (counted == 1 && forwards == 0))
		return -EBADMSG;
	put_span(&w, head->method);
	put(&w, " ");
	put_path(&w, head, target);
	put(&w, head->minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
	put_host(&w, target);
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if (!is_for_one_hop(head, f) && !is_ours(f, counted == 1))
			put_field(&w, f);
	}
	if (counted == 1)
		put_max_forwards(&w, forwards - 1);
	if (rewrite_offers_websocket(head))
		put(&w, WEBSOCKET);
	put(&w, head->minor == 0 ? VIA CLOSE "\r\n" : VIA "\r\n");
	return finish(&w, ret_len);
}

int rewrite_response(const struct http1_head *head, unsigned how, char *dst, size_t max,
		     size_t *ret_len)
{
	bool close = (how & REWRITE_CLOSE) != 0;
	struct wr w = wr_of(dst, max);

	put(&w, "HTTP/1.1 ");
	wr_dec(&w, head->status); /* three digits */
	put(&w, " ");
	put_span(&w, head->phrase);
	put(&w, "\r\n");
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if (!is_for_one_hop(head, f) && !is_misleading(head, f, how))
			put_field(&w, f);
	}
	if (head->status == 101)
		put(&w, WEBSOCKET);
	put(&w, close && head->status >= 200 ? VIA CLOSE "\r\n" : VIA "\r\n");
	return finish(&w, ret_len);
}
