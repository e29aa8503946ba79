/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/asset_file.h"

#include <errno.h>

#include "lib/mem.h"

enum column_kind { ENTRY, CARD, CARD_NAME, ANSWER };

/* In the order in which they are written. */
static const struct rowfile_column columns[] = {
	{ "id", ANSWER },
	{ "number", ENTRY },
	{ "name", ENTRY },
	{ "owner", ENTRY },
	{ "organisation", ENTRY },
	{ "kind", ENTRY },
	{ "zone", ENTRY },
	{ "note", ENTRY },
	{ "mac", CARD },
	{ "interface", CARD },
	{ "card", CARD_NAME },
	{ "state", ANSWER },
	/* of a draft only */
	{ "manufacturer", ANSWER },
	{ "address", ANSWER },
	{ "first_seen", ANSWER },
	{ "last_seen", ANSWER },
};

/* An empty field is as if it were not there. */
static int row_json(const struct csv *c, const struct rowfile_column *const *head,
		    json_t **ret)
{
	json_t *card = json_object();
	json_t *body = json_pack("{s:[O]}", "cards", card);

	for (size_t i = 0; body != NULL && i < c->count; i++) {
		const struct rowfile_column *column = head[i];

		if (c->field[i][0] == '\0' || column->kind == ANSWER)
			continue;
		if (json_object_set_new(column->kind == ENTRY ? body : card,
					column->kind == CARD_NAME ? "name" : column->name,
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

static const struct rowfile csv_file = {
	.column = columns,
	.count = ARRAY_LEN(columns),
	.written = ARRAY_LEN(columns) - ASSET_FILE_SEEN,
	.needed = "mac",
	.row = row_json,
};

static const struct rowfile draft_file = {
	.column = columns,
	.count = ARRAY_LEN(columns),
	.written = ARRAY_LEN(columns),
	.needed = "mac",
	.row = row_json,
};

int asset_file_read(const char *text, size_t len, rowfile_fn *fn, void *user,
		    struct rowfile_error *e)
{
	return rowfile_read(&csv_file, text, len, fn, user, e);
}

void asset_file_head(FILE *f)
{
	rowfile_put_head(&csv_file, f);
}

void asset_file_draft_head(FILE *f)
{
	rowfile_put_head(&draft_file, f);
}

static void put_row(FILE *f, const struct asset *a, const struct device *d, int more)
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
	csv_put(f, a->state, more);
}

void asset_file_row(FILE *f, const struct asset *a, const struct device *d)
{
	put_row(f, a, d, 0);
}

void asset_file_draft_row(FILE *f, const struct asset *a, const struct device *d,
			  const char *const seen[ASSET_FILE_SEEN])
{
	put_row(f, a, d, 1);
	for (size_t i = 0; i < ASSET_FILE_SEEN; i++)
		csv_put(f, seen[i], i + 1 < ASSET_FILE_SEEN);
}
