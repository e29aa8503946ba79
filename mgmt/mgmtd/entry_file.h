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
#include "mgmt/mgmtd/rowfile.h"
#include "mgmt/mgmtd/store_entry.h"

/*
 * The bodies are as for input_allow(), of any kind when the file is JSON; "host" is
 * needed. Returns as rowfile_read().
 */
int entry_file_read(const char *text, size_t len, bool csv, rowfile_fn *fn, void *user,
		    struct rowfile_error *e) MUST_CHECK;

/* The head and one row of CSV. */
void entry_file_csv_head(FILE *f);
void entry_file_csv_row(FILE *f, const struct entry *e);

/* One object of JSON. NULL when memory is short. */
json_t *entry_file_json(const struct entry *e);

#endif
