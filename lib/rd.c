/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/rd.h"

#include <string.h>

const uint8_t *rd_take(struct rd *r, size_t len)
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

/* len (at most 8) bytes as a big-endian number. */
static uint64_t be(struct rd *r, size_t len)
{
	const uint8_t *p = rd_take(r, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)be(r, 1);
}

uint16_t rd_be16(struct rd *r)
{
	return (uint16_t)be(r, 2);
}

uint32_t rd_be32(struct rd *r)
{
	return (uint32_t)be(r, 4);
}

uint64_t rd_be64(struct rd *r)
{
	return be(r, 8);
}

void rd_bytes(struct rd *r, void *dst, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	if (len == 0)
		return;
	if (p != NULL)
		memcpy(dst, p, len);
	else
		memset(dst, 0, len);
}

void rd_str(struct rd *r, char *dst, size_t size)
{
	size_t len = rd_be16(r);
	const uint8_t *p = rd_take(r, len);

	dst[0] = '\0';
	if (p == NULL || len == 0)
		return;
	if (len >= size || memchr(p, '\0', len) != NULL) {
		r->failed = true;
		return;
	}
	memcpy(dst, p, len);
	dst[len] = '\0';
}

struct rd rd_sub(struct rd *r, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	return p != NULL ? rd_of(p, len) : (struct rd){ .failed = r->failed };
}
