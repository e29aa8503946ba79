/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The register from a file and into one: all rows or none. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/asset_file.h"
#include "mgmt/mgmtd/asset_store.h"
#include "mgmt/mgmtd/charset.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/import.h"
#include "mgmt/mgmtd/input_asset.h"
#include "mgmt/mgmtd/input_read.h"

struct import {
	struct call *c;
	struct import_report report;
	struct register_cause cause;
	size_t added, changed;
};

/* A row of a known asset number says what changes, and maybe one card more. */
static int change(struct import *im, const struct asset *was, struct input_asset *in)
{
	const struct asset *a = &in->asset;
	struct asset now = *was;
	const struct {
		char *dst;
		const char *src;
		size_t size;
	} text[] = {
		{ now.name, a->name, sizeof(now.name) },
		{ now.owner, a->owner, sizeof(now.owner) },
		{ now.organisation, a->organisation, sizeof(now.organisation) },
		{ now.kind, a->kind, sizeof(now.kind) },
		{ now.zone, a->zone, sizeof(now.zone) },
		{ now.note, a->note, sizeof(now.note) },
	};
	int r;

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		if (text[i].src[0] != '\0')
			memcpy(text[i].dst, text[i].src, text[i].size);
	}
	r = store_asset_describe(im->c->app->db, &now);
	if (r == 0)
		r = asset_store_card(im->c->app->db, was->id, &in->card[0]);
	im->changed += r == 0 ? 1 : 0;
	return r;
}

static int store(struct import *im, struct input_asset *in)
{
	struct asset was;
	int r = in->asset.number[0] != '\0'
			? store_asset_by_number(im->c->app->db, in->asset.number, &was)
			: -ENOENT;

	if (r == 0)
		return change(im, &was, in);
	if (r == -ENOENT)
		r = asset_store_new(im->c->app->db, in, &im->cause);
	im->added += r == 0 ? 1 : 0;
	return r;
}

static int take_row(const json_t *body, size_t line, void *user)
{
	struct import *im = user;
	struct input_error error = { 0 };
	struct input_asset in;
	int r = input_asset_new(body, im->c->app->policy, &in, &error);

	if (r < 0) {
		import_refuse(&im->report, line, error.msg, error.arg);
		return 0;
	}
	r = store(im, &in);
	if (r == -EEXIST)
		import_refuse(&im->report, line, MSG_NUMBER_TAKEN, in.asset.number);
	else if (r == -EBUSY)
		import_refuse(&im->report, line, MSG_HAS_PERMIT, "");
	else if (r == -EPERM)
		import_refuse(&im->report, line, MSG_CARD_HELD, "");
	else if (r == -EDQUOT)
		import_refuse(&im->report, line, MSG_FULL, "");
	else
		return r;
	return 0;
}

static const struct import_texts texts = {
	.syntax = "this is no CSV, or not in the encoding that was named",
	.syntax_ja = "CSVとして読み取れないか、指定された文字コードではありません",
	.column = "a column is unknown or given twice, or \"mac\" is missing",
	.column_ja = "不明な列や重複した列があるか、mac の列がありません",
};

static int take_file(struct import *im, const char *text, size_t len)
{
	struct rowfile_error error;
	int r = asset_file_read(text, len, take_row, im, &error);

	if (r == -EINVAL) {
		import_fault(&im->report, &error, &texts);
		return 0;
	}
	return r;
}

/* The bytes of "base64" as UTF-8. */
static int decode(const json_t *value, bool sjis, char **ret_text, size_t *ret_len)
{
	size_t size = json_string_length(value), len = 0;
	CLEANUP(free_p) char *bytes = malloc(size + 1);

	if (bytes == NULL)
		return -ENOMEM;
	if (sodium_base642bin((unsigned char *)bytes, size, json_string_value(value),
			      size, "\r\n", &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return -EILSEQ;
	if (sjis)
		return charset_from_sjis(bytes, len, ret_text, ret_len);
	*ret_len = len;
	*ret_text = STEAL(bytes);
	return 0;
}

struct order {
	const char *text; /* borrowed, or owned's */
	size_t len;
	char *owned;
	bool check;
};

static int read_order(const json_t *body, struct order *o, struct input_error *e)
{
	static const char *const keys[] = { "text", "base64", "encoding", "check", NULL };
	const json_t *text = json_object_get(body, "text");
	const json_t *base64 = json_object_get(body, "base64");
	const char *encoding = "utf-8";
	bool sjis;
	int r;

	if (input_keys(body, keys, e) < 0 || input_bool(body, "check", &o->check, e) < 0)
		return -EINVAL;
	if (json_is_string(text) == json_is_string(base64))
		return input_refuse(e, MSG_WRONG_TYPE, "text");
	if (input_has(body, "encoding") &&
	    input_string(body, "encoding", &encoding, e) < 0)
		return -EINVAL;
	sjis = strcmp(encoding, "shift_jis") == 0;
	if (!sjis && strcmp(encoding, "utf-8") != 0)
		return input_refuse(e, MSG_BAD_STATE, encoding);
	if (json_is_string(text)) {
		o->text = json_string_value(text);
		o->len = json_string_length(text);
		return 0;
	}
	r = decode(base64, sjis, &o->owned, &o->len);
	o->text = o->owned;
	return r < 0 ? input_refuse(e, r == -EILSEQ ? MSG_BAD_ENCODING : MSG_INTERNAL, "")
		     : 0;
}

static void run(struct import *im, const struct order *o)
{
	struct publisher *p = &im->c->app->publisher;
	struct publish_order order = call_order(im->c, "asset-import", "register", "");
	struct publish_result result = { 0 };
	char about[64];
	int r = sight_store(&im->c->app->sight, im->c->app->db);

	if (r == 0)
		r = publish_begin(p);
	if (r == 0)
		r = take_file(im, o->text, o->len);
	(void)snprintf(about, sizeof(about), "%zu new, %zu changed", im->added,
		       im->changed);
	order.change.about = about;
	if (r < 0 || im->report.bad != 0 || o->check || im->added + im->changed == 0)
		publish_abort(p);
	else
		r = publish_cards(p, &order, &result);
	if (r < 0)
		call_fail_publish(im->c, r, &result);
	else if (im->report.bad != 0)
		import_answer(&im->report);
	else
		call_json(im->c, 200,
			  json_pack("{s:I, s:I, s:b}", "added", (json_int_t)im->added,
				    "changed", (json_int_t)im->changed, "check",
				    (int)o->check));
}

void handle_asset_import(struct call *c)
{
	struct import im = {
		.c = c,
		.cause = { .who = c->actor.login, .why = "import", .now = c->req->now }
	};
	struct order o = { 0 };
	struct input_error e;

	if (!call_needs_policy(c))
		return;
	if (read_order(c->body, &o, &e) < 0) {
		call_fail_input(c, &e);
		free(o.owned);
		return;
	}
	import_begin(&im.report, c);
	run(&im, &o);
	import_end(&im.report);
	free(o.owned);
}

/* --- export --- */

struct export
{
	struct db *db;
	FILE *f;
	const struct asset *asset;
	bool card;
};

static int put_card(const struct device *d, void *user)
{
	struct export *x = user;

	x->card = true;
	asset_file_row(x->f, x->asset, d);
	return ferror(x->f) != 0 ? -ENOMEM : 0;
}

static int put_asset(const struct asset *a, void *user)
{
	struct export *x = user;
	int r;

	x->asset = a;
	x->card = false;
	r = store_device_of_asset(x->db, a->id, put_card, x);
	if (r == 0 && !x->card)
		asset_file_row(x->f, a, NULL);
	return r;
}

static int print(struct db *db, char **ret_text, size_t *ret_len)
{
	const struct asset_filter all = { .limit = INT64_MAX };
	char *text = NULL;
	struct export x = { .db = db, .f = open_memstream(&text, ret_len) };
	int r;

	if (x.f == NULL)
		return -ENOMEM;
	asset_file_head(x.f);
	r = store_asset_each(db, &all, put_asset, &x);
	if (fclose(x.f) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		free(text);
	else
		*ret_text = text;
	return r;
}

static bool encoding_is(const struct call *c, const char *name)
{
	const char *encoding = call_query(c, "encoding");

	return encoding != NULL && strcmp(encoding, name) == 0;
}

bool asset_encoding_ok(struct call *c)
{
	if (call_query(c, "encoding") == NULL || encoding_is(c, "utf-8") ||
	    encoding_is(c, "utf-8-bom") || encoding_is(c, "shift_jis"))
		return true;
	call_fail(c, MSG_BAD_QUERY, "encoding");
	return false;
}

static int add_mark(const char *text, size_t len, char **ret_text, size_t *ret_len)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *marked = malloc(len + sizeof(mark));

	if (marked == NULL)
		return -ENOMEM;
	memcpy(marked, mark, sizeof(mark));
	memcpy(marked + sizeof(mark) - 1, text, len);
	*ret_text = marked;
	*ret_len = len + sizeof(mark) - 1;
	return 0;
}

void asset_answer_file(struct call *c, char *text, size_t len)
{
	CLEANUP(free_p) char *own = text;
	bool sjis = encoding_is(c, "shift_jis");
	char *bytes = NULL;
	int r = 0;

	if (sjis)
		r = charset_to_sjis(own, len, &bytes, &len);
	else if (encoding_is(c, "utf-8-bom"))
		r = add_mark(own, len, &bytes, &len);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	call_text(c, bytes != NULL ? bytes : STEAL(own));
	c->res->type = sjis ? "text/csv; charset=Shift_JIS" : "text/csv; charset=utf-8";
	c->res->len = len;
}

void handle_asset_export(struct call *c)
{
	static const char *const keys[] = { "encoding", NULL };
	char *text = NULL;
	size_t len = 0;
	int r;

	if (!call_query_known(c, keys) || !asset_encoding_ok(c))
		return;
	app_follow_clock(c->app, c->req->now);
	r = print(c->app->db, &text, &len);
	if (r < 0)
		call_fail_internal(c, r);
	else
		asset_answer_file(c, text, len);
}
