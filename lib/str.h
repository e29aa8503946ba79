/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * str - checked conversions between text and values (level 0)
 *
 * Nothing here allocates, logs or keeps state. int functions return 0 or a
 * negative errno and write ret_ parameters only on success.
 */
#ifndef LIB_STR_H
#define LIB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

/*
 * Decimal digits only (no sign, space, or leading zero except "0" itself).
 * Returns 0, -EINVAL (not such a number) or -ERANGE (outside min..max).
 */
int str_to_uint(const char *s, uint64_t min, uint64_t max,
		uint64_t *ret_value) MUST_CHECK;

/*
 * Copy src into dst of size bytes, always terminated. Returns 0, or -ENAMETOOLONG
 * with dst holding the part that fits, never half a UTF-8 character.
 */
int str_copy(char *dst, size_t size, const char *src);

/* Lower-case hex of len bytes; dst must hold 2 * len + 1. */
void str_hex(char *dst, const uint8_t *bytes, size_t len);

/* 2 * len hex digits into len bytes. Returns 0 or -EINVAL. */
int str_unhex(const char *hex, uint8_t *dst, size_t len) MUST_CHECK;

/*
 * Length of the printable UTF-8 character that s (terminated) begins with; 0 for
 * the end, invalid UTF-8 (RFC 3629), control characters (C0, DEL, C1), line
 * separators, marks that change the reading order, and what has no width.
 */
size_t str_printable_char(const char *s);

/* Is s made of such characters only? */
bool str_is_printable_utf8(const char *s);

/* Is there nothing to see: spaces of any width, fillers and joiners alone, or ""? */
bool str_is_blank(const char *s);

/*
 * An identifier as people write it in the policy: 1..max bytes, a-z 0-9 '-' '_',
 * starting with a letter.
 */
bool str_is_name(const char *s, size_t max);

#endif
