/* SPDX-License-Identifier: GPL-3.0-or-later */
/* num - what struct num is good for (header only) */
#ifndef FW_VERIFY_NUM_H
#define FW_VERIFY_NUM_H

#include <stdbool.h>
#include <string.h>

#include "fw/verify/model.h"
#include "lib/addr.h"

static inline struct num num_from(uint64_t v)
{
	return (struct num){ .lo = v };
}

static inline int num_cmp(struct num a, struct num b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* a + n; the caller knows that it fits. */
static inline struct num num_plus(struct num a, uint64_t n)
{
	return (struct num){ .hi = a.hi + (a.lo + n < n), .lo = a.lo + n };
}

static inline struct range range_of(uint64_t min, uint64_t max)
{
	return (struct range){ num_from(min), num_from(max) };
}

static inline bool range_has(struct range r, struct num n)
{
	return num_cmp(r.min, n) <= 0 && num_cmp(n, r.max) <= 0;
}

static inline struct num num_of_addr(struct addr a)
{
	struct num n = { 0 };

	for (size_t i = 0; i < (a.family == 4 ? 4u : 16u); i++) {
		n.hi = n.hi << 8 | n.lo >> 56;
		n.lo = n.lo << 8 | a.bytes[i];
	}
	return n;
}

static inline struct addr num_to_addr(struct num n, uint8_t family)
{
	struct addr a = { .family = family };
	size_t len = family == 4 ? 4 : 16;

	for (size_t i = len; i-- > 0;) {
		a.bytes[i] = (uint8_t)n.lo;
		n.lo = n.lo >> 8 | n.hi << 56;
		n.hi >>= 8;
	}
	return a;
}

static inline struct range range_of_prefix(struct prefix p)
{
	struct range r = { .min = num_of_addr(p.addr) };
	unsigned bits = (p.addr.family == 4 ? 32u : 128u) - p.len;

	r.max = r.min;
	if (bits >= 64) {
		r.max.lo = UINT64_MAX;
		r.max.hi |= bits == 128 ? UINT64_MAX : (UINT64_C(1) << (bits - 64)) - 1;
	} else
		r.max.lo |= (UINT64_C(1) << bits) - 1;
	return r;
}

/* The greatest value that a field can have. */
static inline struct num field_max(enum field f)
{
	switch (f) {
	case FIELD_FAMILY:
		return num_from(6);
	case FIELD_MAC:
		return num_from(UINT64_C(1) << 48); /* MAC_NONE */
	case FIELD_SADDR:
	case FIELD_DADDR:
		return (struct num){ UINT64_MAX, UINT64_MAX };
	case FIELD_PROTO:
	case FIELD_ICMP_TYPE:
	case FIELD_ICMP_CODE:
	case FIELD_HOPLIMIT:
		return num_from(UINT8_MAX);
	case FIELD_SPORT:
	case FIELD_DPORT:
		return num_from(UINT16_MAX);
	case FIELD_LOCAL:
	case FIELD_RPF:
	case FIELD_CT_DIR:
		return num_from(1);
	case FIELD_CT_STATE:
		return num_from(STATE_UNTRACKED);
	case FIELD_IIF:
	case FIELD_OIF:
	case FIELD_CT_MARK:
	case FIELD_MARK:
	case FIELD_SKUID:
	case FIELD_COUNT:
		break;
	}
	return num_from(UINT32_MAX);
}

#endif
