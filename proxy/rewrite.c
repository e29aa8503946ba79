/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/rewrite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/wr.h"

#define VIA   "Via: 1.1 sekisho\r\n"
#define CLOSE "Connection: close\r\n"

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

static void put(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text));
}

static void put_span(struct wr *w, struct http1_span s)
{
	if (s.len != 0)
		wr_bytes(w, s.p, s.len);
}

static void put_fields(struct wr *w, const struct http1_head *head, bool request)
{
	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if (is_for_one_hop(head, f->name) ||
		    (request && http1_span_is(f->name, "host")))
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
	if (t->path.len == 0 && head->method.len == 7 &&
	    memcmp(head->method.p, "OPTIONS", 7) == 0)
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

int rewrite_request(const struct http1_head *head, const struct target *target, char *dst,
		    size_t max, size_t *ret_len)
{
	struct wr w = wr_of(dst, max);

	put_span(&w, head->method);
	put(&w, " ");
	put_path(&w, head, target);
	put(&w, head->minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
	put_host(&w, target);
	put_fields(&w, head, true);
	put(&w, VIA CLOSE "\r\n");
	return finish(&w, ret_len);
}

int rewrite_response(const struct http1_head *head, char *dst, size_t max,
		     size_t *ret_len)
{
	struct wr w = wr_of(dst, max);
	char line[16];

	(void)snprintf(line, sizeof(line), "HTTP/1.1 %03u ", head->status);
	put(&w, line);
	put_span(&w, head->phrase);
	put(&w, "\r\n");
	put_fields(&w, head, false);
	put(&w, head->status < 200 ? VIA "\r\n" : VIA CLOSE "\r\n");
	return finish(&w, ret_len);
}
