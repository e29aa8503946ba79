/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/basic.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "lib/str.h"

#define SCHEME   "Basic"
#define TEXT_MAX (2 * PROTO_SIGN_IN_MAX + 3) /* 4 characters are 3 bytes */

/* Both parts of "login:password", which is terminated and len long. */
static int split(const char *text, size_t len, struct basic *b)
{
	const char *colon = memchr(text, ':', len);
	size_t login_len;

	if (strlen(text) != len || !str_is_printable_utf8(text) || colon == NULL)
		return -EBADMSG;
	login_len = (size_t)(colon - text);
	if (login_len == 0 || login_len + 1 == len)
		return -EBADMSG;
	if (login_len > PROTO_SIGN_IN_MAX || len - login_len - 1 > PROTO_SIGN_IN_MAX)
		return -EMSGSIZE;
	memset(b, 0, sizeof(*b));
	memcpy(b->login, text, login_len);
	memcpy(b->password, colon + 1, len - login_len - 1);
	return 0;
}

int basic_parse(struct http1_span value, struct basic *ret)
{
	const size_t scheme = strlen(SCHEME);
	char text[TEXT_MAX + 1];
	size_t len;
	int r;

	if (value.len <= scheme || value.p[scheme] != ' ' ||
	    strncasecmp(value.p, SCHEME, scheme) != 0)
		return -EPROTONOSUPPORT;
	value.p += scheme;
	value.len -= scheme;
	while (value.len != 0 && value.p[0] == ' ') { /* RFC 9110 11.4: 1*SP */
		value.p++;
		value.len--;
	}
	if (value.len >
	    sodium_base64_ENCODED_LEN(TEXT_MAX, sodium_base64_VARIANT_ORIGINAL) - 1)
		return -EMSGSIZE;
	r = sodium_base642bin((uint8_t *)text, sizeof(text) - 1, value.p, value.len, NULL,
			      &len, NULL, sodium_base64_VARIANT_ORIGINAL);
	if (r == 0) {
		text[len] = '\0';
		r = split(text, len, ret);
	} else {
		r = -EBADMSG;
	}
	explicit_bzero(text, sizeof(text));
	return r;
}

int basic_of(const struct http1_head *h, struct basic *ret)
{
	const struct http1_field *found = NULL;

	for (size_t i = 0; i < h->field_count; i++) {
		if (h->field[i].known != HTTP1_PROXY_AUTHORIZATION)
			continue;
		if (found != NULL)
			return -EBADMSG;
		found = &h->field[i];
	}
	return found != NULL ? basic_parse(found->value, ret) : -ENOENT;
}

void basic_wipe(struct basic *b)
{
	explicit_bzero(b, sizeof(*b));
}
