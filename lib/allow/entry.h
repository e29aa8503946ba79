/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry - one line of the allowlist, and which texts may stand in it (level 2)
 *
 * The ledger keeps more (purpose, owner, review date, override); what is here is
 * what the decision needs. The allow folder: entries go into an image (build.h),
 * which is mapped (image.h) and asked (match.h) for the lists that count (list.h).
 */
#ifndef LIB_ALLOW_ENTRY_H
#define LIB_ALLOW_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define ALLOW_ENTRIES_MAX 4000000u
#define ALLOW_SAME_MAX    1024 /* entries that name the very same host */
#define ALLOW_PORTS_MAX   16 /* an entry */
#define ALLOW_PATH_MAX    255
#define ALLOW_METHODS_MAX 16
#define ALLOW_METHOD_MAX  15 /* bytes */
#define ALLOW_LISTS_MAX   256

/*
 * ANY: plain HTTP at the entry's ports other than 443, CONNECT at its ports other
 * than 80. The other two: that one alone, at all its ports.
 */
enum allow_scheme {
	ALLOW_SCHEME_ANY,
	ALLOW_SCHEME_HTTP,
	ALLOW_SCHEME_HTTPS, /* by CONNECT */
};

struct allow_entry {
	const char *id; /* "a..." */
	const char *host; /* normalised pattern (lib/host.h), or an address's text */
	uint16_t port[ALLOW_PORTS_MAX]; /* 1 or more, none twice */
	size_t port_count;
	enum allow_scheme scheme;
	bool tls_any; /* CONNECT without a look at the TLS name */
	const char *path; /* prefix of whole segments, plain HTTP only; "" none */
	const char *method[ALLOW_METHODS_MAX]; /* plain HTTP only; none: all */
	size_t method_count;
	uint16_t list; /* index into the revision's lists */
	int64_t from, until; /* seconds UTC, valid in from <= now < until; 0: no bound */
};

/* The text of an address as addr_format() writes it, unmapped, and nameable. */
bool allow_address_is_valid(const char *text);

/*
 * May an entry name this address, private or not? Not loopback, unspecified,
 * multicast, broadcast or link-local, and not IPv6 that carries an IPv4 address.
 */
bool allow_address_is_nameable(struct addr a);

/* '/' and printable ASCII without query, fragment and what allow_path_is_plain() refuses. */
bool allow_path_is_valid(const char *path);

/*
 * Does a request's path mean what it says? Not with "%2e", "%2f", "%5c" (either
 * case), '\', "//" or a segment "." or ".." (also with parameters, "..;x"). What
 * follows '?' does not count.
 */
bool allow_path_is_plain(const char *path);

/* A token of RFC 9110, 5.6.2, of ALLOW_METHOD_MAX bytes at most, in upper case; not CONNECT. */
bool allow_method_is_valid(const char *method);

/* Is all of it as described above? What is wrong: *ret_what, a short English text. */
bool allow_entry_is_valid(const struct allow_entry *e, const char **ret_what);

#endif
