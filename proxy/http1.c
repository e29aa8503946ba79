/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/http1.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 18 /* below 2^63 without looking */

/* What a byte may be part of. */
#define TOKEN 1 /* RFC 9110 5.6.2 */
#define TEXT \
	2 /* field values and reason phrases: printable ASCII, space, tab, obs-text */

/* clang-format off */
static const uint8_t class_of[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 3, 2, 3, 3, 3, 3, 3, 2, 2, 3, 3, 2, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2,
	2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 3, 3,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 3, 2, 3, 0,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};
/* clang-format on */

bool http1_is_token_char(char c)
{
	return (class_of[(uint8_t)c] & TOKEN) != 0;
}

static bool is_all(struct http1_span s, uint8_t class)
{
	uint8_t all = class;

	for (size_t i = 0; i < s.len; i++)
		all &= class_of[(uint8_t)s.p[i]];
	return all == class;
}

static bool is_token(struct http1_span s)
{
	return s.len != 0 && is_all(s, TOKEN);
}

static bool is_text(struct http1_span s)
{
	return is_all(s, TEXT);
}

bool http1_span_is(struct http1_span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.p, text, s.len) == 0;
}

static struct http1_span trim(struct http1_span s)
{
	while (s.len != 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

bool http1_list_has(struct http1_span list, struct http1_span token)
{
	while (list.len != 0) {
		const char *comma = memchr(list.p, ',', list.len);
		size_t part = comma != NULL ? (size_t)(comma - list.p) : list.len;
		struct http1_span item = trim((struct http1_span){ list.p, part });

		if (item.len == token.len && strncasecmp(item.p, token.p, item.len) == 0)
			return true;
		if (comma == NULL)
			return false;
		list.p += part + 1;
		list.len -= part + 1;
	}
	return false;
}

const struct http1_field *http1_find(const struct http1_head *head,
				     enum http1_known known)
{
	for (size_t i = 0; i < head->field_count; i++) {
		if (head->field[i].known == known)
			return &head->field[i];
	}
	return NULL;
}

bool http1_method_is(const struct http1_head *head, const char *method)
{
	return head->method.len == strlen(method) &&
	       memcmp(head->method.p, method, head->method.len) == 0;
}

bool http1_connection_has(const struct http1_head *head, const char *option)
{
	struct http1_span token = { option, strlen(option) };

	for (size_t i = 0; head->connection && i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if ((f->known == HTTP1_CONNECTION ||
		     f->known == HTTP1_PROXY_CONNECTION) &&
		    http1_list_has(f->value, token))
			return true;
	}
	return false;
}

/* No NUL, and no CR but at the very end: there its LF may still come. */
static bool is_part_of_line(const char *p, size_t len)
{
	return memchr(p, '\0', len) == NULL &&
	       (len < 2 || memchr(p, '\r', len - 1) == NULL);
}

ssize_t http1_head_end(const char *data, size_t len, size_t *scan)
{
	size_t at = *scan; /* the beginning of a line */

	while (at < len) {
		const char *p = data + at, *nl = memchr(p, '\n', len - at);
		size_t line = nl != NULL ? (size_t)(nl - p) : len - at;

		if (!is_part_of_line(p, line) ||
		    (nl != NULL && (line == 0 || nl[-1] != '\r')))
			return -EBADMSG;
		if (nl == NULL)
			break;
		at += line + 1;
		if (line == 1) {
			*scan = at;
			return (ssize_t)at;
		}
	}
	*scan = at;
	return 0;
}

/* Take the next line, without its CRLF, from *rest. */
static int take_line(struct http1_span *rest, struct http1_span *ret_line)
{
	const char *nl = memchr(rest->p, '\n', rest->len);
	size_t len;

	if (nl == NULL || nl == rest->p || nl[-1] != '\r')
		return -EBADMSG;
	len = (size_t)(nl - rest->p) + 1;
	*ret_line = (struct http1_span){ rest->p, len - 2 };
	if (memchr(ret_line->p, '\r', ret_line->len) != NULL)
		return -EBADMSG;
	rest->p += len;
	rest->len -= len;
	return 0;
}

static int parse_length(struct http1_head *h, struct http1_span v)
{
	uint64_t n = 0;

	if (h->has_length || v.len == 0 || v.len > LENGTH_DIGITS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -EBADMSG;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	h->has_length = true;
	h->length = n;
	return 0;
}

/* By length first: few names share one. */
static enum http1_known known_of(struct http1_span name)
{
	static const struct {
		const char *text;
		enum http1_known known;
	} table[] = {
		{ "te", HTTP1_TE },
		{ "host", HTTP1_HOST },
		{ "expect", HTTP1_EXPECT },
		{ "upgrade", HTTP1_UPGRADE },
		{ "connection", HTTP1_CONNECTION },
		{ "keep-alive", HTTP1_KEEP_ALIVE },
		{ "max-forwards", HTTP1_MAX_FORWARDS },
		{ "content-length", HTTP1_CONTENT_LENGTH },
		{ "accept-language", HTTP1_ACCEPT_LANGUAGE },
		{ "proxy-connection", HTTP1_PROXY_CONNECTION },
		{ "x-sekisho-reason", HTTP1_SEKISHO },
		{ "transfer-encoding", HTTP1_TRANSFER_ENCODING },
		{ "proxy-authenticate", HTTP1_PROXY_AUTHENTICATE },
		{ "proxy-authorization", HTTP1_PROXY_AUTHORIZATION },
		{ "x-sekisho-reference", HTTP1_SEKISHO },
		{ "proxy-authentication-info", HTTP1_PROXY_AUTHENTICATION_INFO },
	};
	/* where the names of that length begin, and how many there are */
	static const struct {
		uint8_t first, count;
	} by_len[] = {
		[2] = { 0, 1 },   [4] = { 1, 1 },   [6] = { 2, 1 },   [7] = { 3, 1 },
		[10] = { 4, 2 },  [12] = { 6, 1 },  [14] = { 7, 1 },  [15] = { 8, 1 },
		[16] = { 9, 2 },  [17] = { 11, 1 }, [18] = { 12, 1 }, [19] = { 13, 2 },
		[25] = { 15, 1 },
	};

	if (name.len >= sizeof(by_len) / sizeof(by_len[0]))
		return HTTP1_OTHER;
	for (size_t i = 0; i < by_len[name.len].count; i++) {
		size_t at = by_len[name.len].first + i;

		if (strncasecmp(name.p, table[at].text, name.len) == 0)
			return table[at].known;
	}
	return HTTP1_OTHER;
}

static int note_field(struct http1_head *h, const struct http1_field *f)
{
	switch (f->known) {
	case HTTP1_CONTENT_LENGTH:
		return parse_length(h, f->value);
	case HTTP1_TRANSFER_ENCODING:
		if (h->chunked)
			return -EBADMSG;
		if (!http1_span_is(f->value, "chunked"))
			return -EOPNOTSUPP;
		h->chunked = true;
		return 0;
	case HTTP1_HOST:
		if (h->host.p != NULL)
			return -EBADMSG;
		h->host = f->value;
		return 0;
	case HTTP1_CONNECTION:
	case HTTP1_PROXY_CONNECTION:
		h->connection = true;
		return 0;
	case HTTP1_MAX_FORWARDS:
		h->max_forwards++;
		return 0;
	default:
		return 0;
	}
}

static int parse_field(struct http1_head *h, struct http1_span line)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct http1_field f;

	if (colon == NULL)
		return -EBADMSG;
	f.name = (struct http1_span){ line.p, (size_t)(colon - line.p) };
	f.value = trim((struct http1_span){ colon + 1, line.len - f.name.len - 1 });
	/* the token rule also refuses folded lines and a space before the colon */
	if (!is_token(f.name) || !is_text(f.value))
		return -EBADMSG;
	if (h->field_count == HTTP1_FIELDS_MAX)
		return -E2BIG;
	f.known = known_of(f.name);
	h->field[h->field_count++] = f;
	return note_field(h, &f);
}

static int parse_fields(struct http1_head *h, struct http1_span rest)
{
	struct http1_span line;
	int r = take_line(&rest, &line);

	while (r == 0 && line.len != 0) {
		r = parse_field(h, line);
		if (r == 0)
			r = take_line(&rest, &line);
	}
	if (r < 0)
		return r;
	if (rest.len != 0)
		return -EBADMSG;
	/* RFC 9112 6.1: both at once is how requests are smuggled */
	if (h->chunked && (h->has_length || h->minor == 0))
		return -EBADMSG;
	return 0;
}

/* "HTTP/1.x" */
static int parse_version(struct http1_span s, unsigned *ret_minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.')
		return -EBADMSG;
	if (s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
		return -EBADMSG;
	if (s.p[5] != '1' || s.p[7] > '1')
		return -EPROTONOSUPPORT;
	*ret_minor = (unsigned)(s.p[7] - '0');
	return 0;
}

static bool is_target(struct http1_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return s.len != 0;
}

static int parse_request_line(struct http1_head *h, struct http1_span line)
{
	const char *sp = memchr(line.p, ' ', line.len);
	const char *last = memrchr(line.p, ' ', line.len);

	if (sp == NULL || last == sp)
		return -EBADMSG;
	h->method = (struct http1_span){ line.p, (size_t)(sp - line.p) };
	h->target = (struct http1_span){ sp + 1, (size_t)(last - sp) - 1 };
	if (!is_token(h->method) || h->method.len > HTTP1_METHOD_MAX ||
	    !is_target(h->target))
		return -EBADMSG;
	return parse_version(
		(struct http1_span){ last + 1, line.len - (size_t)(last + 1 - line.p) },
		&h->minor);
}

/* All but the fields, of which there are none yet. */
static void clear(struct http1_head *h)
{
	memset(h, 0, offsetof(struct http1_head, field));
}

static void copy(struct http1_head *dst, const struct http1_head *src)
{
	memcpy(dst, src,
	       offsetof(struct http1_head, field) +
		       src->field_count * sizeof(src->field[0]));
}

int http1_parse_request(const char *data, size_t len, struct http1_head *ret_head)
{
	struct http1_head h;
	struct http1_span rest = { data, len }, line;
	int r = take_line(&rest, &line);

	clear(&h);
	if (r == 0)
		r = parse_request_line(&h, line);
	if (r == 0)
		r = parse_fields(&h, rest);
	if (r == 0 && h.minor == 1 && h.host.p == NULL)
		r = -EBADMSG;
	if (r == 0)
		copy(ret_head, &h);
	return r;
}

static int parse_status_line(struct http1_head *h, struct http1_span line)
{
	int r;

	if (line.len < 12 || line.p[8] != ' ')
		return -EBADMSG;
	r = parse_version((struct http1_span){ line.p, 8 }, &h->minor);
	if (r < 0)
		return r;
	for (size_t i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return -EBADMSG;
		h->status = h->status * 10 + (unsigned)(line.p[i] - '0');
	}
	if (h->status < 100 || h->status > 599)
		return -EBADMSG;
	if (line.len == 12) /* many origins leave the last space away */
		return 0;
	h->phrase = (struct http1_span){ line.p + 13, line.len - 13 };
	return line.p[12] == ' ' && is_text(h->phrase) ? 0 : -EBADMSG;
}

int http1_parse_response(const char *data, size_t len, struct http1_head *ret_head)
{
	struct http1_head h;
	struct http1_span rest = { data, len }, line;
	int r = take_line(&rest, &line);

	clear(&h);
	if (r == 0)
		r = parse_status_line(&h, line);
	if (r == 0)
		r = parse_fields(&h, rest);
	if (r == 0)
		copy(ret_head, &h);
	return r;
}
