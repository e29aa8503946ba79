/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolver - names to addresses, without waiting (c-ares appears here only)
 *
 * Asks the policy's resolvers and nobody else: no resolv.conf, no hosts file, no
 * search list. IPv4 and IPv6 are asked together.
 */
#ifndef PROXY_RESOLVER_H
#define PROXY_RESOLVER_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define RESOLVER_ADDRESSES_MAX 32 /* of one answer; further ones are left away */
#define RESOLVER_QUERIES_MAX   8192 /* under way at once */

struct resolver;
struct resolver_query;

/*
 * error is 0 and count at least 1; or a negative errno: -ENOENT (no such name, or
 * no address), -EIO (the resolvers failed). addr is valid during the call only.
 */
typedef void resolver_done(void *user, int error, const struct addr *addr, size_t count);

/* event must outlive it. Returns 0, -ENOMEM or -EIO. */
int resolver_new(sd_event *event, struct resolver **ret_resolver) MUST_CHECK;

/* Queries under way fail with -EIO, inside this call. */
void resolver_free(struct resolver *r);

/*
 * Use these servers from now on. When they are others than before, queries under
 * way fail with -EIO, inside this call. Returns 0, or -ENOMEM or -EIO: then the
 * ones before stay.
 */
int resolver_use(struct resolver *r, const struct addr *server, size_t count) MUST_CHECK;

/*
 * Ask for a normalised host name. *ret_query is written first, as done may be
 * called before this returns; it is valid until done is called.
 * Returns 0, -EBUSY (RESOLVER_QUERIES_MAX), -ENOTCONN (no servers) or -ENOMEM.
 */
int resolver_start(struct resolver *r, const char *host, resolver_done *done, void *user,
		   struct resolver_query **ret_query) MUST_CHECK;

/* done will not be called any more. */
void resolver_cancel(struct resolver_query *q);

#endif
