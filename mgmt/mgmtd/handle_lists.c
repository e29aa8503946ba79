/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/list_json.h"

struct listing {
	struct db *db;
	json_t *list;
};

static int add_json(const struct list *l, void *user)
{
	struct listing *a = user;
	json_t *obj = NULL;
	int r = list_json(a->db, l, &obj);

	if (r == 0)
		r = json_array_append_new(a->list, obj) == 0 ? 0 : -ENOMEM;
	return r;
}

/* A request for a list that is not in force yet. */
static int add_new(const struct list *l, void *user)
{
	struct listing *a = user;
	struct list active;
	int r = store_list_get(a->db, l->id, "active", &active);

	return r == -ENOENT ? add_json(l, user) : r;
}

void handle_list_list(struct call *c)
{
	struct listing a = { .db = c->app->db, .list = json_array() };
	int r = store_list_each(a.db, "active", add_json, &a);

	if (r == 0)
		r = store_list_each(a.db, "requested", add_new, &a);
	if (r < 0) {
		json_decref(a.list);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "lists", a.list));
}

/* The list as it is now: in force, else requested. -ENOENT: neither. */
static int get(struct call *c, const char *id, struct list *ret)
{
	int r = store_list_get(c->app->db, id, "active", ret);

	return r == -ENOENT ? store_list_get(c->app->db, id, "requested", ret) : r;
}

/* The list that the path names. Returns false when it has answered. */
static bool find(struct call *c, struct list *ret)
{
	int r = allow_list_id_is_valid(c->arg) ? get(c, c->arg, ret) : -ENOENT;

	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_internal(c, r);
	else if (strcmp(ret->id, LIST_DEFAULT) == 0)
		call_fail(c, MSG_LIST_DEFAULT, "");
	return r == 0 && strcmp(ret->id, LIST_DEFAULT) != 0;
}

static void answer(struct call *c, const char *id, const struct publish_result *result)
{
	struct list l;
	json_t *obj = NULL;
	int r = get(c, id, &l);

	if (r == 0)
		r = list_json(c->app->db, &l, &obj);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	if (result != NULL)
		call_add_result(c, obj, result, true);
	call_json(c, 200, obj);
}

static void fail(struct call *c, int r, const struct list *l,
		 const struct publish_result *result)
{
	if (r == -ENOTUNIQ)
		call_fail(c, MSG_NAME_TAKEN, l->name);
	else if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_REQUESTED, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r == -ENOTEMPTY)
		call_fail(c, MSG_LIST_NOT_EMPTY, "");
	else
		call_fail_publish(c, r, result);
}

/* A version with the settings in, as requested by the caller now. */
static int request(struct call *c, const char *what, const struct input_list *in,
		   struct list *l)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, what, l->id, in->reason);
	int r = list_of_input(in, l);

	if (r < 0)
		return r;
	id_new('v', l->version);
	(void)str_copy(l->requested_by, sizeof(l->requested_by), c->actor.login);
	(void)str_copy(l->requested_role, sizeof(l->requested_role),
		       role_name(c->actor.role));
	l->requested = c->req->now;
	order.change.about = l->name;
	r = publish_begin(p);
	if (r == 0)
		r = store_list_request(c->app->db, l);
	if (r == 0)
		return publish_note(p, &order);
	publish_abort(p);
	return r;
}

/* base: what is in force, or where a new list begins. */
static void take_request(struct call *c, const char *what, struct list *base)
{
	struct input_list in;
	struct input_error error;
	int r = list_to_input(base, &in);
	bool bad = false;

	if (r == 0) {
		r = input_list(c->body, c->app->policy, &in, &error);
		bad = r == -EINVAL;
	}
	if (r == 0)
		r = request(c, what, &in, base);
	input_list_clear(&in);
	if (bad)
		call_fail_input(c, &error);
	else if (r == -EFBIG)
		call_fail(c, MSG_TOO_LARGE, "");
	else if (r < 0)
		fail(c, r, base, NULL);
	else
		answer(c, base->id, NULL);
}

void handle_list_request(struct call *c)
{
	struct list l = {
		.mode = "enforce", .zones = "[]", .groups = "[]", .users = "[]"
	};

	if (!call_needs_policy(c))
		return;
	id_new('l', l.id);
	take_request(c, "list-request", &l);
}

void handle_list_change(struct call *c)
{
	struct list l;

	if (!call_needs_policy(c) || !find(c, &l))
		return;
	if (strcmp(l.state, "active") != 0)
		call_fail(c, MSG_ALREADY_REQUESTED, ""); /* it is itself only requested */
	else
		take_request(c, "list-change", &l);
}

/* The request that the approver has read, still open. Returns false when it has answered. */
static bool find_request(struct call *c, const char *id, struct list *ret)
{
	char version[ID_TEXT_MAX] = "";
	bool root = c->actor.role == ROLE_ROOT && json_object_size(c->body) == 0;
	struct input_error error;
	int r;

	if (!root && input_version(c->body, version, &error) < 0) {
		call_fail_input(c, &error);
		return false;
	}
	r = store_list_get(c->app->db, id, "requested", ret);
	if (r == -ENOENT || (r == 0 && !root && strcmp(version, ret->version) != 0)) {
		call_fail(c, MSG_NOT_REQUESTED, "");
		return false;
	}
	if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

void handle_list_approve(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { 0 };
	struct publish_order order;
	struct list l;
	int r;

	if (!find(c, &l) || !find_request(c, l.id, &l) ||
	    !call_may_approve(c, l.requested_by, l.requested_role))
		return;
	order = call_order(c, "list-approve", l.id, l.reason);
	order.change.about = l.name;
	r = publish_begin(p);
	if (r == 0)
		r = store_list_approve(c->app->db, &l, c->actor.login, c->req->now);
	if (r == 0) {
		r = publish_commit(p, &order, &result);
	} else {
		publish_abort(p);
		r = r == -EEXIST ? -ENOTUNIQ : r; /* the name went to another list */
	}
	if (r < 0)
		fail(c, r, &l, &result);
	else
		answer(c, l.id, &result);
}

/* End the open request alone, or the whole list. */
static void withdraw(struct call *c, bool whole)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { .revision = p->current };
	struct publish_order order;
	struct input_reason in;
	struct input_error error;
	struct list l;
	json_t *obj;
	int r;

	if (input_reason(c->body, &in, &error) < 0) {
		call_fail_input(c, &error);
		return;
	}
	if (!find(c, &l))
		return;
	order = call_order(c, whole ? "list-remove" : "list-withdraw", l.id, in.reason);
	order.change.about = l.name;
	order.withdrawal = true;
	r = publish_begin(p);
	if (r == 0)
		r = whole ? store_list_remove(c->app->db, l.id, c->actor.login,
					      c->req->now, in.reason)
			  : store_list_withdraw(c->app->db, l.id, c->actor.login,
						c->req->now, in.reason);
	if (r == 0 && !whole && db_changed(c->app->db) == 0) {
		publish_abort(p);
		call_fail(c, MSG_NOT_REQUESTED, "");
		return;
	}
	if (r < 0)
		publish_abort(p);
	else if (whole && strcmp(l.state, "active") == 0)
		r = publish_commit(p, &order, &result);
	else
		r = publish_note(p, &order);
	if (r < 0) {
		fail(c, r, &l, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, true);
	call_json(c, 200, obj);
}

void handle_list_withdraw(struct call *c)
{
	withdraw(c, false);
}

void handle_list_remove(struct call *c)
{
	withdraw(c, true);
}
