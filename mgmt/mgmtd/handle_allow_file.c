/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/entry_file.h"
#include "mgmt/mgmtd/entry_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/import.h"
#include "mgmt/mgmtd/input_read.h"

/* --- import --- */

struct import {
	struct call *c;
	struct import_report report;
	json_t *warnings; /* [{line, host, code, text}] */
	size_t count; /* rows that are good */
	char first[ID_TEXT_MAX];
	bool approve;
};

static void add_warnings(struct import *im, size_t line, const struct entry *e)
{
	json_t *list = host_check_warnings(e->host, im->c->ja), *warning;
	size_t i;

	json_array_foreach(list, i, warning)
	{
		(void)json_object_set_new(warning, "line",
					  json_integer((json_int_t)line));
		(void)json_object_set_new(warning, "host", json_string(e->host));
		if (json_array_size(im->warnings) < IMPORT_LINES_MAX)
			(void)json_array_append(im->warnings, warning);
	}
	json_decref(list);
}

/* In the open transaction. */
static int store(struct import *im, const struct entry *e)
{
	struct call *c = im->c;
	char why[ENTRY_WHY_MAX];
	struct publish_order order;
	int r = store_entry_add(c->app->db, e);

	if (r < 0)
		return r;
	entry_why(e, why);
	order = call_order(c, "allow-request", e->id, why);
	r = store_change_add(c->app->db, &order.change, c->req->now);
	if (r == 0 && im->approve)
		r = store_entry_approve(c->app->db, e, c->actor.login, c->req->now);
	return r;
}

static int take_row(const json_t *body, size_t line, void *user)
{
	struct import *im = user;
	struct input_allow in;
	struct input_error error = { 0 };
	struct entry e;
	int r = input_allow(body, im->c->req->now, &in, &error);

	if (r == 0)
		r = entry_make(im->c, &in, &e, &error);
	if (r == -EINVAL) {
		import_refuse(&im->report, line, error.msg, error.arg);
		return 0;
	}
	if (r == 0)
		r = store(im, &e);
	if (r == -EEXIST || r == -ESTALE) {
		import_refuse(&im->report, line,
			      r == -EEXIST ? MSG_ALREADY_LISTED : MSG_REPLACED_GONE, "");
		return 0;
	}
	if (r < 0)
		return r;
	add_warnings(im, line, &e);
	if (im->count++ == 0)
		memcpy(im->first, e.id, sizeof(im->first));
	return 0;
}

static const struct import_texts texts = {
	.syntax = "this is not the format that was named, or not UTF-8",
	.syntax_ja = "指定された形式として読み取れないか、UTF-8 ではありません",
	.column = "a column is unknown or given twice, or \"host\" is missing",
	.column_ja = "不明な列や重複した列があるか、host の列がありません",
};

/* All rows into the open transaction. Returns 0 also when some were refused. */
static int take_file(struct import *im, const char *text, size_t len, bool csv)
{
	struct rowfile_error error;
	int r = entry_file_read(text, len, csv, take_row, im, &error);

	if (r == -EINVAL) {
		import_fault(&im->report, &error, &texts);
		return 0;
	}
	return r < 0 ? r : store_entry_room(im->c->app->db, 0);
}

static int finish(struct import *im, struct publish_result *result)
{
	struct publisher *p = &im->c->app->publisher;
	struct publish_order order = call_order(im->c, "allow-import", im->first, "");
	char about[64];

	(void)snprintf(about, sizeof(about), "%zu entries", im->count);
	order.change.about = about;
	return im->approve ? publish_commit(p, &order, result) : publish_note(p, &order);
}

static void answer(struct import *im, const struct publish_result *result, bool check)
{
	json_t *obj = json_pack("{s:I, s:O}", check ? "would_add" : "added",
				(json_int_t)im->count, "warnings", im->warnings);

	if (obj != NULL && im->approve && !check)
		call_add_result(im->c, obj, result, true);
	call_json(im->c, 200, obj);
}

struct order {
	const char *text;
	size_t len;
	bool csv, check;
};

/* Returns false when it has answered. */
static bool read_order(struct call *c, struct import *im, struct order *ret)
{
	static const char *const keys[] = { "format", "text", "check", "approve", NULL };
	const json_t *text = json_object_get(c->body, "text");
	struct input_error error;
	const char *format;
	int r = input_keys(c->body, keys, &error);

	if (r == 0)
		r = input_string(c->body, "format", &format, &error);
	if (r == 0 && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0)
		r = input_refuse(&error, MSG_WRONG_TYPE, "format");
	if (r == 0)
		r = input_string(c->body, "text", &ret->text, &error);
	if (r == 0)
		r = input_bool(c->body, "check", &ret->check, &error);
	if (r == 0)
		r = input_bool(c->body, "approve", &im->approve, &error);
	if (r < 0) {
		call_fail_input(c, &error);
		return false;
	}
	ret->len = json_string_length(text);
	ret->csv = strcmp(format, "csv") == 0;
	if (im->approve && c->actor.role != ROLE_ROOT) {
		call_fail(c, MSG_ROLE, ""); /* nobody else asks and approves at once */
		return false;
	}
	return true;
}

static void run(struct import *im, const struct order *o)
{
	struct publisher *p = &im->c->app->publisher;
	struct publish_result result = { 0 };
	int r = publish_begin(p);

	if (r == 0)
		r = take_file(im, o->text, o->len, o->csv);
	if (r < 0 || im->report.bad != 0 || o->check || im->count == 0)
		publish_abort(p);
	else
		r = finish(im, &result);
	if (r == -EDQUOT)
		call_fail(im->c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(im->c, r, &result);
	else if (im->report.bad != 0)
		import_answer(&im->report);
	else
		answer(im, &result, o->check);
}

void handle_allow_import(struct call *c)
{
	struct import im = { .c = c };
	struct order o;

	if (!call_needs_policy(c) || !read_order(c, &im, &o))
		return;
	import_begin(&im.report, c);
	im.warnings = json_array();
	run(&im, &o);
	import_end(&im.report);
	json_decref(im.warnings);
}

/* --- export --- */

struct export
{
	FILE *f;
	bool csv;
	size_t count;
};

static int put_entry(const struct entry *e, void *user)
{
	struct export *x = user;
	json_t *obj;
	char *text;

	if (x->csv) {
		entry_file_csv_row(x->f, e);
		return ferror(x->f) != 0 ? -ENOMEM : 0;
	}
	obj = entry_file_json(e);
	text = json_dumps(obj, JSON_COMPACT);
	json_decref(obj);
	if (text == NULL)
		return -ENOMEM;
	(void)fprintf(x->f, "%s\n%s", x->count++ != 0 ? "," : "", text);
	free(text);
	return ferror(x->f) != 0 ? -ENOMEM : 0;
}

static int put_all(struct call *c, struct export *x)
{
	int r;

	if (x->csv)
		entry_file_csv_head(x->f);
	else
		(void)fputs("[", x->f);
	r = store_entry_each(c->app->db, false, put_entry, x);
	if (!x->csv)
		(void)fputs(x->count != 0 ? "\n]\n" : "]\n", x->f);
	return r;
}

void handle_allow_export(struct call *c)
{
	static const char *const keys[] = { "format", NULL };
	const char *format = call_query(c, "format");
	struct export x = { 0 };
	char *text = NULL;
	size_t len;
	int r;

	if (!call_query_known(c, keys))
		return;
	x.csv = format == NULL || strcmp(format, "csv") == 0;
	if (!x.csv && strcmp(format, "json") != 0) {
		call_fail(c, MSG_BAD_QUERY, "format");
		return;
	}
	x.f = open_memstream(&text, &len);
	if (x.f == NULL) {
		call_fail_internal(c, -ENOMEM);
		return;
	}
	r = put_all(c, &x);
	if (fclose(x.f) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		call_fail_internal(c, r);
		return;
	}
	call_text(c, text);
}
