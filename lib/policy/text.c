/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/policy/policy.h"
#include "lib/str.h"

static bool is_tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Length of the well-formed character at s (Unicode 15, table 3-7), or 0. */
static size_t char_len(const uint8_t *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n == 1)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || left < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s[i]))
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0; /* too long a spelling, a surrogate, or above U+10FFFF */
	return n;
}

/* Is the byte at i the first of its line, a byte order mark apart? */
static bool starts_line(const uint8_t *s, size_t i)
{
	if (i >= 3 && memcmp(s + i - 3, "\xef\xbb\xbf", 3) == 0)
		return true;
	return i == 0 || s[i - 1] == '\n';
}

/*
 * Some characters show a person other lines, or another order, than YAML reads, also out
 * of a comment. s has len bytes, the character at i has n of them.
 */
static bool is_plain(const uint8_t *s, size_t len, size_t i, size_t n)
{
	char c[5] = "";

	memcpy(c, s + i, n);
	if (i == 0 && n == 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		return true; /* a byte order mark */
	if (s[i] == '\r')
		return i + 1 < len && s[i + 1] == '\n';
	return s[i] == '\n' || s[i] == '\t' || str_printable_char(c) != 0;
}

static uint32_t code_of(const uint8_t *s, size_t n)
{
	uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (s[i] & 0x3fu);
	return code;
}

static int check_char(const uint8_t *s, size_t len, size_t i, size_t n, struct place at,
		      struct diags *diags)
{
	if (n == 0)
		diag_add(diags, at,
			 "byte 0x%02x is not valid UTF-8; save the file as UTF-8", s[i]);
	else if (s[i] == '\0')
		diag_add(diags, at, "a NUL byte is not accepted");
	else if (!is_plain(s, len, i, n))
		diag_add(diags, at,
			 "character U+%04X is not accepted, also not in a comment: the "
			 "file looks different with it from what it says",
			 (unsigned)code_of(s + i, n));
	else if (s[i] == '%' && starts_line(s, i))
		diag_add(diags, at, "directives (%%NAME) are not accepted in a policy");
	else
		return 0;
	return -EINVAL;
}

int text_check(const char *text, size_t len, struct diags *diags)
{
	const uint8_t *s = (const uint8_t *)text;
	struct place at = { .line = 1, .column = 1 };
	size_t n;

	if (len > POLICY_FILE_MAX) {
		diag_add(diags, (struct place){ 0 },
			 "the file has %zu bytes; a policy may have %u", len,
			 POLICY_FILE_MAX);
		return -EFBIG;
	}
	for (size_t i = 0; i < len; i += n) {
		n = char_len(s + i, len - i);
		if (check_char(s, len, i, n, at, diags) < 0)
			return -EINVAL;
		at.column++;
		if (s[i] == '\n')
			at = (struct place){ .line = at.line + 1, .column = 1 };
	}
	return 0;
}

struct text_shown text_shown(const char *text)
{
	static const char dots[] = "...";
	struct text_shown t;

	if (str_copy(t.s, sizeof(t.s) - strlen(dots), text) < 0)
		memcpy(t.s + strlen(t.s), dots, sizeof(dots));
	return t;
}
