/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * format - the image's bytes (for lib/allow itself, and its tests)
 *
 *     header    FORMAT_HEADER bytes
 *     buckets   u32 [bucket_count + 1]: where each bucket's records begin
 *     terms     u32 [term_count + 1]: where each term begins
 *     term text term_size bytes (term.h)
 *     records   record_size bytes
 *
 * All numbers are little-endian; places count from the beginning of what they point
 * into. Nothing stands between or behind the sections. A record is
 *
 *     u8 length of the key, u24 term, 10 bytes of the id (base 32), the key
 *
 * and lies in the bucket that SipHash-2-4 of its key under the header's key gives.
 * The key is random, so that who chooses names cannot choose buckets. Records of one
 * key stand in the order in which they were added. A key is the host name or the
 * address's text; of a wildcard what follows '*', which begins with a dot as no
 * name does.
 */
#ifndef LIB_ALLOW_FORMAT_H
#define LIB_ALLOW_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/host.h"
#include "lib/id.h"

#define FORMAT_MAGIC       "SEKALLW\1"
#define FORMAT_MAGIC_SIZE  8
#define FORMAT_HEADER      64
#define FORMAT_SIPKEY_SIZE 16
#define FORMAT_KEY_MAX     (HOST_PATTERN_MAX - 1) /* ".example.jp" */
#define FORMAT_RECORD_HEAD (1 + 3 + ID_BYTES)
#define FORMAT_BUCKETS_MAX (1u << 23)
#define FORMAT_TERMS_MAX   (1u << 24)

/* Places in the header, behind the magic. */
enum {
	FORMAT_AT_ENTRIES = 8, /* u32 */
	FORMAT_AT_BUCKETS = 12, /* u32, a power of two */
	FORMAT_AT_TERMS = 16, /* u32 */
	FORMAT_AT_LISTS = 20, /* u32, one more than the highest index */
	FORMAT_AT_TERM_SIZE = 24, /* u32 */
	FORMAT_AT_RECORD_SIZE = 28, /* u32 */
	FORMAT_AT_DEPTHS = 32, /* u64, see format_depth_bit() */
	FORMAT_AT_SIPKEY = 40, /* FORMAT_SIPKEY_SIZE, then zeros */
};

static inline uint32_t format_get24(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t format_get32(const uint8_t *p)
{
	return format_get24(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t format_get64(const uint8_t *p)
{
	return format_get32(p) | (uint64_t)format_get32(p + 4) << 32;
}

static inline void format_put(uint8_t *p, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/*
 * Wildcards by the number of dots in their keys: one bit each, all above 63 in the
 * last. Spares the look-up of wildcards as deep as no entry is.
 */
static inline uint64_t format_depth_bit(unsigned dots)
{
	return UINT64_C(1) << (dots < 63 ? dots : 63);
}

#endif
