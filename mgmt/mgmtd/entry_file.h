/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry_file - the allowlist as a file, CSV or JSON (pure)
 *
 * CSV has a line of column names first; several values in a field (ports, methods)
 * stand with spaces between. JSON is an array of the objects that the API takes.
 * What only an answer has (id, state, who and when) is passed over in reading.
 */
#ifndef MGMT_MGMTD_ENTRY_FILE_H
#define MGMT_MGMTD_ENTRY_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/store_entry.h"

#define ENTRY_FILE_ROWS_MAX 50000

/* What cannot be read as a file of that kind. */
enum entry_file_fault {
	ENTRY_FILE_SYNTAX,
	ENTRY_FILE_COLUMN, /* an unknown name, one given twice, or no "host" */
	ENTRY_FILE_FIELDS, /* a row with another number of fields than the first */
	ENTRY_FILE_ROWS, /* more than ENTRY_FILE_ROWS_MAX */
};

struct entry_file_error {
	enum entry_file_fault fault;
	size_t line;
};

/* body: as for input_allow(), of any kind when the file is JSON. Negative: stop. */
typedef int entry_file_fn(const json_t *body, size_t line, void *user);

/* Returns 0, -EINVAL with the place in e, -ENOMEM, or what fn returned below 0. */
int entry_file_read(const char *text, size_t len, bool csv, entry_file_fn *fn, void *user,
		    struct entry_file_error *e) MUST_CHECK;

/* The head and one row of CSV. */
void entry_file_csv_head(FILE *f);
void entry_file_csv_row(FILE *f, const struct entry *e);

/* One object of JSON. NULL when memory is short. */
json_t *entry_file_json(const struct entry *e);

#endif
