/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/fingerprint.h"

#include <stdio.h>
#include <string.h>

#define CODES_TEXT 100 /* what is left is the vendor's */

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

static size_t add_codes(char dst[FINGERPRINT_MAX], struct rd codes, unsigned width)
{
	size_t len = 0;

	for (unsigned i = 0; i < FINGERPRINT_CODE && codes.left >= width; i++) {
		unsigned code = width == 1 ? rd_u8(&codes) : rd_be16(&codes);
		int n = snprintf(dst + len, CODES_TEXT - len, "%s%u", i != 0 ? "," : "",
				 code);

		if (n < 0 || (size_t)n >= CODES_TEXT - len) {
			dst[len] = '\0';
			break;
		}
		len += (size_t)n;
	}
	return len;
}

void fingerprint_set(char dst[FINGERPRINT_MAX], struct rd codes, unsigned width,
		     struct rd vendor)
{
	size_t len;

	memset(dst, 0, FINGERPRINT_MAX);
	len = add_codes(dst, codes, width);
	if (vendor.left != 0 && len != 0)
		dst[len++] = ' ';
	while (vendor.left != 0 && len < FINGERPRINT_MAX - 1) {
		uint8_t c = rd_u8(&vendor);

		dst[len++] = is_plain(c) ? (char)c : '?';
	}
}
