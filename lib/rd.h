/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rd - bounded reader over foreign bytes, with a sticky error (level 1)
 *
 * After the first read past the end every further read gives zeros, so a parser
 * checks once, at its end, with rd_failed(). One statement per read: the order
 * of evaluation inside an initialiser is not defined.
 */
#ifndef LIB_RD_H
#define LIB_RD_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *pos;
	size_t left;
	bool failed;
};

static inline struct rd rd_of(const void *data, size_t len)
{
	return (struct rd){ .pos = data, .left = len };
}

static inline bool rd_failed(const struct rd *r)
{
	return r->failed;
}

/*
 * Step over len bytes and return where they are, or NULL (and fail). In the header,
 * like the numbers, because parsers live from them.
 */
static inline const uint8_t *rd_take(struct rd *r, size_t len)
{
	const uint8_t *at = r->pos;

	if (r->failed || len > r->left) {
		r->failed = true;
		return NULL;
	}
	if (len != 0) {
		r->pos += len;
		r->left -= len;
	}
	return at;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p != NULL ? *p : 0;
}

static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);
	uint16_t v;

	if (p == NULL)
		return 0;
	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);
	uint32_t v;

	if (p == NULL)
		return 0;
	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint64_t rd_be64(struct rd *r)
{
	const uint8_t *p = rd_take(r, 8);
	uint64_t v;

	if (p == NULL)
		return 0;
	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void rd_bytes(struct rd *r, void *dst, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	if (len == 0)
		return;
	if (p != NULL)
		memcpy(dst, p, len);
	else
		memset(dst, 0, len);
}

/*
 * A string written by wr_str(): 16-bit length, then the bytes. Fails when it
 * holds a NUL or does not fit into size bytes with its terminator.
 */
void rd_str(struct rd *r, char *dst, size_t size);

/* A reader over the next len bytes, which r steps over. */
static inline struct rd rd_sub(struct rd *r, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	return p != NULL ? rd_of(p, len) : (struct rd){ .failed = r->failed };
}

#endif
