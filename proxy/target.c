/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/target.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/str.h"

#define SCHEME       "http://"
#define PORT_DEFAULT 80

/* NUL-terminated copy of a span, without NULs in it. */
static int copy(struct http1_span s, char *dst, size_t size)
{
	if (s.len == 0 || s.len >= size || memchr(s.p, '\0', s.len) != NULL)
		return -EBADMSG;
	memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return 0;
}

static int parse_port(struct http1_span s, uint16_t *ret_port)
{
	char text[8];
	uint64_t v;

	if (copy(s, text, sizeof(text)) < 0 || str_to_uint(text, 1, UINT16_MAX, &v) < 0)
		return -EBADMSG;
	*ret_port = (uint16_t)v;
	return 0;
}

static int parse_host(struct http1_span s, struct target *t)
{
	char text[HOST_MAX + 2]; /* a final dot may be there */
	bool bracket = s.len > 2 && s.p[0] == '[' && s.p[s.len - 1] == ']';

	if (bracket)
		s = (struct http1_span){ s.p + 1, s.len - 2 };
	if (copy(s, text, sizeof(text)) < 0)
		return -EBADMSG;
	if (addr_parse(text, &t->addr) == 0) {
		/* IPv6 needs its brackets, IPv4 must not have any */
		if (bracket != (t->addr.family == 6))
			return -EBADMSG;
		t->addr = addr_unmap(t->addr);
		addr_format(t->addr, t->host);
		return 0;
	}
	t->addr = (struct addr){ 0 };
	return !bracket && host_normalise(text, t->host) == 0 ? 0 : -EBADMSG;
}

/* host[:port]; *port keeps its value when there is none. */
static int parse_authority(struct http1_span s, struct target *t, bool *ret_has_port)
{
	const char *colon = memrchr(s.p, ':', s.len);
	const char *bracket = memrchr(s.p, ']', s.len);
	struct http1_span port;

	*ret_has_port = colon != NULL && (bracket == NULL || colon > bracket);
	if (*ret_has_port) {
		port.p = colon + 1;
		port.len = s.len - (size_t)(colon + 1 - s.p);
		if (parse_port(port, &t->port) < 0)
			return -EBADMSG;
		s.len = (size_t)(colon - s.p);
	}
	return parse_host(s, t);
}

int target_parse_authority(struct http1_span text, struct target *ret_target)
{
	struct target t = { 0 };
	bool has_port;

	if (text.len == 0 || parse_authority(text, &t, &has_port) < 0 || !has_port)
		return -EBADMSG;
	*ret_target = t;
	return 0;
}

static size_t authority_len(struct http1_span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
		n++;
	return n;
}

int target_parse_absolute(struct http1_span text, struct target *ret_target)
{
	struct target t = { .port = PORT_DEFAULT };
	struct http1_span s = text;
	size_t n = strlen(SCHEME);
	bool has_port;

	if (s.len <= n || strncasecmp(s.p, SCHEME, n) != 0)
		return -EBADMSG;
	s = (struct http1_span){ s.p + n, s.len - n };
	n = authority_len(s);
	if (n == 0 || parse_authority((struct http1_span){ s.p, n }, &t, &has_port) < 0)
		return -EBADMSG;
	t.path = (struct http1_span){ s.p + n, s.len - n };
	if (t.path.len != 0 && memchr(t.path.p, '#', t.path.len) != NULL)
		return -EBADMSG;
	*ret_target = t;
	return 0;
}

/* The host exactly as it stands in t, with t's port behind it or without one? */
static bool repeats(const struct target *t, struct http1_span s)
{
	size_t len = strlen(t->host);
	uint16_t port;

	if (t->addr.family != 0 || s.len < len || memcmp(s.p, t->host, len) != 0)
		return false;
	if (s.len == len)
		return true;
	s.p += len;
	s.len -= len;
	return s.p[0] == ':' &&
	       parse_port((struct http1_span){ s.p + 1, s.len - 1 }, &port) == 0;
}

int target_parse_origin(struct http1_span text, struct http1_span host,
			struct target *ret_target)
{
	struct target t = { .port = PORT_DEFAULT, .path = text };
	bool has_port;

	if (text.len == 0 || text.p[0] != '/' || memchr(text.p, '#', text.len) != NULL ||
	    host.len == 0 || parse_authority(host, &t, &has_port) < 0)
		return -EBADMSG;
	*ret_target = t;
	return 0;
}

bool target_host_is(const struct target *t, struct http1_span host_field)
{
	struct target h = { 0 };
	bool has_port;

	if (repeats(t, host_field))
		return true; /* most do */
	if (host_field.len == 0 || parse_authority(host_field, &h, &has_port) < 0)
		return false;
	return h.addr.family == t->addr.family && strcmp(h.host, t->host) == 0;
}
