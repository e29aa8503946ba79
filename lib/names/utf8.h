/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8 - one code point after the other out of a string (RFC 3629; level 0) */
#ifndef LIB_NAMES_UTF8_H
#define LIB_NAMES_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The code point at *text, which is not at its end; steps over it. False, and no step,
 * for overlong forms, surrogates, what is above U+10FFFF and what is cut off.
 */
bool utf8_next(const char **text, uint32_t *ret_c);

#endif
