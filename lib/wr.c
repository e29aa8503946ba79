/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/wr.h"

#include <endian.h>
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

void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

void wr_be16(struct wr *w, uint16_t v)
{
	v = htobe16(v);
	wr_bytes(w, &v, sizeof(v));
}

void wr_be32(struct wr *w, uint32_t v)
{
	v = htobe32(v);
	wr_bytes(w, &v, sizeof(v));
}

void wr_be64(struct wr *w, uint64_t v)
{
	v = htobe64(v);
	wr_bytes(w, &v, sizeof(v));
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
