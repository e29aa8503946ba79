/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/record_query.h"
#include "mgmt/mgmtd/when.h"

struct listing {
	json_t *list;
	bool ja;
};

static int add_row(const struct proto_row *row, void *user)
{
	struct listing *l = user;
	struct record rec;
	json_t *obj;

	if (record_decode(row->record, row->len, &rec) < 0)
		return -EBADMSG;
	obj = record_json(row->id, &rec, l->ja);
	return obj != NULL && json_array_append_new(l->list, obj) == 0 ? 0 : -ENOMEM;
}

/* The reading goes on record before anything is read. */
static bool note_reading(struct call *c)
{
	char question[RECORD_QUERY_TEXT_MAX];

	record_query_print(c->req, question);
	if (journal_read(&c->app->journal, c->actor.login, question, c->req->client) == 0)
		return true;
	call_fail(c, MSG_NO_RECORD, "");
	return false;
}

/* Records that are not stored yet, and so cannot be found. */
static json_t *behind_json(const struct proto_query_end *end)
{
	char until[WHEN_TEXT_MAX];

	if (end->behind == 0)
		return json_null();
	if (end->until_us == 0)
		return json_pack("{s:n}", "until");
	when_format_us(end->until_us, until);
	return json_pack("{s:s}", "until", until);
}

void handle_record_search(struct call *c)
{
	struct listing l = { .ja = c->ja };
	struct proto_query q;
	struct proto_query_end end = { 0 };
	const char *bad;
	int r;

	if (record_query_parse(c->req, &q, &bad) < 0) {
		call_fail(c, MSG_BAD_QUERY, bad);
		return;
	}
	if (!note_reading(c))
		return;
	l.list = json_array();
	r = parts_query(&c->app->parts, &q, add_row, &l, &end);
	if (r == 0) {
		call_json(c, 200,
			  json_pack("{s:o, s:b, s:o}", "records", l.list, "more",
				    (int)(end.more != 0), "behind", behind_json(&end)));
		return;
	}
	json_decref(l.list);
	if (r == -ETIMEDOUT)
		call_fail(c, MSG_SEARCH_LONG, "");
	else if (r == -EHOSTDOWN)
		call_fail(c, MSG_PART_AWAY, part_name(PART_RECORDD));
	else
		call_fail_internal(c, r);
}

void handle_record_verify(struct call *c)
{
	struct proto_verify v;
	char text[MSG_TEXT_MAX];
	enum msg msg;
	int r = parts_verify(&c->app->parts, &v);

	if (r == -EHOSTDOWN) {
		call_fail(c, MSG_PART_AWAY, part_name(PART_RECORDD));
		return;
	}
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	msg = v.code == 0          ? MSG_VERIFY_OK
	      : v.code == -EBADMSG ? MSG_VERIFY_BROKEN
				   : MSG_VERIFY_FAILED;
	call_json(c, 200,
		  json_pack("{s:b, s:I, s:s, s:o, s:s, s:s}", "ok", v.code == 0,
			    "checked", (json_int_t)v.checked, "head", v.head, "bad",
			    v.bad_id != 0 ? json_integer((json_int_t)v.bad_id)
					  : json_null(),
			    "text", msg_text(msg, c->ja, "", text, sizeof(text)),
			    "detail", v.text));
}
