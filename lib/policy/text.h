/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text - what must hold for the bytes of a file before they are read as YAML, and
 * how a piece of it is quoted in a message (level 2)
 */
#ifndef LIB_POLICY_TEXT_H
#define LIB_POLICY_TEXT_H

#include <stddef.h>

#include "lib/attr.h"
#include "lib/diag.h"

/*
 * At most POLICY_FILE_MAX bytes of valid UTF-8 without NUL, and no line with '%' in
 * front: no policy needs a YAML directive, and libfyaml takes hours over a megabyte of
 * them. Returns 0, -EFBIG or -EINVAL, with the first place that is wrong in diags.
 */
int text_check(const char *text, size_t len, struct diags *diags) MUST_CHECK;

struct text_shown {
	char s[64];
};

/* A piece of the file for a message: cut, with "..." at its end, when it is long. */
struct text_shown text_shown(const char *text);

#endif
