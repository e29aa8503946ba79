/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target - what a request asks for: host, port, path (RFC 9112 3.2)
 *
 * Pure. The host comes out in the one normal form of lib/host.h, or as an
 * address. Userinfo, percent-encoded hosts, zone ids, fragments and other
 * schemes than http are refused.
 */
#ifndef PROXY_TARGET_H
#define PROXY_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/host.h"
#include "proxy/http1.h"

struct target {
	char host[HOST_MAX + 1]; /* normalised name, or the address as text */
	struct addr addr; /* unmapped; family 0 unless the host is an address */
	uint16_t port;
	struct http1_span path; /* absolute-form: into the input, may be empty */
};

/* "host:port" of CONNECT. Returns 0 or -EBADMSG. */
int target_parse_authority(struct http1_span text, struct target *ret_target) MUST_CHECK;

/* "http://host[:port][/path][?query]". Returns 0 or -EBADMSG. */
int target_parse_absolute(struct http1_span text, struct target *ret_target) MUST_CHECK;

/*
 * "/path[?query]" of a client that does not know it speaks to a proxy, with its Host
 * field (p may be NULL). Returns 0 or -EBADMSG.
 */
int target_parse_origin(struct http1_span text, struct http1_span host,
			struct target *ret_target) MUST_CHECK;

/* Does a Host field's value name the same host? The port is not compared. */
bool target_host_is(const struct target *t, struct http1_span host_field);

#endif
