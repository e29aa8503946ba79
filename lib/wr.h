/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wr - bounded writer, the mirror of rd (level 1)
 *
 * Writes into a caller's buffer; the first write that does not fit fails, and
 * so does every one after it. Nothing is ever written past the end.
 */
#ifndef LIB_WR_H
#define LIB_WR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
	uint8_t *base;
	size_t len; /* written so far */
	size_t max;
	bool failed;
};

static inline struct wr wr_of(void *data, size_t max)
{
	return (struct wr){ .base = data, .max = max };
}

static inline bool wr_failed(const struct wr *w)
{
	return w->failed;
}

/* In the header, because records and heads are made of many small pieces. */
static inline void wr_bytes(struct wr *w, const void *src, size_t len)
{
	if (w->failed || len > w->max - w->len) {
		w->failed = true;
		return;
	}
	if (len != 0)
		memcpy(w->base + w->len, src, len);
	w->len += len;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_be16(struct wr *w, uint16_t v)
{
	v = htobe16(v);
	wr_bytes(w, &v, sizeof(v));
}

static inline void wr_be32(struct wr *w, uint32_t v)
{
	v = htobe32(v);
	wr_bytes(w, &v, sizeof(v));
}

static inline void wr_be64(struct wr *w, uint64_t v)
{
	v = htobe64(v);
	wr_bytes(w, &v, sizeof(v));
}

void wr_str(struct wr *w, const char *s); /* 16-bit length, then the bytes */
void wr_dec(struct wr *w, uint64_t v); /* decimal digits */

#endif
