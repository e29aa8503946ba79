/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv - comma-separated values, read and written (RFC 4180; pure)
 *
 * Lines end with LF or CR LF; a field in double quotes may hold both. A byte order
 * mark at the start is passed over. Spreadsheets take a field that begins with
 * = + - @ for a formula, also in their wide forms: it is written with an apostrophe
 * in front, which reading takes away again.
 */
#ifndef MGMT_MGMTD_CSV_H
#define MGMT_MGMTD_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "lib/attr.h"

#define CSV_FIELDS_MAX 32
#define CSV_ROW_MAX    16384 /* bytes of a row's fields */

struct csv {
	const char *at, *end;
	size_t next_line; /* where the next row begins, from 1 */
	size_t line; /* where this row began */
	const char *field[CSV_FIELDS_MAX]; /* of this row, terminated; into text */
	size_t count;
	char text[CSV_ROW_MAX];
	size_t used;
};

/* data stays the caller's and must outlive c. */
void csv_open(struct csv *c, const char *data, size_t len);

/*
 * Go to the next row; empty lines are passed over. Returns 1, 0 at the end, or
 * -EINVAL at c->line: a stray or open quote, a NUL, or more than the ceilings.
 */
int csv_next(struct csv *c) MUST_CHECK;

/* One field, quoted where needed; more: a comma follows, else the line ends. */
void csv_put(FILE *f, const char *text, int more);

#endif
