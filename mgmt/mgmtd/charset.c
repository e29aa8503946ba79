/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

#define SJIS "CP932"

static const char geta[] = "\x81\xac";

/*
 * dst has room for all that src can become. replace: what fits nowhere becomes the
 * geta mark, and is an error otherwise.
 */
static int convert(iconv_t cd, const char *src, size_t len, bool replace, char *dst,
		   size_t room, size_t *ret_len)
{
	char *from = (char *)(uintptr_t)src,
	     *to = dst; /* iconv's signature wants it so */

	while (len > 0 && iconv(cd, &from, &len, &to, &room) == (size_t)-1) {
		size_t sign = 1;

		if (errno != EILSEQ || !replace || room < sizeof(geta))
			return errno == E2BIG ? -ENOMEM : -EILSEQ;
		while (sign < len && (from[sign] & 0xc0) == 0x80)
			sign++;
		memcpy(to, geta, sizeof(geta) - 1);
		to += sizeof(geta) - 1;
		room -= sizeof(geta) - 1;
		from += sign;
		len -= sign;
	}
	*to = '\0';
	*ret_len = (size_t)(to - dst);
	return 0;
}

static int run(const char *to, const char *from, const char *src, size_t len,
	       bool replace, char **ret, size_t *ret_len)
{
	size_t room = 3 * len + 8; /* a byte of Shift_JIS is three of UTF-8 at most */
	CLEANUP(free_p) char *dst = malloc(room + 1);
	iconv_t cd;
	int r;

	if (dst == NULL)
		return -ENOMEM;
	cd = iconv_open(to, from);
	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? -ENOMEM : -ENOTSUP;
	r = convert(cd, src, len, replace, dst, room, ret_len);
	(void)iconv_close(cd);
	if (r == 0)
		*ret = STEAL(dst);
	return r;
}

int charset_from_sjis(const char *bytes, size_t len, char **ret_text, size_t *ret_len)
{
	return run("UTF-8", SJIS, bytes, len, false, ret_text, ret_len);
}

int charset_to_sjis(const char *text, size_t len, char **ret_bytes, size_t *ret_len)
{
	return run(SJIS, "UTF-8", text, len, true, ret_bytes, ret_len);
}
