/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/wr.h"

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

void wr_dec(struct wr *w, uint64_t v)
{
	char digits[20]; /* of 2^64 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	wr_bytes(w, digits + at, sizeof(digits) - at);
}
