/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/wr.h"

#include <string.h>

void wr_bytes(struct wr *w, const void *src, size_t len)
{
	if (w->failed || len > w->max - w->len) {
		w->failed = true;
		return;
	}
	if (len != 0)
		memcpy(w->base + w->len, src, len);
	w->len += len;
}

static void be(struct wr *w, uint64_t v, size_t len)
{
	uint8_t b[8];

	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	wr_bytes(w, b, len);
}

void wr_u8(struct wr *w, uint8_t v)
{
	be(w, v, 1);
}

void wr_be16(struct wr *w, uint16_t v)
{
	be(w, v, 2);
}

void wr_be32(struct wr *w, uint32_t v)
{
	be(w, v, 4);
}

void wr_be64(struct wr *w, uint64_t v)
{
	be(w, v, 8);
}

void wr_str(struct wr *w, const char *s)
{
	size_t len = strlen(s);

	if (len > UINT16_MAX) {
		w->failed = true;
		return;
	}
	wr_be16(w, (uint16_t)len);
	wr_bytes(w, s, len);
}
