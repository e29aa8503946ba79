/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/question.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/addr.h"
#include "lib/host.h"
#include "lib/str.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/when.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443

/* The parts of a target as text; what is missing is NULL. */
struct target {
	const char *scheme, *host, *port, *path;
	char buffer[2048]; /* a URL, cut at its borders */
};

static const char *get(const struct api_request *req, const char *key)
{
	for (size_t i = 0; i < req->query_count; i++) {
		if (strcmp(req->query[i].key, key) == 0 && req->query[i].value[0] != '\0')
			return req->query[i].value;
	}
	return NULL;
}

/* "scheme://host:port/path": only what the proxy needs to know of a URL (RFC 3986, 3). */
static int split_url(const char *url, struct target *t)
{
	char *at, *port;
	size_t len;

	if (str_copy(t->buffer, sizeof(t->buffer), url) < 0)
		return -EINVAL;
	at = strstr(t->buffer, "://");
	if (at == NULL)
		return -EINVAL;
	*at = '\0';
	t->scheme = t->buffer;
	t->host = at + 3;
	len = strcspn(t->host, "/?#");
	/* the path begins after the host; a buffer's end for "no path" */
	t->path = url + (t->host - t->buffer) + len;
	at += 3 + len;
	*at = '\0';
	if (strchr(t->host, '@') != NULL)
		return -EINVAL;
	if (t->host[0] == '[') {
		t->host++;
		port = strchr(t->host, ']');
		if (port == NULL || (port[1] != ':' && port[1] != '\0'))
			return -EINVAL;
		*port++ = '\0';
	} else {
		port = strchr(t->host, ':');
	}
	if (port != NULL && *port == ':') {
		*port = '\0';
		t->port = port[1] != '\0' ? port + 1 : NULL;
	}
	return 0;
}

static int read_target(const struct api_request *req, struct target *t,
		       const char **ret_bad)
{
	const char *url = get(req, "url");

	t->scheme = get(req, "scheme");
	t->host = get(req, "host");
	t->port = get(req, "port");
	t->path = get(req, "path");
	*ret_bad = "url";
	if (url != NULL && (t->host != NULL || t->port != NULL || t->scheme != NULL ||
			    t->path != NULL || split_url(url, t) < 0))
		return -EINVAL;
	*ret_bad = "host";
	return t->host != NULL ? 0 : -EINVAL;
}

static int set_host(const char *text, struct proto_decide *q)
{
	char pattern[HOST_PATTERN_MAX + 1];
	struct addr a;

	if (addr_parse(text, &a) == 0) {
		addr_format(addr_unmap(a), q->host);
		return 0;
	}
	if (host_check_pattern(text, pattern) < 0 || pattern[0] == '*')
		return -EINVAL;
	return str_copy(q->host, sizeof(q->host), pattern);
}

/* A port says which scheme is meant, where none is given, and the other way round. */
static int set_port(const struct target *t, struct proto_decide *q, const char **ret_bad)
{
	uint64_t port = 0;

	*ret_bad = "port";
	if (t->port != NULL && str_to_uint(t->port, 1, UINT16_MAX, &port) < 0)
		return -EINVAL;
	*ret_bad = "scheme";
	if (t->scheme == NULL)
		q->scheme = port == HTTP_PORT ? PROTO_SCHEME_HTTP : PROTO_SCHEME_HTTPS;
	else if (strcasecmp(t->scheme, "http") == 0)
		q->scheme = PROTO_SCHEME_HTTP;
	else if (strcasecmp(t->scheme, "https") == 0)
		q->scheme = PROTO_SCHEME_HTTPS;
	else
		return -EINVAL;
	if (port == 0)
		port = q->scheme == PROTO_SCHEME_HTTP ? HTTP_PORT : HTTPS_PORT;
	q->port = (uint16_t)port;
	return 0;
}

static int set_path(const char *text, struct proto_decide *q)
{
	size_t len = text != NULL ? strcspn(text, "#") : 0;
	int n = snprintf(q->path, sizeof(q->path), "%s%.*s",
			 len != 0 && text[0] == '/' ? "" : "/", (int)len,
			 len != 0 ? text : "");

	return n > 0 && (size_t)n < sizeof(q->path) && str_is_printable_utf8(q->path)
		       ? 0
		       : -EINVAL;
}

static int set_text(const char *text, char *dst, size_t size)
{
	if (text == NULL)
		return 0;
	return str_is_printable_utf8(text) ? str_copy(dst, size, text) : -EINVAL;
}

int question_parse(const struct api_request *req, struct proto_decide *ret,
		   const char **ret_bad)
{
	struct proto_decide q = { .method = "GET" };
	const char *at = get(req, "at");
	struct target t;

	if (read_target(req, &t, ret_bad) < 0)
		return -EINVAL;
	*ret_bad = "host";
	if (set_host(t.host, &q) < 0 || set_port(&t, &q, ret_bad) < 0)
		return -EINVAL;
	*ret_bad = "path";
	if (set_path(t.path, &q) < 0)
		return -EINVAL;
	*ret_bad = "method";
	if (set_text(get(req, "method"), q.method, sizeof(q.method)) < 0)
		return -EINVAL;
	*ret_bad = "user";
	if (set_text(get(req, "user"), q.user, sizeof(q.user)) < 0)
		return -EINVAL;
	*ret_bad = "at";
	if (at != NULL && when_parse(at, false, &q.time_s) < 0)
		return -EINVAL;
	*ret = q;
	return 0;
}
