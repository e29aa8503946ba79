/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/http1.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 18 /* below 2^63 without looking */

static bool is_token_char(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct http1_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_token_char(s.p[i]))
			return false;
	}
	return s.len != 0;
}

/* Field values and reason phrases: printable ASCII, space, tab, obs-text. */
static bool is_text(struct http1_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
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

const struct http1_field *http1_find(const struct http1_head *head, const char *name)
{
	for (size_t i = 0; i < head->field_count; i++) {
		if (http1_span_is(head->field[i].name, name))
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

	for (size_t i = 0; i < head->field_count; i++) {
		const struct http1_field *f = &head->field[i];

		if ((http1_span_is(f->name, "connection") ||
		     http1_span_is(f->name, "proxy-connection")) &&
		    http1_list_has(f->value, token))
			return true;
	}
	return false;
}

ssize_t http1_head_end(const char *data, size_t len, size_t *scan)
{
	for (size_t i = *scan; i < len; i++) {
		if (data[i] == '\0')
			return -EBADMSG;
		if (data[i] == '\r' && i + 1 < len && data[i + 1] != '\n')
			return -EBADMSG;
		if (data[i] != '\n')
			continue;
		if (i == 0 || data[i - 1] != '\r')
			return -EBADMSG;
		if (i == 1 || (i >= 3 && data[i - 2] == '\n')) {
			*scan = i + 1;
			return (ssize_t)(i + 1);
		}
	}
	/* a CR at the end is looked at again together with what follows it */
	*scan = len != 0 && data[len - 1] == '\r' ? len - 1 : len;
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

static int note_field(struct http1_head *h, const struct http1_field *f)
{
	if (http1_span_is(f->name, "content-length"))
		return parse_length(h, f->value);
	if (http1_span_is(f->name, "transfer-encoding")) {
		if (h->chunked)
			return -EBADMSG;
		if (!http1_span_is(f->value, "chunked"))
			return -EOPNOTSUPP;
		h->chunked = true;
	}
	if (http1_span_is(f->name, "host")) {
		if (h->host.p != NULL)
			return -EBADMSG;
		h->host = f->value;
	}
	return 0;
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

int http1_parse_request(const char *data, size_t len, struct http1_head *ret_head)
{
	struct http1_head h = { 0 };
	struct http1_span rest = { data, len }, line;
	int r = take_line(&rest, &line);

	if (r == 0)
		r = parse_request_line(&h, line);
	if (r == 0)
		r = parse_fields(&h, rest);
	if (r == 0 && h.minor == 1 && h.host.p == NULL)
		r = -EBADMSG;
	if (r == 0)
		*ret_head = h;
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
	struct http1_head h = { 0 };
	struct http1_span rest = { data, len }, line;
	int r = take_line(&rest, &line);

	if (r == 0)
		r = parse_status_line(&h, line);
	if (r == 0)
		r = parse_fields(&h, rest);
	if (r == 0)
		*ret_head = h;
	return r;
}
