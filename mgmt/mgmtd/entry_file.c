/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/entry_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/mgmtd/when.h"

#define BOM "\xef\xbb\xbf"

enum column_kind { TEXT, BOOL, NUMBERS, WORDS, ANSWER };

/* In the order in which they are written. */
static const struct rowfile_column columns[] = {
	{ "id", ANSWER },          { "host", TEXT },           { "address", BOOL },
	{ "ports", NUMBERS },      { "scheme", TEXT },         { "tls_any", BOOL },
	{ "path", TEXT },          { "methods", WORDS },       { "list", TEXT },
	{ "purpose", TEXT },       { "owner", TEXT },          { "from", TEXT },
	{ "until", TEXT },         { "review", TEXT },         { "override", TEXT },
	{ "state", ANSWER },       { "requested_by", ANSWER }, { "requested", ANSWER },
	{ "approved_by", ANSWER }, { "approved", ANSWER },     { "list_name", ANSWER },
	{ "warnings", ANSWER },    { "shown", ANSWER },        { "replaces", TEXT },
};

/* --- CSV --- */

/* Words of a field as an array: numbers where they are some and such are wanted. */
static json_t *array_of(const char *text, bool numbers)
{
	json_t *list = json_array();

	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		char word[24] = "";
		uint64_t n;

		if (len < sizeof(word))
			memcpy(word, text, len);
		if (numbers && str_to_uint(word, 0, UINT32_MAX, &n) == 0)
			(void)json_array_append_new(list, json_integer((json_int_t)n));
		else
			(void)json_array_append_new(list, json_stringn(text, len));
		text += len;
	}
	return list;
}

/* Words for yes and no; anything else stays a text, which input_allow() refuses. */
static json_t *bool_of(const char *text)
{
	if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 ||
	    strcmp(text, "1") == 0)
		return json_true();
	if (strcmp(text, "no") == 0 || strcmp(text, "false") == 0 ||
	    strcmp(text, "0") == 0)
		return json_false();
	return json_string(text);
}

static json_t *value_of(const struct rowfile_column *column, const char *text)
{
	switch ((enum column_kind)column->kind) {
	case TEXT:
		return json_string(text);
	case BOOL:
		return bool_of(text);
	case NUMBERS:
	case WORDS:
		return array_of(text, column->kind == NUMBERS);
	case ANSWER:
		break;
	}
	return NULL;
}

/* The row as an object; an empty field is as if it were not there. */
static int row_json(const struct csv *c, const struct rowfile_column *const *head,
		    json_t **ret)
{
	json_t *obj = json_object();

	for (size_t i = 0; obj != NULL && i < c->count; i++) {
		if (c->field[i][0] == '\0' || head[i]->kind == ANSWER)
			continue;
		if (json_object_set_new(obj, head[i]->name,
					value_of(head[i], c->field[i])) < 0) {
			json_decref(obj);
			return -EINVAL; /* not UTF-8 */
		}
	}
	*ret = obj;
	return obj != NULL ? 0 : -ENOMEM;
}

static const struct rowfile csv_file = {
	.column = columns,
	.count = ARRAY_LEN(columns),
	.written = 20,
	.needed = "host",
	.row = row_json,
};

/* --- JSON: the elements one by one, so that each has a line --- */

struct walk {
	const char *at, *end;
	size_t line;
};

static void move(struct walk *w, size_t len)
{
	for (; len > 0; len--)
		w->line += *w->at++ == '\n';
}

/* The next byte that is no white space, 0 at the end. */
static char peek(struct walk *w)
{
	while (w->at < w->end && strchr(" \t\r\n", *w->at) != NULL && *w->at != '\0')
		move(w, 1);
	return w->at < w->end ? *w->at : '\0';
}

static int read_element(struct walk *w, rowfile_fn *fn, void *user,
			struct rowfile_error *e)
{
	size_t line = w->line;
	json_error_t error;
	json_t *body = json_loadb(w->at, (size_t)(w->end - w->at),
				  JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES |
					  JSON_DECODE_ANY,
				  &error);
	int r;

	if (body == NULL)
		return rowfile_refuse(
			e, ROWFILE_SYNTAX,
			line + (size_t)(error.line > 0 ? error.line - 1 : 0));
	move(w, (size_t)error.position);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		if (columns[i].kind == ANSWER)
			(void)json_object_del(body, columns[i].name);
	}
	r = fn(body, line, user);
	json_decref(body);
	return r;
}

static int read_json(const char *text, size_t len, rowfile_fn *fn, void *user,
		     struct rowfile_error *e)
{
	struct walk w = { .at = text, .end = text + len, .line = 1 };
	size_t rows = 0;
	int r;

	if (len >= 3 && memcmp(text, BOM, 3) == 0)
		w.at += 3;
	if (peek(&w) != '[')
		return rowfile_refuse(e, ROWFILE_SYNTAX, w.line);
	move(&w, 1);
	if (peek(&w) == ']')
		return 0;
	for (;;) {
		(void)peek(&w);
		if (rows++ == ROWFILE_ROWS_MAX)
			return rowfile_refuse(e, ROWFILE_ROWS, w.line);
		r = read_element(&w, fn, user, e);
		if (r < 0)
			return r;
		if (peek(&w) != ',')
			break;
		move(&w, 1);
	}
	if (peek(&w) != ']')
		return rowfile_refuse(e, ROWFILE_SYNTAX, w.line);
	move(&w, 1);
	return peek(&w) == '\0' && w.at == w.end
		       ? 0
		       : rowfile_refuse(e, ROWFILE_SYNTAX, w.line);
}

int entry_file_read(const char *text, size_t len, bool csv, rowfile_fn *fn, void *user,
		    struct rowfile_error *e)
{
	return csv ? rowfile_read(&csv_file, text, len, fn, user, e)
		   : read_json(text, len, fn, user, e);
}

/* --- writing --- */

/* A JSON array of ours with spaces for its signs: [80,443] is "80 443". */
static void put_list(FILE *f, const char *json)
{
	char text[ENTRY_METHODS_MAX + ENTRY_PORTS_MAX];
	size_t used = 0;

	for (; *json != '\0' && used + 1 < sizeof(text); json++) {
		if (strchr("[]\"", *json) == NULL)
			text[used++] = *json == ',' ? ' ' : *json;
	}
	text[used] = '\0';
	csv_put(f, text, 1);
}

static void put_time(FILE *f, int64_t s, int more)
{
	char text[WHEN_TEXT_MAX] = "";

	if (s != 0)
		when_format(s, text);
	csv_put(f, text, more);
}

void entry_file_csv_head(FILE *f)
{
	rowfile_put_head(&csv_file, f);
}

void entry_file_csv_row(FILE *f, const struct entry *e)
{
	csv_put(f, e->id, 1);
	csv_put(f, e->host, 1);
	csv_put(f, e->address ? "yes" : "", 1);
	put_list(f, e->ports);
	csv_put(f, e->scheme, 1);
	csv_put(f, e->tls_any ? "yes" : "", 1);
	csv_put(f, e->path, 1);
	put_list(f, e->methods);
	csv_put(f, e->list_name, 1);
	csv_put(f, e->purpose, 1);
	csv_put(f, e->owner, 1);
	put_time(f, e->since, 1);
	put_time(f, e->until, 1);
	csv_put(f, e->review, 1);
	csv_put(f, e->override, 1);
	csv_put(f, e->state, 1);
	csv_put(f, e->requested_by, 1);
	put_time(f, e->requested, 1);
	csv_put(f, e->approved_by, 1);
	put_time(f, e->approved, 0);
}

static json_t *time_json(int64_t s)
{
	char text[WHEN_TEXT_MAX];

	if (s == 0)
		return json_null();
	when_format(s, text);
	return json_string(text);
}

static json_t *maybe(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *entry_file_json(const struct entry *e)
{
	return json_pack(
		"{s:s, s:s, s:b, s:o, s:s, s:b, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o,"
		" s:o, s:s, s:s, s:o, s:o, s:o}",
		"id", e->id, "host", e->host, "address", (int)e->address, "ports",
		json_loads(e->ports, 0, NULL), "scheme", e->scheme, "tls_any",
		(int)e->tls_any, "path", e->path, "methods",
		json_loads(e->methods, 0, NULL), "list", e->list_name, "purpose",
		e->purpose, "owner", e->owner, "from", time_json(e->since), "until",
		time_json(e->until), "review", maybe(e->review), "override",
		maybe(e->override), "state", e->state, "requested_by", e->requested_by,
		"requested", time_json(e->requested), "approved_by",
		maybe(e->approved_by), "approved", time_json(e->approved));
}
