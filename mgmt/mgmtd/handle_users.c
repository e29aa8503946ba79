/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_session.h"

static json_t *user_json(const struct account *a)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o}", "login", a->login, "name",
			 a->name, "role", role_name(a->role), "disabled",
			 (int)a->disabled, "must_change", (int)a->must_change, "created",
			 call_time(a->created));
}

static int add_user(const struct account *a, void *list)
{
	return json_array_append_new(list, user_json(a)) == 0 ? 0 : -ENOMEM;
}

void handle_user_list(struct call *c)
{
	json_t *list = json_array();
	int r = list != NULL ? store_account_each(c->app->db, add_user, list) : -ENOMEM;

	if (r < 0) {
		json_decref(list);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "users", list));
}

/* Answer with the account as it is now, and the password that is shown once. */
static void answer(struct call *c, const char *login, const char *password)
{
	struct account a;
	json_t *obj;
	int r = store_account_get(c->app->db, login, &a);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	obj = user_json(&a);
	if (password != NULL &&
	    json_object_set_new(obj, "initial_password", json_string(password)) < 0) {
		json_decref(obj);
		obj = NULL;
	}
	call_json(c, 200, obj);
}

static int store_user(struct call *c, const struct account *a)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order =
		call_order(c, "user-add", a->login, role_name(a->role));
	int r = publish_begin(p);

	if (r == 0)
		r = store_account_add(c->app->db, a);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return publish_note(p, &order);
}

/*
 * An administrator who could make a manager's account, or get its password, could
 * approve alone. Only root on the box may, and that is on record as break-glass.
 */
static bool is_beyond(const struct call *c, enum role role)
{
	return role == ROLE_MANAGER && c->actor.role != ROLE_ROOT;
}

void handle_user_add(struct call *c)
{
	char password[AUTH_FIRST_MAX];
	struct input_user in;
	struct input_error e;
	struct account a = { .must_change = true, .created = c->req->now };
	int r;

	if (input_user(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (is_beyond(c, in.role)) {
		call_fail(c, MSG_ROLE, "");
		return;
	}
	(void)str_copy(a.login, sizeof(a.login), in.login);
	(void)str_copy(a.name, sizeof(a.name), in.name);
	a.role = in.role;
	auth_first(password);
	r = auth_hash(password, a.hash);
	if (r == 0)
		r = store_user(c, &a);
	if (r == -EEXIST)
		call_fail(c, MSG_LOGIN_TAKEN, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		answer(c, a.login, password);
	sodium_memzero(password, sizeof(password));
}

/* The account that the path names, and the reason. Returns false when it has answered. */
static bool find(struct call *c, struct account *ret, struct input_reason *ret_reason)
{
	struct input_error e;
	int r;

	if (input_reason(c->body, ret_reason, &e) < 0) {
		call_fail_input(c, &e);
		return false;
	}
	if (strcmp(c->arg, c->actor.login) == 0) {
		call_fail(c, MSG_SELF, "");
		return false;
	}
	r = store_account_get(c->app->db, c->arg, ret);
	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

void handle_user_disable(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct input_reason in;
	struct account a;
	int r;

	if (!find(c, &a, &in))
		return;
	if (a.disabled) {
		call_fail(c, MSG_ALREADY_DISABLED, "");
		return;
	}
	order = call_order(c, "user-disable", a.login, in.reason);
	order.withdrawal = true;
	r = publish_begin(p);
	if (r == 0)
		r = store_account_disable(c->app->db, a.login);
	if (r == 0)
		r = store_session_remove_of(c->app->db, a.login, "");
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r < 0) {
		call_fail_publish(c, r, NULL);
		return;
	}
	app_sign_out(c->app, a.login);
	answer(c, a.login, NULL);
}

static int reset(struct call *c, const struct account *a, const char *password,
		 const char *reason)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "user-reset", a->login, reason);
	char hash[ACCOUNT_HASH_MAX];
	int r = auth_hash(password, hash);

	if (r < 0)
		return r;
	r = publish_begin(p);
	if (r == 0)
		r = store_account_password(c->app->db, a->login, hash, true);
	if (r == 0)
		r = store_session_remove_of(c->app->db, a->login, "");
	if (r == 0)
		r = store_attempt_forgive(c->app->db, a->login);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	r = publish_note(p, &order);
	if (r == 0)
		app_sign_out(c->app, a->login);
	return r;
}

void handle_user_reset(struct call *c)
{
	char password[AUTH_FIRST_MAX];
	struct input_reason in;
	struct account a;
	int r;

	if (!find(c, &a, &in))
		return;
	if (a.disabled) {
		call_fail(c, MSG_ALREADY_DISABLED, "");
		return;
	}
	if (is_beyond(c, a.role)) {
		call_fail(c, MSG_ROLE, "");
		return;
	}
	auth_first(password);
	r = reset(c, &a, password, in.reason);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		answer(c, a.login, password);
	sodium_memzero(password, sizeof(password));
}
