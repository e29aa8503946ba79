/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/localform.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/str.h"

#define PORT_DIGITS 5

enum field {
	TOKEN,
	HOST,
	PORT,
	PURPOSE,
	FIELDS,
};

static const char *const names[FIELDS] = {
	[TOKEN] = "token",
	[HOST] = "host",
	[PORT] = "port",
	[PURPOSE] = "purpose",
};

struct texts {
	char token[LOCALFORM_TOKEN_MAX + 1];
	char host[HOST_MAX + 2]; /* a final dot may be there */
	char port[PORT_DIGITS + 1];
	char purpose[LOCALFORM_PURPOSE_MAX + 1];
};

/* One character from "a", "+" or "%e3". Returns how many bytes it took, 0: refused. */
static size_t decode_one(const char *p, size_t len, char *ret)
{
	uint8_t byte;
	char hex[3];

	if (p[0] != '%') {
		*ret = p[0] == '+' ? ' ' : p[0];
		return 1;
	}
	if (len < 3)
		return 0;
	hex[0] = p[1];
	hex[1] = p[2];
	hex[2] = '\0';
	if (str_unhex(hex, &byte, 1) < 0)
		return 0;
	*ret = (char)byte;
	return 3;
}

static int decode(const char *p, size_t len, char *dst, size_t size)
{
	size_t n = 0, at = 0;

	while (at < len) {
		size_t took;
		char c;

		took = decode_one(p + at, len - at, &c);
		if (took == 0 || c == '\0' || n + 1 >= size)
			return -EINVAL;
		dst[n++] = c;
		at += took;
	}
	dst[n] = '\0';
	return n != 0 ? 0 : -EINVAL;
}

static int decode_field(struct texts *t, enum field f, const char *p, size_t len)
{
	switch (f) {
	case TOKEN:
		return decode(p, len, t->token, sizeof(t->token));
	case HOST:
		return decode(p, len, t->host, sizeof(t->host));
	case PORT:
		return decode(p, len, t->port, sizeof(t->port));
	case PURPOSE:
		return decode(p, len, t->purpose, sizeof(t->purpose));
	case FIELDS:
		break;
	}
	return -EINVAL;
}

static enum field field_of(const char *name, size_t len)
{
	for (int f = 0; f < FIELDS; f++) {
		if (strlen(names[f]) == len && memcmp(names[f], name, len) == 0)
			return (enum field)f;
	}
	return FIELDS;
}

/* "name=value" into its place. */
static int read_pair(struct texts *t, bool seen[FIELDS], const char *p, size_t len)
{
	const char *equals = memchr(p, '=', len);
	enum field f;
	size_t name_len;

	if (equals == NULL)
		return -EINVAL;
	name_len = (size_t)(equals - p);
	f = field_of(p, name_len);
	if (f == FIELDS || seen[f])
		return -EINVAL;
	seen[f] = true;
	return decode_field(t, f, equals + 1, len - name_len - 1);
}

static int read_pairs(struct texts *t, const char *p, size_t len)
{
	bool seen[FIELDS] = { false };

	for (size_t at = 0; at < len;) {
		const char *end = memchr(p + at, '&', len - at);
		size_t n = end != NULL ? (size_t)(end - p) - at : len - at;

		if (read_pair(t, seen, p + at, n) < 0)
			return -EINVAL;
		at += n + 1;
	}
	for (int f = 0; f < FIELDS; f++) {
		if (!seen[f])
			return -EINVAL;
	}
	return 0;
}

static int read_host(const char *text, char ret_host[HOST_MAX + 1])
{
	struct addr a;

	if (addr_parse(text, &a) < 0)
		return host_normalise(text, ret_host);
	addr_format(a, ret_host);
	return 0;
}

int localform_parse(const char *body, size_t len, struct localform *ret_form)
{
	struct texts t = { 0 };
	struct localform f = { 0 };
	uint64_t port;

	if (len > LOCALFORM_MAX)
		return -EMSGSIZE;
	if (read_pairs(&t, body, len) < 0 || read_host(t.host, f.host) < 0 ||
	    str_to_uint(t.port, 1, UINT16_MAX, &port) < 0 ||
	    !str_is_printable_utf8(t.purpose) ||
	    strspn(t.purpose, " ") == strlen(t.purpose))
		return -EINVAL;
	f.port = (uint16_t)port;
	memcpy(f.token, t.token, sizeof(f.token));
	memcpy(f.purpose, t.purpose, sizeof(f.purpose));
	*ret_form = f;
	return 0;
}
