/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input_allow.h"

#include <errno.h>
#include <string.h>

#include "lib/allow/schedule.h"
#include "lib/str.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/when.h"

static const char *const keys[] = { "host",     "address", "ports", "scheme",  "tls_any",
				    "path",     "methods", "list",  "purpose", "reason",
				    "owner",    "from",    "until", "review",  "override",
				    "replaces", NULL };

/* An address is taken for one only when the body says so: a slip must not open one. */
static int get_host(const json_t *body, struct input_allow *in, struct input_error *e)
{
	const char *host;
	struct addr a;

	if (input_string(body, "host", &host, e) < 0 ||
	    input_bool(body, "address", &in->address, e) < 0)
		return -EINVAL;
	if (!in->address) {
		if (addr_parse(host, &a) == 0)
			return input_refuse(e, MSG_HOST_IS_ADDRESS, host);
		if (host_check_pattern(host, in->host) < 0)
			return input_refuse(e, MSG_BAD_HOST, host);
		return 0;
	}
	if (addr_parse(host, &a) < 0 || !allow_address_is_nameable(addr_unmap(a)))
		return input_refuse(e, MSG_BAD_ADDRESS, host);
	addr_format(addr_unmap(a), in->host);
	return 0;
}

static int get_scheme(const json_t *body, struct input_allow *in, struct input_error *e)
{
	static const char *const names[] = { "any", "http", "https" };
	const char *text = "any";

	if (input_has(body, "scheme") && input_string(body, "scheme", &text, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], text) == 0)
			in->scheme = names[i];
	}
	return in->scheme != NULL ? 0 : input_refuse(e, MSG_BAD_SCHEME, text);
}

static void default_ports(struct input_allow *in)
{
	if (strcmp(in->scheme, "https") != 0)
		in->port[in->port_count++] = 80;
	if (strcmp(in->scheme, "http") != 0)
		in->port[in->port_count++] = 443;
}

/* Kept in order, so that the same ports are the same text. Returns false for a second one. */
static bool add_port(struct input_allow *in, uint16_t port)
{
	size_t at = in->port_count;

	while (at > 0 && in->port[at - 1] >= port)
		at--;
	if (at < in->port_count && in->port[at] == port)
		return false;
	memmove(in->port + at + 1, in->port + at,
		(in->port_count - at) * sizeof(in->port[0]));
	in->port[at] = port;
	in->port_count++;
	return true;
}

static int get_ports(const json_t *body, struct input_allow *in, struct input_error *e)
{
	const json_t *ports = json_object_get(body, "ports");

	if (!input_has(body, "ports")) {
		default_ports(in);
		return 0;
	}
	if (!json_is_array(ports))
		return input_refuse(e, MSG_WRONG_TYPE, "ports");
	if (json_array_size(ports) == 0 || json_array_size(ports) > ALLOW_PORTS_MAX)
		return input_refuse(e, MSG_BAD_PORT, "");
	for (size_t i = 0; i < json_array_size(ports); i++) {
		/* 0 when it is no integer */
		json_int_t port = json_integer_value(json_array_get(ports, i));

		if (port < 1 || port > UINT16_MAX || !add_port(in, (uint16_t)port))
			return input_refuse(e, MSG_BAD_PORT, "");
	}
	return 0;
}

/* "/a/" and "/a" are the same prefix of whole segments, and "/" is none. */
static int get_path(const json_t *body, struct input_allow *in, struct input_error *e)
{
	size_t len;

	if (input_maybe_line(body, "path", in->path, sizeof(in->path), e) < 0)
		return -EINVAL;
	if (in->path[0] == '\0')
		return 0;
	if (!allow_path_is_valid(in->path))
		return input_refuse(e, MSG_BAD_PATH, in->path);
	len = strlen(in->path);
	if (in->path[len - 1] == '/')
		in->path[len - 1] = '\0';
	return 0;
}

static bool has_method(const struct input_allow *in, const char *method)
{
	for (size_t i = 0; i < in->method_count; i++) {
		if (strcmp(in->method[i], method) == 0)
			return true;
	}
	return false;
}

static int get_methods(const json_t *body, struct input_allow *in, struct input_error *e)
{
	const json_t *list = json_object_get(body, "methods");

	if (!input_has(body, "methods"))
		return 0;
	if (!json_is_array(list))
		return input_refuse(e, MSG_WRONG_TYPE, "methods");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return input_refuse(e, MSG_WRONG_TYPE, "methods");
		if (in->method_count == INPUT_METHODS_MAX ||
		    !allow_method_is_valid(text) || has_method(in, text))
			return input_refuse(e, MSG_BAD_METHODS, text);
		(void)str_copy(in->method[in->method_count++], sizeof(in->method[0]),
			       text);
	}
	return 0;
}

/* What TLS hides cannot be asked for, and what is not TLS has no TLS name. */
static int check_scheme(const struct input_allow *in, struct input_error *e)
{
	bool plain = in->path[0] != '\0' || in->method_count != 0;

	if (plain && strcmp(in->scheme, "https") == 0)
		return input_refuse(e, MSG_PLAIN_ONLY, "");
	if (in->tls_any && (plain || strcmp(in->scheme, "http") == 0))
		return input_refuse(e, MSG_TLS_ONLY, "");
	return 0;
}

static int get_time(const json_t *body, const char *key, bool end, int64_t *ret_s,
		    struct input_error *e)
{
	const char *text;

	if (!input_has(body, key))
		return 0;
	if (input_string(body, key, &text, e) < 0)
		return -EINVAL;
	return text[0] == '\0' || when_parse(text, end, ret_s) == 0
		       ? 0
		       : input_refuse(e, MSG_BAD_TIME, text);
}

static int get_times(const json_t *body, int64_t now, struct input_allow *in,
		     struct input_error *e)
{
	int32_t day;

	if (get_time(body, "from", false, &in->since, e) < 0 ||
	    get_time(body, "until", true, &in->until, e) < 0 ||
	    input_maybe_line(body, "review", in->review, sizeof(in->review), e) < 0)
		return -EINVAL;
	if (in->until != 0 && in->until <= now)
		return input_refuse(e, MSG_TIME_PAST, "");
	if (in->until != 0 && in->until <= in->since)
		return input_refuse(e, MSG_TIME_ORDER, "");
	if (in->review[0] != '\0' && allow_schedule_date(in->review, &day) < 0)
		return input_refuse(e, MSG_BAD_TIME, in->review);
	return 0;
}

/* "reason" is what the purpose was called first; both would be one too many. */
static int get_purpose(const json_t *body, struct input_allow *in, struct input_error *e)
{
	bool old = json_object_get(body, "reason") != NULL;

	if (old && json_object_get(body, "purpose") != NULL)
		return input_refuse(e, MSG_UNKNOWN_KEY, "reason");
	return input_line(body, old ? "reason" : "purpose", in->purpose,
			  sizeof(in->purpose), e);
}

static int get_replaces(const json_t *body, struct input_allow *in, struct input_error *e)
{
	if (input_maybe_line(body, "replaces", in->replaces, sizeof(in->replaces), e) < 0)
		return -EINVAL;
	if (in->replaces[0] != '\0' && !id_is('a', in->replaces))
		return input_refuse(e, MSG_NO_ENTRY, in->replaces);
	return 0;
}

int input_allow(const json_t *body, int64_t now, struct input_allow *ret,
		struct input_error *e)
{
	struct input_allow in = { 0 };

	if (input_keys(body, keys, e) < 0 || get_host(body, &in, e) < 0 ||
	    get_scheme(body, &in, e) < 0 || get_ports(body, &in, e) < 0 ||
	    input_bool(body, "tls_any", &in.tls_any, e) < 0 ||
	    get_path(body, &in, e) < 0 || get_methods(body, &in, e) < 0 ||
	    check_scheme(&in, e) < 0 ||
	    input_maybe_line(body, "list", in.list, sizeof(in.list), e) < 0 ||
	    get_purpose(body, &in, e) < 0 ||
	    input_maybe_line(body, "owner", in.owner, sizeof(in.owner), e) < 0 ||
	    get_times(body, now, &in, e) < 0 ||
	    input_maybe_line(body, "override", in.override, sizeof(in.override), e) < 0 ||
	    get_replaces(body, &in, e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}
