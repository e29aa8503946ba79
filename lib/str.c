/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/str.h"

#include <errno.h>
#include <string.h>

int str_to_uint(const char *s, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (*s == '\0' || (s[0] == '0' && s[1] != '\0'))
		return -EINVAL;
	for (const char *p = s; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
	}
	for (const char *p = s; *p != '\0'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		v = v * 10 + digit;
	}
	if (v < min || v > max)
		return -ERANGE;
	*ret_value = v;
	return 0;
}

int str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	bool fits = len < size;

	if (!fits) {
		len = size - 1;
		while (len > 0 && ((unsigned char)src[len] & 0xc0) == 0x80)
			len--; /* not into the middle of a character */
	}
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits ? 0 : -ENAMETOOLONG;
}

void str_hex(char *dst, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		dst[2 * i] = digits[bytes[i] >> 4];
		dst[2 * i + 1] = digits[bytes[i] & 15];
	}
	dst[2 * len] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int str_unhex(const char *hex, uint8_t *dst, size_t len)
{
	for (size_t i = 0; i < 2 * len; i++) {
		if (hex_digit(hex[i]) < 0)
			return -EINVAL;
	}
	for (size_t i = 0; i < len; i++)
		dst[i] =
			(uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return 0;
}

/* Length of the valid character at s, or 0 (RFC 3629, no surrogates, shortest form). */
static size_t utf8_char(const unsigned char *s)
{
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/*
 * Marks that reverse the reading order, line separators, and what is nothing to see; the
 * joiners U+200C and U+200D, which scripts and emoji need, are not among them.
 */
static bool is_hidden(const unsigned char *u, size_t len)
{
	if (len == 2)
		return u[0] == 0xd8 && u[1] == 0x9c; /* U+061C */
	if (len != 3)
		return false;
	if (u[0] == 0xef)
		return u[1] == 0xbb && u[2] == 0xbf; /* U+FEFF */
	if (u[0] != 0xe2)
		return false;
	if (u[1] == 0x80) /* U+200B, 200E, 200F, 2028 to 202E */
		return u[2] == 0x8b || u[2] == 0x8e || u[2] == 0x8f ||
		       (u[2] >= 0xa8 && u[2] <= 0xae);
	return u[1] == 0x81 && u[2] >= 0xa0 && u[2] <= 0xaf; /* U+2060 to 206F */
}

size_t str_printable_char(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len;

	if (u[0] >= 0x20 && u[0] < 0x7f)
		return 1; /* most are */
	len = utf8_char(u);
	if (len == 1 && (u[0] < 0x20 || u[0] == 0x7f))
		return 0;
	if (len == 2 && u[0] == 0xc2 && u[1] < 0xa0)
		return 0; /* C1 */
	return is_hidden(u, len) ? 0 : len;
}

bool str_is_printable_utf8(const char *s)
{
	while (*s != '\0') {
		size_t len = str_printable_char(s);

		if (len == 0)
			return false;
		s += len;
	}
	return true;
}

static uint32_t code_of(const unsigned char *u, size_t len)
{
	uint32_t code = len == 1 ? u[0] : u[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (u[i] & 0x3f);
	return code;
}

/* Length of the space or filler that s begins with, or 0. */
static size_t blank_char(const char *s)
{
	/* Unicode's spaces, and what it calls ignorable by default and is_hidden() leaves */
	static const struct {
		uint32_t first, last;
	} blanks[] = {
		{ 0x09, 0x09 },       { 0x20, 0x20 },       { 0xa0, 0xa0 },
		{ 0xad, 0xad },       { 0x34f, 0x34f },     { 0x115f, 0x1160 },
		{ 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x2000, 0x200a },   { 0x200c, 0x200d },   { 0x202f, 0x202f },
		{ 0x205f, 0x205f },   { 0x2800, 0x2800 },   { 0x3000, 0x3000 },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xffa0, 0xffa0 },
		{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};
	const unsigned char *u = (const unsigned char *)s;
	size_t len = utf8_char(u);
	uint32_t code = code_of(u, len);

	for (size_t i = 0; len != 0 && i < ARRAY_LEN(blanks); i++) {
		if (code >= blanks[i].first && code <= blanks[i].last)
			return len;
	}
	return 0;
}

bool str_is_blank(const char *s)
{
	size_t len;

	while ((len = blank_char(s)) != 0)
		s += len;
	return *s == '\0';
}

bool str_is_name(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len == 0 || len > max || s[0] < 'a' || s[0] > 'z')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return false;
	}
	return true;
}
