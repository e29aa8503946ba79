/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show - from answers to what people see */
#ifndef MGMT_CLI_SHOW_H
#define MGMT_CLI_SHOW_H

#include <jansson.h>

#include "mgmt/cli/cli.h"
#include "mgmt/cli/table.h"

#define SHOW_TIME_MAX 32

/* The string under key, "" when there is none. */
const char *show_string(const json_t *object, const char *key);
long long show_number(const json_t *object, const char *key);

/* "2026-11-21 09:00:00" in the caller's time zone from RFC 3339 UTC; else the text itself. */
void show_time(const char *rfc3339, char dst[SHOW_TIME_MAX]);

/* A table with these heads (English, NULL at the end). */
struct table show_table(const struct cli *c, const char *const *heads);

/* Cells from values: text, numbers, and lists joined with commas. */
void show_cell(struct table *t, const json_t *object, const char *key);
void show_cells(struct table *t, const json_t *object, const char *keys); /* "id name" */
void show_cell_time(struct table *t, const json_t *object, const char *key);

/* Print the table. Returns CLI_DONE or CLI_FAILED. */
int show_end(struct table *t);

/* Put one object into its row. */
typedef void show_row_fn(const struct cli *c, struct table *t, const json_t *one);

/*
 * The objects in the answer's list under key as a table, or the answer as JSON when that
 * is wanted. answer may be NULL: after a complaint. Returns CLI_DONE or CLI_FAILED.
 */
int show_list(const struct cli *c, const json_t *answer, const char *key,
	      const char *const *heads, show_row_fn *row);

/* Print answer as JSON. Returns CLI_DONE or CLI_FAILED. */
int show_json(const json_t *answer);

#endif
