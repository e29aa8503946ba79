/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the allowlist: listed, asked for and removed. */
#include <errno.h>
#include <string.h>

#include "mgmt/mgmtd/entry_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/page.h"

#define LIST_MAX 10000

static int add_json(const struct entry *e, void *user)
{
	struct page *page = user;

	return page_has_room(page) ? page_add(page, entry_json(e, page->c->ja)) : 0;
}

/* Returns false when it has answered. */
static bool read_filter(struct call *c, struct entry_filter *f)
{
	static const char *const keys[] = { "state", "list",  "text",
					    "after", "limit", NULL };

	if (!call_query_known(c, keys))
		return false;
	f->state = call_query(c, "state");
	f->list = call_query(c, "list");
	f->text = call_query(c, "text");
	f->after = call_query(c, "after");
	if (f->state != NULL && strcmp(f->state, "requested") != 0 &&
	    strcmp(f->state, "active") != 0) {
		call_fail(c, MSG_BAD_QUERY, "state");
		return false;
	}
	return true;
}

void handle_allow_list(struct call *c)
{
	struct entry_filter f = { 0 };
	struct page page;

	if (!read_filter(c, &f) || !page_begin(c, LIST_MAX, LIST_MAX, &page))
		return;
	f.limit = page.ask;
	page_answer(&page, store_entry_find(c->app->db, &f, add_json, &page), "entries",
		    NULL);
}

void entry_answer(struct call *c, const char *id, const struct publish_result *result)
{
	struct entry e;
	json_t *obj;
	int r = store_entry_get(c->app->db, id, &e);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	obj = entry_json(&e, c->ja);
	if (obj != NULL && result != NULL)
		call_add_result(c, obj, result, false);
	call_json(c, 200, obj);
}

static int request(struct call *c, const struct entry *e)
{
	struct publisher *p = &c->app->publisher;
	char why[ENTRY_WHY_MAX];
	struct publish_order order;
	int r;

	entry_why(e, why);
	order = call_order(c, "allow-request", e->id, why);
	order.change.about = e->host;
	r = publish_begin(p);
	if (r == 0)
		r = store_entry_room(c->app->db, 1);
	if (r == 0)
		r = store_entry_add(c->app->db, e);
	if (r == 0)
		return publish_note(p, &order);
	publish_abort(p);
	return r;
}

void handle_allow_request(struct call *c)
{
	struct input_allow in;
	struct input_error error;
	struct entry e;
	int r;

	if (!call_needs_policy(c))
		return;
	r = input_allow(c->body, c->req->now, &in, &error);
	if (r == 0)
		r = entry_make(c, &in, &e, &error);
	if (r == -EINVAL) {
		call_fail_input(c, &error);
		return;
	}
	if (r == 0)
		r = request(c, &e);
	if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_LISTED, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		entry_answer(c, e.id, NULL);
}

bool entry_find(struct call *c, const char *id, struct entry *ret)
{
	int r = id_is('a', id) ? store_entry_get(c->app->db, id, ret) : -ENOENT;

	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

void handle_allow_remove(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { .revision = p->current };
	struct publish_order order;
	struct input_reason in;
	struct input_error error;
	struct entry e;
	json_t *obj;
	int r;

	if (input_reason(c->body, &in, &error) < 0) {
		call_fail_input(c, &error);
		return;
	}
	if (!entry_find(c, c->arg, &e))
		return;
	order = call_order(c, "allow-remove", e.id, in.reason);
	order.change.about = e.host;
	order.withdrawal = true;
	r = publish_begin(p);
	if (r == 0)
		r = store_entry_remove(c->app->db, e.id, c->actor.login, c->req->now,
				       in.reason);
	if (r < 0)
		publish_abort(p);
	else if (strcmp(e.state, "active") == 0)
		r = publish_commit(p, &order, &result);
	else
		r = publish_note(p, &order);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, true);
	call_json(c, 200, obj);
}
