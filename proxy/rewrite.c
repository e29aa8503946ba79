/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/rewrite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/wr.h"

#define VIA       "Via: 1.1 sekisho\r\n"
#define CLOSE     "Connection: close\r\n"
#define WEBSOCKET "Connection: Upgrade\r\nUpgrade: websocket\r\n"

static const char *const one_hop[] = {
	"connection",
	"keep-alive",
	"proxy-connection",
	"proxy-authorization",
	"proxy-authenticate",
	"proxy-authentication-info",
	"te",
	"upgrade",
};

/* Framing and routing stay whatever Connection says of them. */
static const char *const essential[] = { "content-length", "transfer-encoding", "host" };

static bool is_one_of(struct http1_span name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (http1_span_is(name, list[i]))
			return true;
	}
	return false;
}

static bool is_for_one_hop(const struct http1_head *head, struct http1_span name)
{
	if (is_one_of(name, one_hop, ARRAY_LEN(one_hop)))
		return true;
	if (is_one_of(name, essential, ARRAY_LEN(essential)))
		return false;
	for (size_t i = 0; i < head->field_count; i++) {
		if (http1_span_is(head->field[i].name, "connection") &&
		    http1_list_has(head->field[i].value, name))
			return true;
	}
	return false;
}

static bool upgrades_to_websocket(const struct http1_head *head)
{
	const struct http1_field *f = http1_find(head, "upgrade");

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
	const struct http1_field *f = http1_find(head, "max-forwards");
	unsigned v = 0;

	if (f == NULL || !http1_method_is(head, "OPTIONS"))
		return 0;
	if (f->value.len == 0 || f->value.len > 4)
		return -EBADMSG;
	for (size_t i = 0; i < f->value.len; i++) {
		if (f->value.p[i] < '0' || f->value.p[i] > '9')
			return -EBADMSG;
		v = v * 10 + (unsigned)(f->value.p[i] - '0');
	}
	*ret_value = v;
	return 1;
}

static void put(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text));
}

static void put_span(struct wr *w, struct http1_span s)
{
	if (s.len != 0)
		wr_bytes(w, s.p, s.len);
}

/* Fields of a request that are written anew. */
static bool is_ours(struct http1_span name, bool counted)
{
	return http1_span_is(name, "host") ||
	       (counted && http1_span_is(name, "max-forwards"));
}

static void put_fields(struct wr *w, const struct http1_head *head, bool request,
		       bool counted)
{
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if (is_for_one_hop(head, f->name) ||
		    (request && is_ours(f->name, counted)))
			continue;
		put_span(w, f->name);
		put(w, ": ");
		put_span(w, f->value);
		put(w, "\r\n");
	}
}

static void put_host(struct wr *w, const struct target *t)
{
	char port[8] = "";

	if (t->port != 80)
		(void)snprintf(port, sizeof(port), ":%u", (unsigned)t->port);
	put(w, "Host: ");
	put(w, t->addr.family == 6 ? "[" : "");
	put(w, t->host);
	put(w, t->addr.family == 6 ? "]" : "");
	put(w, port);
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
	char line[40];

	(void)snprintf(line, sizeof(line), "Max-Forwards: %u\r\n", left);
	put(w, line);
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
	put_fields(&w, head, true, counted == 1);
	if (counted == 1)
		put_max_forwards(&w, forwards - 1);
	if (rewrite_offers_websocket(head))
		put(&w, WEBSOCKET);
	put(&w, head->minor == 0 ? VIA CLOSE "\r\n" : VIA "\r\n");
	return finish(&w, ret_len);
}

int rewrite_response(const struct http1_head *head, bool close, char *dst, size_t max,
		     size_t *ret_len)
{
	struct wr w = wr_of(dst, max);
	char line[16];

	(void)snprintf(line, sizeof(line), "HTTP/1.1 %03u ", head->status);
	put(&w, line);
	put_span(&w, head->phrase);
	put(&w, "\r\n");
	put_fields(&w, head, false, false);
	if (head->status == 101)
		put(&w, WEBSOCKET);
	put(&w, close && head->status >= 200 ? VIA CLOSE "\r\n" : VIA "\r\n");
	return finish(&w, ret_len);
}
