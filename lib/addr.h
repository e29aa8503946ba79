/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * addr - IPv4/IPv6 addresses, prefixes and MAC addresses as plain values (level 1)
 *
 * Text goes in through the _parse functions, which accept one canonical reading
 * only (no leading zeros, no IPv4 short forms, no zone ids), and comes out
 * through _format into a caller's buffer. Errors: 0 or -EINVAL.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/attr.h"

#define ADDR_TEXT_MAX 48 /* with the terminator; fits a prefix too */
#define MAC_TEXT_MAX  18 /* "02:00:00:00:00:01" and its terminator */

struct addr {
	uint8_t family; /* 0 (none), 4 or 6 */
	uint8_t bytes[16]; /* network order; the first 4 for IPv4, the rest zero */
};

struct prefix {
	struct addr addr; /* host bits are zero */
	uint8_t len; /* 0..32 or 0..128 */
};

struct mac {
	uint8_t b[6];
};

int addr_parse(const char *text, struct addr *ret_addr) MUST_CHECK;

/* "-" when family is 0. */
void addr_format(struct addr a, char dst[ADDR_TEXT_MAX]);

/* Address, or address/len. Host bits set in address/len are refused. */
int prefix_parse(const char *text, struct prefix *ret_prefix) MUST_CHECK;
void prefix_format(struct prefix p, char dst[ADDR_TEXT_MAX]);

bool addr_equal(struct addr a, struct addr b);
bool prefix_contains(struct prefix p, struct addr a);
bool prefix_overlaps(struct prefix p, struct prefix q);

/* ::ffff:a.b.c.d becomes the IPv4 address; everything else stays. */
struct addr addr_unmap(struct addr a);

/*
 * Between addr and sockets. Ports are in host order; ret_port must not be NULL. What
 * comes from a socket is unmapped: an IPv4 client of a dual-stack socket is IPv4.
 */
socklen_t addr_to_sockaddr(struct addr a, uint16_t port, struct sockaddr_storage *ret_ss);
struct addr addr_from_sockaddr(const struct sockaddr *sa, uint16_t *ret_port);

/* Six pairs of hex digits joined by ':' or '-', either case. */
int mac_parse(const char *text, struct mac *ret_mac) MUST_CHECK;
void mac_format(struct mac m, char dst[MAC_TEXT_MAX]);
bool mac_is_zero(struct mac m);
bool mac_equal(struct mac a, struct mac b);

/*
 * As people write it: any case, joined by ':', '-', '.' or blanks as 6 pairs, 3 fours
 * or 2 sixes, or not at all; full-width signs likewise; blanks around it. One sign
 * joins all groups. Returns 0 or -EINVAL; nothing is guessed.
 */
int mac_read(const char *text, struct mac *ret_mac) MUST_CHECK;

/*
 * What stands for the card of a device that has none, behind a VPN: made of its address,
 * and locally administered. Each IPv4 address has its own; of IPv6 a hash of 40 bits.
 */
struct mac mac_of_addr(struct addr a);

/* Made up by the device itself (IEEE 802: the U/L bit), not given by its maker. */
bool mac_is_local(struct mac m);

/* A card's own address: not zero, not broadcast, not multicast. */
bool mac_is_unicast(struct mac m);

#endif
