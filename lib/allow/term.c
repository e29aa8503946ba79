/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/term.h"

#include <string.h>

#include "lib/allow/format.h"

#define FLAG_SCHEME  0x03
#define FLAG_TLS_ANY 0x04
#define FLAGS        (FLAG_SCHEME | FLAG_TLS_ANY)
#define FIXED        20 /* up to and with the number of ports */

#define PORT_HTTP  80
#define PORT_HTTPS 443

size_t term_pack(const struct allow_entry *e, uint8_t dst[TERM_MAX])
{
	size_t path = strlen(e->path), n = FIXED;

	dst[0] = (uint8_t)((unsigned)e->scheme | (e->tls_any ? FLAG_TLS_ANY : 0));
	format_put(dst + 1, e->list, 2);
	format_put(dst + 3, (uint64_t)e->from, 8);
	format_put(dst + 11, (uint64_t)e->until, 8);
	dst[19] = (uint8_t)e->port_count;
	for (size_t i = 0; i < e->port_count; i++, n += 2)
		format_put(dst + n, e->port[i], 2);
	dst[n++] = (uint8_t)path;
	memcpy(dst + n, e->path, path);
	n += path;
	dst[n++] = (uint8_t)e->method_count;
	for (size_t i = 0; i < e->method_count; i++) {
		size_t len = strlen(e->method[i]);

		dst[n++] = (uint8_t)len;
		memcpy(dst + n, e->method[i], len);
		n += len;
	}
	return n;
}

/* A term's parts behind its fixed head, each inside the term. */
struct parts {
	const uint8_t *port;
	size_t port_count;
	const char *path;
	size_t path_len;
	const uint8_t *methods; /* packed */
	size_t methods_len;
	size_t method_count;
};

static bool split(const uint8_t *p, size_t len, struct parts *ret)
{
	struct parts t;
	size_t at = FIXED;

	if (len < FIXED || len > TERM_MAX || (p[0] & ~FLAGS) != 0 ||
	    (p[0] & FLAG_SCHEME) > ALLOW_SCHEME_HTTPS)
		return false;
	t.port = p + at;
	t.port_count = p[FIXED - 1];
	at += 2 * t.port_count;
	if (at >= len)
		return false;
	t.path_len = p[at++];
	t.path = (const char *)p + at;
	at += t.path_len;
	if (at >= len)
		return false;
	t.method_count = p[at++];
	t.methods = p + at;
	t.methods_len = len - at;
	*ret = t;
	return true;
}

static bool port_fits(const struct parts *t, unsigned scheme,
		      const struct allow_question *q)
{
	if (scheme == ALLOW_SCHEME_ANY &&
	    q->port == (q->connect ? PORT_HTTP : PORT_HTTPS))
		return false;
	if (scheme == ALLOW_SCHEME_HTTP && q->connect)
		return false;
	if (scheme == ALLOW_SCHEME_HTTPS && !q->connect)
		return false;
	for (size_t i = 0; i < t->port_count; i++) {
		if ((t->port[2 * i] | t->port[2 * i + 1] << 8) == q->port)
			return true;
	}
	return false;
}

/* The prefix ends where a segment of the path ends. */
static bool path_fits(const struct parts *t, const char *path)
{
	char next;

	if (t->path_len == 0)
		return true;
	/* bytes of an image may hold a NUL, at which strncmp() would call them equal */
	if (path == NULL || strnlen(path, t->path_len) != t->path_len ||
	    memcmp(path, t->path, t->path_len) != 0)
		return false;
	next = path[t->path_len];
	if (t->path[t->path_len - 1] != '/' && next != '\0' && next != '/' && next != '?')
		return false;
	return allow_path_is_plain(path);
}

static bool method_fits(const struct parts *t, const char *method)
{
	const uint8_t *p = t->methods;
	size_t left = t->methods_len, len = method != NULL ? strlen(method) : 0;

	if (t->method_count == 0)
		return true;
	for (size_t i = 0; i < t->method_count && left != 0; i++) {
		size_t n = *p;

		if (n >= left)
			return false;
		if (n == len && len != 0 && memcmp(p + 1, method, n) == 0)
			return true;
		p += 1 + n;
		left -= 1 + n;
	}
	return false;
}

static bool request_fits(const struct parts *t, const struct allow_question *q)
{
	if (q->connect)
		return t->path_len == 0 && t->method_count == 0;
	return path_fits(t, q->path) && method_fits(t, q->method);
}

static bool has_bit(const uint64_t *words, unsigned i)
{
	return i < ALLOW_LISTS_MAX && (words[i / 64] >> (i % 64) & 1) != 0;
}

struct term_verdict term_ask(const uint8_t *p, size_t len,
			     const struct allow_lists *lists,
			     const struct allow_question *q)
{
	struct term_verdict v = { .reason = REASON_NOT_LISTED, .list = ALLOW_LIST_NONE };
	struct parts t;
	uint16_t list;
	int64_t from;

	if (!split(p, len, &t))
		return v;
	list = (uint16_t)(p[1] | p[2] << 8);
	if (!has_bit(lists->fits, list))
		return v;
	from = (int64_t)format_get64(p + 3);
	v.until = (int64_t)format_get64(p + 11);
	v.list = list;
	v.tls_any = (p[0] & FLAG_TLS_ANY) != 0;
	if (!port_fits(&t, p[0] & FLAG_SCHEME, q))
		v.reason = REASON_PORT;
	else if (!request_fits(&t, q))
		v.reason = REASON_METHOD;
	else if (!has_bit(lists->counts, list) || q->now_s < from ||
		 (v.until != 0 && q->now_s >= v.until))
		v.reason = REASON_NOT_NOW;
	else
		v.reason = REASON_ENTRY;
	return v;
}
