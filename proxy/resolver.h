/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolver - names to addresses, without waiting
 *
 * Asks the policy's resolvers and nobody else: no resolv.conf, no hosts file, no
 * search list. AAAA and A are asked at the same time. When one of them has brought
 * addresses, the other is waited for at most 50 ms more (RFC 8305 section 3). That
 * goes for both directions, as done is called once: an answer of IPv6 addresses alone
 * leaves a site without IPv6 nothing to fall back on. For the same reason IPv6
 * addresses to which there is no route wait for the A answer to the end.
 *
 * Those who ask for a name that is being asked for share its answer. Answers are kept
 * for their TTL (1 s to 1 h), what comes without the other family 5 s at most, "no
 * such name" and "no address" 5 s, failures 1 s, so that a dead server is not
 * hammered; all of it in a dnscache that is emptied when the servers change.
 *
 * Against forged answers: c-ares gives every question a random id (RC4, keyed from
 * /dev/urandom), and takes an answer only from the connected server's address and port
 * with that id and the same question. The kernel chooses the source port. c-ares keeps
 * one socket while any question is under way, and 1.18 has no
 * ARES_OPT_UDP_MAX_QUERIES; therefore the channel, and with it the port, is exchanged
 * after 128 questions or 10 s, whichever is first (dnsask.h). Not used:
 * letter case (0x20) and DNS cookies, which this c-ares does not have; DNSSEC is left
 * to the resolver asked. Somebody who sees the questions can forge: the addresses are
 * classed afterwards by the caller, and TLS names the origin.
 */
#ifndef PROXY_RESOLVER_H
#define PROXY_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "proxy/loop.h"

#define RESOLVER_ADDRESSES_MAX 32 /* of one answer; further ones are left away */
#define RESOLVER_QUERIES_MAX   8192 /* waiting at once; and names asked for at once */

struct resolver;
struct resolver_query;

/*
 * error is 0 and count at least 1; or a negative errno: -ENOENT (no such name, or
 * no address), -EIO (the resolvers failed). addr is valid during the call only. The
 * addresses are in the order to dial them (RFC 8305 section 4): IPv6 first, then of
 * each family in turn, within a family as the server gave them, none twice.
 * It may call anything here but resolver_free().
 */
typedef void resolver_done(void *user, int error, const struct addr *addr, size_t count);

/*
 * The loop must outlive it. Neither this nor resolver_free() in two threads at once:
 * c-ares counts its users unlocked. Returns 0, -ENOMEM or -EIO.
 */
int resolver_new(struct loop *l, struct resolver **ret_resolver) MUST_CHECK;

/* Queries under way fail with -EIO, inside this call. */
void resolver_free(struct resolver *r);

/*
 * Use these servers from now on (16 at most). When they are others than before,
 * queries under way fail with -EIO, inside this call, and the cache is emptied.
 * Returns 0, or -ENOMEM or -EIO: then the ones before stay.
 */
int resolver_use(struct resolver *r, const struct addr *server, size_t count) MUST_CHECK;

/* The same with servers at another port than 53. */
int resolver_use_port(struct resolver *r, const struct addr *server, size_t count,
		      uint16_t port) MUST_CHECK;

/*
 * Ask for a normalised host name. *ret_query is written first, as done may be called
 * before this returns: always so, with *ret_query NULL and no memory taken, when the
 * answer is cached. It is valid until done is called.
 * Returns 0, -EBUSY (RESOLVER_QUERIES_MAX), -ENOTCONN (no servers), -EINVAL (a name
 * of more than 253 bytes, or empty) or -ENOMEM.
 */
int resolver_start(struct resolver *r, const char *host, resolver_done *done, void *user,
		   struct resolver_query **ret_query) MUST_CHECK;

struct resolver_counts {
	uint64_t hits, misses, failures; /* since it was made; failures are misses too */
	size_t names; /* cached now */
};

struct resolver_counts resolver_counts(const struct resolver *r);

/* done will not be called any more; the answer goes to the cache yet. NULL is fine. */
void resolver_cancel(struct resolver_query *q);

#endif
