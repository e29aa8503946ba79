/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/rd.h"

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
