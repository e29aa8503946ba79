/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diag - messages for people, with the place they are about (level 1)
 *
 * A parser adds what it found to a list; the caller decides where it goes. The
 * list has a ceiling, so that a hostile file cannot fill the memory: after
 * DIAG_MAX messages further ones are only counted.
 */
#ifndef LIB_DIAG_H
#define LIB_DIAG_H

#include <stddef.h>

#include "lib/attr.h"

#define DIAG_MAX      20
#define DIAG_TEXT_MAX 256

struct place {
	unsigned line; /* from 1; 0 is "the whole file" */
	unsigned column; /* from 1 */
};

struct diag {
	struct place at;
	char text[DIAG_TEXT_MAX];
};

struct diags {
	struct diag item[DIAG_MAX];
	size_t count; /* how many were reported, which may exceed DIAG_MAX */
};

/* Add a message: what was found and what is accepted. Control characters become '?'. */
void diag_add(struct diags *d, struct place at, const char *fmt, ...) PRINTF_FMT(3, 4);

/*
 * "FILE:LINE:COLUMN: text", one a line, into dst (terminated, cut at a line's
 * end when it does not fit). Returns dst.
 */
char *diag_print(const struct diags *d, const char *file, char *dst, size_t size);

#endif
