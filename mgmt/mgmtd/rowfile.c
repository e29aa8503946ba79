/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/rowfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

int rowfile_refuse(struct rowfile_error *e, enum rowfile_fault fault, size_t line)
{
	*e = (struct rowfile_error){ .fault = fault, .line = line };
	return -EINVAL;
}

static const struct rowfile_column *column_of(const struct rowfile *file,
					      const char *name)
{
	for (size_t i = 0; i < file->count; i++) {
		if (strcmp(file->column[i].name, name) == 0)
			return &file->column[i];
	}
	return NULL;
}

/* Returns the number of columns, or -EINVAL. */
static int read_head(const struct rowfile *file, struct csv *c,
		     const struct rowfile_column **head, struct rowfile_error *e)
{
	bool needed = false;
	int r = csv_next(c);

	if (r <= 0)
		return rowfile_refuse(e, ROWFILE_SYNTAX, r < 0 ? c->line : 1);
	for (size_t i = 0; i < c->count; i++) {
		head[i] = column_of(file, c->field[i]);
		if (head[i] == NULL)
			return rowfile_refuse(e, ROWFILE_COLUMN, c->line);
		for (size_t k = 0; k < i; k++) {
			if (head[k] == head[i])
				return rowfile_refuse(e, ROWFILE_COLUMN, c->line);
		}
		needed = needed || strcmp(head[i]->name, file->needed) == 0;
	}
	return needed ? (int)c->count : rowfile_refuse(e, ROWFILE_COLUMN, c->line);
}

static int read_rows(const struct rowfile *file, struct csv *c, rowfile_fn *fn,
		     void *user, struct rowfile_error *e)
{
	const struct rowfile_column *head[CSV_FIELDS_MAX];
	int columns_there = read_head(file, c, head, e), r;

	if (columns_there < 0)
		return columns_there;
	for (size_t rows = 0; (r = csv_next(c)) == 1; rows++) {
		json_t *body = NULL;

		if (c->count != (size_t)columns_there)
			return rowfile_refuse(e, ROWFILE_FIELDS, c->line);
		if (rows == ROWFILE_ROWS_MAX)
			return rowfile_refuse(e, ROWFILE_ROWS, c->line);
		r = file->row(c, head, &body);
		if (r == -EINVAL)
			return rowfile_refuse(e, ROWFILE_SYNTAX, c->line);
		if (r == 0)
			r = fn(body, c->line, user);
		json_decref(body);
		if (r < 0)
			return r;
	}
	return r < 0 ? rowfile_refuse(e, ROWFILE_SYNTAX, c->line) : 0;
}

int rowfile_read(const struct rowfile *file, const char *text, size_t len, rowfile_fn *fn,
		 void *user, struct rowfile_error *e)
{
	CLEANUP(free_p) struct csv *c = malloc(sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	csv_open(c, text, len);
	return read_rows(file, c, fn, user, e);
}

void rowfile_put_head(const struct rowfile *file, FILE *f)
{
	for (size_t i = 0; i < file->written; i++)
		csv_put(f, file->column[i].name, i + 1 < file->written);
}
