/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rowfile - CSV with a line of column names first, a row at a time as JSON (pure)
 *
 * What entry_file.h and asset_file.h have in common: each brings its columns, and the
 * function that makes an object of a row.
 */
#ifndef MGMT_MGMTD_ROWFILE_H
#define MGMT_MGMTD_ROWFILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/csv.h"

#define ROWFILE_ROWS_MAX 50000

struct rowfile_column {
	const char *name;
	int kind; /* what the file's own row function does with it */
};

/* head: the column of each field of c. Returns 0, -EINVAL (not UTF-8) or -ENOMEM. */
typedef int rowfile_row_fn(const struct csv *c, const struct rowfile_column *const *head,
			   json_t **ret_body);

struct rowfile {
	const struct rowfile_column *column; /* in the order in which they are written */
	size_t count;
	size_t written; /* from the first on */
	const char *needed; /* a column that must be there */
	rowfile_row_fn *row;
};

/* What cannot be read as a file of that kind. */
enum rowfile_fault {
	ROWFILE_SYNTAX,
	ROWFILE_COLUMN, /* an unknown name, one given twice, or not the one needed */
	ROWFILE_FIELDS, /* a row with another number of fields than the first */
	ROWFILE_ROWS, /* more than ROWFILE_ROWS_MAX */
};

struct rowfile_error {
	enum rowfile_fault fault;
	size_t line;
};

/* Fill e. Returns -EINVAL. */
int rowfile_refuse(struct rowfile_error *e, enum rowfile_fault fault, size_t line);

/* Called for every row, with the line where it began. Negative: stop. */
typedef int rowfile_fn(const json_t *body, size_t line, void *user);

/* Returns 0, -EINVAL with the place in e, -ENOMEM, or what fn returned below 0. */
int rowfile_read(const struct rowfile *file, const char *text, size_t len, rowfile_fn *fn,
		 void *user, struct rowfile_error *e) MUST_CHECK;

/* The line of column names. */
void rowfile_put_head(const struct rowfile *file, FILE *f);

#endif
