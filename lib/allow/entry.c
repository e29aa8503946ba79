/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/entry.h"

#include <string.h>
#include <strings.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "lib/id.h"

#define SECONDS_MAX 253402300799ll /* the end of the year 9999 */

static const struct {
	struct addr addr;
	uint8_t len;
} unnameable[] = {
	{ { 4, { 0 } }, 8 }, /* this network */
	{ { 4, { 127 } }, 8 }, /* loopback */
	{ { 4, { 169, 254 } }, 16 }, /* link-local */
	{ { 4, { 224 } }, 4 }, /* multicast */
	{ { 4, { 255, 255, 255, 255 } }, 32 },
	{ { 6, { 0 } }, 8 }, /* unspecified, loopback, IPv4-mapped and -compatible */
	{ { 6, { 0x00, 0x64, 0xff, 0x9b } }, 32 }, /* NAT64 */
	{ { 6, { 0x20, 0x01, 0x00, 0x00 } }, 32 }, /* Teredo */
	{ { 6, { 0x20, 0x02 } }, 16 }, /* 6to4 */
	{ { 6, { 0xfe, 0x80 } }, 10 }, /* link-local */
	{ { 6, { 0xff } }, 8 }, /* multicast */
};

bool allow_address_is_nameable(struct addr a)
{
	for (size_t i = 0; i < ARRAY_LEN(unnameable); i++) {
		struct prefix p = { unnameable[i].addr, unnameable[i].len };

		if (prefix_contains(p, a))
			return false;
	}
	return a.family != 0;
}

bool allow_address_is_valid(const char *text)
{
	char again[ADDR_TEXT_MAX];
	struct addr a;

	if (addr_parse(text, &a) < 0 || !allow_address_is_nameable(a))
		return false;
	addr_format(a, again);
	return strcmp(again, text) == 0;
}

static bool is_escape(const char *p)
{
	return strncasecmp(p, "%2e", 3) == 0 || strncasecmp(p, "%2f", 3) == 0 ||
	       strncasecmp(p, "%5c", 3) == 0;
}

/* p stands behind a '/': does an empty, "." or ".." segment begin here? */
static bool is_step(const char *p)
{
	size_t n = strcspn(p, "/;?");

	if (n == 0)
		return *p == '/' || *p == ';';
	return n <= 2 && strncmp(p, "..", n) == 0;
}

bool allow_path_is_plain(const char *path)
{
	for (const char *p = path; *p != '\0' && *p != '?'; p++) {
		if (*p == '\\' || (*p == '%' && is_escape(p)) ||
		    (*p == '/' && is_step(p + 1)))
			return false;
	}
	return true;
}

bool allow_path_is_valid(const char *path)
{
	if (path[0] != '/' || strlen(path) > ALLOW_PATH_MAX)
		return false;
	for (const char *p = path; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
			return false;
	}
	return allow_path_is_plain(path);
}

bool allow_method_is_valid(const char *method)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strlen(method);

	return len != 0 && len <= ALLOW_METHOD_MAX && strspn(method, token) == len &&
	       strcmp(method, "CONNECT") != 0;
}

static bool host_is_valid(const char *host)
{
	char normal[HOST_PATTERN_MAX + 1];

	if (host_pattern_normalise(host, normal) == 0)
		return strcmp(host, normal) == 0;
	return allow_address_is_valid(host);
}

static bool ports_are_valid(const struct allow_entry *e)
{
	if (e->port_count == 0 || e->port_count > ALLOW_PORTS_MAX)
		return false;
	for (size_t i = 0; i < e->port_count; i++) {
		if (e->port[i] == 0)
			return false;
		for (size_t k = 0; k < i; k++) {
			if (e->port[k] == e->port[i])
				return false;
		}
	}
	return true;
}

static bool methods_are_valid(const struct allow_entry *e)
{
	if (e->method_count > ALLOW_METHODS_MAX)
		return false;
	for (size_t i = 0; i < e->method_count; i++) {
		if (!allow_method_is_valid(e->method[i]))
			return false;
	}
	return true;
}

static bool times_are_valid(const struct allow_entry *e)
{
	return e->from >= 0 && e->from <= SECONDS_MAX && e->until >= 0 &&
	       e->until <= SECONDS_MAX && (e->until == 0 || e->from < e->until);
}

static const char *what_is_wrong(const struct allow_entry *e)
{
	if (!id_is('a', e->id))
		return "the id is no entry's";
	if (!host_is_valid(e->host))
		return "the host is no name, pattern or address in normal form";
	if (!ports_are_valid(e))
		return "1 to 16 different ports are needed";
	if (e->scheme > ALLOW_SCHEME_HTTPS)
		return "the scheme is unknown";
	if (e->path[0] != '\0' && !allow_path_is_valid(e->path))
		return "the path must begin with '/' and hold no query and no detours";
	if (!methods_are_valid(e))
		return "at most 16 methods, in upper case, without CONNECT";
	if (e->scheme == ALLOW_SCHEME_HTTPS &&
	    (e->path[0] != '\0' || e->method_count != 0))
		return "path and methods are for plain HTTP only";
	if (e->scheme == ALLOW_SCHEME_HTTP && e->tls_any)
		return "the TLS name is for CONNECT only";
	if (e->list >= ALLOW_LISTS_MAX)
		return "the list does not exist";
	if (!times_are_valid(e))
		return "the entry must begin before it ends";
	return NULL;
}

bool allow_entry_is_valid(const struct allow_entry *e, const char **ret_what)
{
	const char *what = what_is_wrong(e);

	if (what != NULL)
		*ret_what = what;
	return what == NULL;
}
