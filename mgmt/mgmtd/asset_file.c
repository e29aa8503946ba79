/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/asset_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/csv.h"

enum part { ENTRY, CARD, ANSWER };

/* In the order in which they are written. */
static const struct column {
	const char *name;
	enum part part;
	const char *key; /* in the body */
} columns[] = {
	{ "id", ANSWER, NULL },
	{ "number", ENTRY, "number" },
	{ "name", ENTRY, "name" },
	{ "owner", ENTRY, "owner" },
	{ "organisation", ENTRY, "organisation" },
	{ "kind", ENTRY, "kind" },
	{ "zone", ENTRY, "zone" },
	{ "note", ENTRY, "note" },
	{ "mac", CARD, "mac" },
	{ "interface", CARD, "interface" },
	{ "card", CARD, "name" },
	{ "state", ANSWER, NULL },
};

static const struct column *column_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	}
	return NULL;
}

static int refuse(struct entry_file_error *e, enum entry_file_fault fault, size_t line)
{
	*e = (struct entry_file_error){ .fault = fault, .line = line };
	return -EINVAL;
}

/* Returns the number of columns, or -EINVAL. */
static int read_head(struct csv *c, const struct column **head,
		     struct entry_file_error *e)
{
	bool mac = false;
	int r = csv_next(c);

	if (r <= 0)
		return refuse(e, ENTRY_FILE_SYNTAX, r < 0 ? c->line : 1);
	for (size_t i = 0; i < c->count; i++) {
		head[i] = column_of(c->field[i]);
		if (head[i] == NULL)
			return refuse(e, ENTRY_FILE_COLUMN, c->line);
		for (size_t k = 0; k < i; k++) {
			if (head[k] == head[i])
				return refuse(e, ENTRY_FILE_COLUMN, c->line);
		}
		mac = mac || strcmp(head[i]->name, "mac") == 0;
	}
	return mac ? (int)c->count : refuse(e, ENTRY_FILE_COLUMN, c->line);
}

/* An empty field is as if it were not there. */
static int row_json(const struct csv *c, const struct column *const *head, json_t **ret)
{
	json_t *card = json_object();
	json_t *body = json_pack("{s:[O]}", "cards", card);

	for (size_t i = 0; body != NULL && i < c->count; i++) {
		if (c->field[i][0] == '\0' || head[i]->part == ANSWER)
			continue;
		if (json_object_set_new(head[i]->part == CARD ? card : body, head[i]->key,
					json_string(c->field[i])) < 0) {
			json_decref(body);
			json_decref(card);
			return -EINVAL; /* not UTF-8 */
		}
	}
	json_decref(card);
	*ret = body;
	return body != NULL ? 0 : -ENOMEM;
}

static int read_rows(struct csv *c, entry_file_fn *fn, void *user,
		     struct entry_file_error *e)
{
	const struct column *head[CSV_FIELDS_MAX];
	int columns_there = read_head(c, head, e), r;

	if (columns_there < 0)
		return columns_there;
	for (size_t rows = 0; (r = csv_next(c)) == 1; rows++) {
		json_t *body = NULL;

		if (c->count != (size_t)columns_there)
			return refuse(e, ENTRY_FILE_FIELDS, c->line);
		if (rows == ASSET_FILE_ROWS_MAX)
			return refuse(e, ENTRY_FILE_ROWS, c->line);
		r = row_json(c, head, &body);
		if (r == -EINVAL)
			return refuse(e, ENTRY_FILE_SYNTAX, c->line);
		if (r == 0)
			r = fn(body, c->line, user);
		json_decref(body);
		if (r < 0)
			return r;
	}
	return r < 0 ? refuse(e, ENTRY_FILE_SYNTAX, c->line) : 0;
}

int asset_file_read(const char *text, size_t len, entry_file_fn *fn, void *user,
		    struct entry_file_error *e)
{
	CLEANUP(free_p) struct csv *c = malloc(sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	csv_open(c, text, len);
	return read_rows(c, fn, user, e);
}

void asset_file_head(FILE *f)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		csv_put(f, columns[i].name, i + 1 < ARRAY_LEN(columns));
}

void asset_file_row(FILE *f, const struct asset *a, const struct device *d)
{
	csv_put(f, a->id, 1);
	csv_put(f, a->number, 1);
	csv_put(f, a->name, 1);
	csv_put(f, a->owner, 1);
	csv_put(f, a->organisation, 1);
	csv_put(f, a->kind, 1);
	csv_put(f, a->zone, 1);
	csv_put(f, a->note, 1);
	csv_put(f, d != NULL ? d->mac : "", 1);
	csv_put(f, d != NULL ? d->interface : "", 1);
	csv_put(f, d != NULL ? d->name : "", 1);
	csv_put(f, a->state, 0);
}
