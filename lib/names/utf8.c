/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/names/utf8.h"

#include <stddef.h>

bool utf8_next(const char **text, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*text;
	unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);

	if (*p == '\0' || (*p >= 0x80 && *p < 0xc2) || *p > 0xf4)
		return false;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the string's end too */
			return false;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	*text += more + 1;
	*ret_c = c;
	return true;
}
