/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/table.h"

#include <errno.h>
#include <stdlib.h>

#include "mgmt/cli/out.h"

#define GAP 2

void table_add(struct table *t, const char *text)
{
	char **grown;

	if (t->error != 0)
		return;
	if (t->count == t->room) {
		t->room = t->room == 0 ? 64 : t->room * 2;
		grown = realloc(t->cell, t->room * sizeof(*t->cell));
		if (grown == NULL) {
			t->error = -ENOMEM;
			return;
		}
		t->cell = grown;
	}
	t->cell[t->count] =
		out_clean(text != NULL && text[0] != '\0' ? text : "-", false);
	if (t->cell[t->count] == NULL)
		t->error = -ENOMEM;
	else
		t->count++;
}

static void measure(const struct table *t, size_t width[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < t->count; i++) {
		size_t w = out_width(t->cell[i]);

		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
}

static void print_cell(const struct table *t, size_t i, const size_t *width, FILE *f)
{
	size_t column = i % t->columns;

	(void)fputs(t->cell[i], f);
	if (column + 1 == t->columns) {
		(void)fputc('\n', f);
		return;
	}
	for (size_t w = out_width(t->cell[i]); w < width[column] + GAP; w++)
		(void)fputc(' ', f);
}

int table_print(struct table *t, FILE *f)
{
	size_t width[TABLE_COLUMNS_MAX] = { 0 };

	measure(t, width);
	for (size_t i = 0; i < t->count; i++) {
		if (t->error == 0)
			print_cell(t, i, width, f);
		free(t->cell[i]);
	}
	free(t->cell);
	t->cell = NULL;
	t->count = 0;
	t->room = 0;
	return t->error;
}
