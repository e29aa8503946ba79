/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out - text on its way to a terminal
 *
 * Records and device names come from anywhere. Nothing that a terminal would act
 * on is printed: control characters, C1 controls, marks that turn the direction of
 * writing, and broken UTF-8 become '?'.
 */
#ifndef MGMT_CLI_OUT_H
#define MGMT_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/attr.h"

/* Make wcwidth() know East Asian characters, whatever the caller's locale is. */
void out_init(void);

/*
 * A copy of text that is safe to print; with lines, line feeds and tabs stay.
 * The caller frees it. NULL when there is no memory.
 */
char *out_clean(const char *text, bool lines);

/* Columns that clean text takes on a terminal. */
size_t out_width(const char *text);

/* Print text cleaned, with its lines. */
void out_text(FILE *f, const char *text);

/* Print a value as JSON, a line feed after it. Returns 0 or -ENOMEM. */
int out_json(FILE *f, const json_t *value) MUST_CHECK;

/* "sekisho: ..." on stderr, cleaned. */
void out_complain(const char *fmt, ...) PRINTF_FMT(1, 2);

#endif
