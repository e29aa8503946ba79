/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wr - bounded writer, the mirror of rd (level 1)
 *
 * Writes into a caller's buffer; the first write that does not fit fails, and
 * so does every one after it. Nothing is ever written past the end.
 */
#ifndef LIB_WR_H
#define LIB_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *src, size_t len);
void wr_str(struct wr *w, const char *s); /* 16-bit length, then the bytes */

#endif
