/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/session.h"

static void set_cookie(struct call *c, const char *token)
{
	/* __Host-: this host, this port's scheme, every path, and never from a sub-domain */
	(void)snprintf(c->res->cookie, sizeof(c->res->cookie),
		       SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s",
		       token, token[0] != '\0' ? "" : "; Max-Age=0");
}

static void answer(struct call *c, const struct account *a, const char *csrf)
{
	const char *site = c->app->policy != NULL ? c->app->policy->site : "";

	call_json(c, 200,
		  json_pack("{s:{s:s, s:s, s:s, s:b}, s:s, s:s}", "user", "login",
			    a->login, "name", a->name, "role", role_name(a->role),
			    "must_change", (int)a->must_change, "csrf", csrf, "site",
			    site));
}

/*
 * Count a failed attempt and put it on record. The record comes first: whoever
 * fills the disk is not given free guesses.
 */
static void refuse(struct call *c, const char *login)
{
	int r = journal_sign_in(&c->app->journal, login, false, "refused",
				c->req->client);

	if (r < 0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	r = store_attempt_failed(c->app->db, login, c->req->now);
	if (r < 0)
		call_fail_internal(c, r);
	else
		call_fail(c, MSG_BAD_SIGN_IN, "");
}

static void start(struct call *c, const struct account *a)
{
	char token[SESSION_HEX_MAX];
	struct session s;
	int r = journal_sign_in(&c->app->journal, a->login, true, "signed in",
				c->req->client);

	if (r < 0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	r = store_attempt_clear(c->app->db, a->login);
	if (r == 0)
		r = session_start(c->app->db, a->login, c->req->now, token, &s);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	set_cookie(c, token);
	sodium_memzero(token, sizeof(token));
	answer(c, a, s.csrf);
}

/* Is the login locked now? Answers, and puts it on record, when it is. */
static bool is_locked(struct call *c, const char *login)
{
	bool locked = true;
	int r = store_attempt_locked(c->app->db, login, c->req->now, &locked);

	if (r < 0)
		call_fail_internal(c, r);
	else if (locked && journal_sign_in(&c->app->journal, login, false, "locked out",
					   c->req->client) < 0)
		call_fail(c, MSG_NO_RECORD, "");
	else if (locked)
		call_fail(c, MSG_LOCKED, "");
	return locked;
}

void handle_session_start(struct call *c)
{
	struct input_sign_in in;
	struct input_error e;
	struct account a;
	bool good;
	int r;

	if (c->req->door == API_DOOR_LOCAL) {
		call_fail(c, MSG_NO_SESSION_HERE, "");
		return;
	}
	if (input_sign_in(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (is_locked(c, in.login))
		return;
	r = store_account_get(c->app->db, in.login, &a);
	if (r < 0 && r != -ENOENT) {
		call_fail_internal(c, r);
		return;
	}
	good = auth_check(&c->app->auth, r == 0 ? a.hash : NULL, in.password);
	sodium_memzero(in.password, sizeof(in.password));
	if (good && !a.disabled)
		start(c, &a);
	else
		refuse(c, in.login);
}

void handle_session_show(struct call *c)
{
	struct account a = { .role = c->actor.role };
	int r;

	if (c->req->door == API_DOOR_LOCAL) {
		(void)str_copy(a.login, sizeof(a.login), c->actor.login);
		answer(c, &a, "");
		return;
	}
	r = store_account_get(c->app->db, c->actor.login, &a);
	if (r < 0)
		call_fail_internal(c, r);
	else
		answer(c, &a, c->session.csrf);
}

void handle_session_end(struct call *c)
{
	int r;

	if (c->req->door == API_DOOR_LOCAL) {
		call_fail(c, MSG_NO_SESSION_HERE, "");
		return;
	}
	/* who leaves a PC to others is not kept signed in by a full disk */
	reserve_give(&c->app->reserve);
	r = store_session_remove(c->app->db, c->session.hash);
	reserve_take(&c->app->reserve);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	set_cookie(c, "");
	call_json(c, 200, json_object());
}

/* The new hash, the end of all other sessions, and the line in the history. */
static int change_password(struct call *c, const char *hash)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "password", c->actor.login, "");
	int r = publish_begin(p);

	if (r == 0)
		r = store_account_password(c->app->db, c->actor.login, hash, false);
	if (r == 0)
		r = store_session_remove_of(c->app->db, c->actor.login, c->session.hash);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	r = publish_note(p, &order);
	if (r == 0)
		app_sign_out(c->app, c->actor.login);
	return r;
}

static void check_and_change(struct call *c, const struct input_password *in)
{
	char hash[ACCOUNT_HASH_MAX];
	struct account a;
	int r = store_account_get(c->app->db, c->actor.login, &a);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	if (!auth_check(&c->app->auth, a.hash, in->old_password)) {
		r = store_attempt_failed(c->app->db, c->actor.login, c->req->now);
		if (r < 0)
			call_fail_internal(c, r);
		else
			call_fail(c, MSG_WRONG_PASSWORD, "");
		return;
	}
	r = auth_hash(in->new_password, hash);
	if (r == 0)
		r = change_password(c, hash);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		call_json(c, 200, json_object());
}

void handle_password(struct call *c)
{
	struct input_password in;
	struct input_error e;

	if (c->req->door == API_DOOR_LOCAL) {
		call_fail(c, MSG_NO_SESSION_HERE, "");
		return;
	}
	if (is_locked(c, c->actor.login))
		return;
	if (input_password(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	check_and_change(c, &in);
	sodium_memzero(&in, sizeof(in));
}
