/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source - what a register can hold, and how its bytes become a field's value
 *
 * A source is a field of the model in one of the encodings that the kernel has for
 * it: an IPv4 source address of four bytes and an IPv6 one of sixteen are the same
 * field.
 */
#ifndef FW_VERIFY_SOURCE_H
#define FW_VERIFY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/verify/model.h"
#include "lib/attr.h"

__extension__ typedef unsigned __int128 u128;

enum source {
	SRC_NONE, /* not understood */
	SRC_CONSTANT, /* no source at all: bytes that are always the same */
	SRC_NFPROTO,
	SRC_ETHERTYPE,
	SRC_IIFNAME,
	SRC_OIFNAME,
	SRC_IIF,
	SRC_OIF,
	SRC_IIFTYPE,
	SRC_MAC,
	SRC_SADDR4,
	SRC_DADDR4,
	SRC_SADDR6,
	SRC_DADDR6,
	SRC_PROTO,
	SRC_NEXTHDR,
	SRC_SPORT,
	SRC_DPORT,
	SRC_ICMP_TYPE,
	SRC_ICMP_CODE,
	SRC_HOPLIMIT,
	SRC_ADDRTYPE, /* of daddr */
	SRC_RPF_THERE, /* 0 or 1 */
	SRC_RPF_OIF, /* 0 or an interface */
	SRC_CT_STATE,
	SRC_CT_DIR,
	SRC_CT_MARK,
	SRC_MARK,
	SRC_SKUID,
	SRC_CLOCK, /* the time, the day or the hour */
	SRC_MAP, /* what the last map lookup found */
	SRC_COUNT,
};

enum encoding {
	ENC_NUMBER, /* as it is */
	ENC_PAIRS, /* each value has its code, and there are no others */
	ENC_ONE_CODE, /* one code is one value, all others are another */
	ENC_NAME, /* an interface's name, NUL padded */
	ENC_INDEX, /* an interface's number */
	ENC_OPAQUE, /* not for comparing */
};

struct source_pair {
	uint32_t code;
	uint32_t value;
};

struct source_info {
	enum field field;
	enum encoding encoding;
	uint8_t size; /* bytes in a register */
	bool host_order;
	const char *what;
	const struct source_pair *pair; /* ENC_PAIRS; ENC_ONE_CODE: the one, then */
	size_t pair_count; /*              { 0, the others' value } */
};

const struct source_info *source_info(enum source s);

/* The greatest value of a source of size bytes. */
static inline u128 source_max(const struct source_info *i)
{
	return i->size >= 16 ? ~(u128)0 : ((u128)1 << (8 * i->size)) - 1;
}

static inline struct num num_of(u128 v)
{
	return (struct num){ .hi = (uint64_t)(v >> 64), .lo = (uint64_t)v };
}

static inline u128 num_value(struct num n)
{
	return (u128)n.hi << 64 | n.lo;
}

/*
 * Is it one value of an ENC_PAIRS or ENC_ONE_CODE source? *ret_value is the field's
 * then. What an ENC_ONE_CODE source has besides its one code is not.
 */
bool source_decode(const struct source_info *i, uint32_t code, uint32_t *ret_value);

#endif
