/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/str.h"
#include "mgmt/mgmtd/when.h"

#define DIAGNOSTICS_MAX 64 /* lines in an answer */

void call_json(struct call *c, unsigned status, json_t *value)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	free(c->res->body);
	c->res->status = text != NULL ? status : 500;
	c->res->type = "application/json";
	c->res->body = text;
	c->res->len = text != NULL ? strlen(text) : 0;
}

void call_text(struct call *c, char *text)
{
	free(c->res->body);
	c->res->status = 200;
	c->res->type = "text/plain; charset=utf-8";
	c->res->body = text;
	c->res->len = strlen(text);
}

static json_t *error_of(const struct call *c, enum msg msg, const char *arg)
{
	char text[MSG_TEXT_MAX];

	return json_pack("{s:{s:s, s:s}}", "error", "code", msg_code(msg), "message",
			 msg_text(msg, c->ja, arg, text, sizeof(text)));
}

void call_fail(struct call *c, enum msg msg, const char *arg)
{
	call_json(c, msg_status(msg), error_of(c, msg, arg));
}

void call_fail_input(struct call *c, const struct input_error *e)
{
	call_fail(c, e->msg, e->arg);
}

void call_fail_internal(struct call *c, int r)
{
	log_err("mgmtd", "%s %s: %s (ledger: %s)", c->req->method, c->req->path,
		strerror(-r), db_error(c->app->db));
	call_fail(c, MSG_INTERNAL, "");
}

/* Diagnostics, a line each, as the array that docs/api.md promises. */
static json_t *lines_of(const char *text)
{
	json_t *lines = json_array();

	while (*text != '\0' && json_array_size(lines) < DIAGNOSTICS_MAX) {
		size_t len = strcspn(text, "\n");

		if (len != 0)
			(void)json_array_append_new(lines, json_stringn(text, len));
		text += len + (text[len] == '\n' ? 1 : 0);
	}
	return lines;
}

static void fail_refused(struct call *c, const struct publish_result *result)
{
	json_t *top = error_of(c, MSG_REFUSED, "");
	json_t *error = json_object_get(top, "error");

	if (json_object_set_new(error, "diagnostics", lines_of(result->text)) < 0) {
		json_decref(top);
		top = NULL;
	}
	call_json(c, msg_status(MSG_REFUSED), top);
}

/* Which one, by whom, and until when, in the site's own time. */
static void fail_trial(struct call *c)
{
	const struct trial *t = &c->app->publisher.trial;
	char arg[128], until[32] = "";
	time_t s = (time_t)t->until;
	struct tm tm;

	if (localtime_r(&s, &tm) != NULL)
		(void)strftime(until, sizeof(until), "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(arg, sizeof(arg),
		       c->ja ? "第%" PRIu64 "版、%s、%sまで"
			     : "revision %" PRIu64 ", by %s, until %s",
		       t->number, t->who, until);
	call_fail(c, MSG_TRIAL_RUNS, arg);
}

void call_fail_publish(struct call *c, int r, const struct publish_result *result)
{
	if (r == -EINVAL && result != NULL)
		fail_refused(c, result);
	else if (r == -EHOSTDOWN && result != NULL)
		call_fail(c, MSG_PART_AWAY, part_name(result->culprit));
	else if (r == -ENOBUFS)
		call_fail(c, MSG_NO_RECORD, "");
	else if (r == -ENOSPC)
		call_fail(c, MSG_DISK_FULL, "");
	else if (r == -ENOENT)
		call_fail(c, MSG_NO_POLICY, "");
	else if (r == -EBUSY && c->app->publisher.trial.number != 0)
		fail_trial(c);
	else if (r == -ENODATA)
		call_fail(c, MSG_TRIAL_FIRST, "");
	else if (r == -ESRCH)
		call_fail(c, MSG_NO_TRIAL, "");
	else if (r == -ESTALE)
		call_fail(c, MSG_TRIAL_OVER, "");
	else
		call_fail_internal(c, r);
}

struct publish_order call_order(const struct call *c, const char *what,
				const char *object, const char *reason)
{
	return (struct publish_order){
		.change = { .who = c->actor.login,
			    .what = what,
			    .object = object,
			    .reason = reason,
			    .break_glass = workflow_breaks_glass(&c->actor) },
		.client = c->req->client,
		.now = c->req->now,
	};
}

void call_warn(const struct call *c, json_t *obj, enum msg msg, const char *arg)
{
	const char *before = json_string_value(json_object_get(obj, "warning"));
	char text[MSG_TEXT_MAX];

	(void)msg_text(msg, c->ja, arg, text, sizeof(text));
	(void)json_object_set_new(obj, "warning",
				  json_sprintf("%s%s%s", before != NULL ? before : "",
					       before != NULL && !c->ja ? " " : "",
					       text));
}

static void add_rolled_back(const struct call *c, json_t *obj, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	(void)json_object_set_new(obj, "rolled_back", json_integer((json_int_t)number));
	call_warn(c, obj, MSG_TRIAL_ENDED, text);
}

void call_add_result(struct call *c, json_t *obj, const struct publish_result *result,
		     bool with_cut)
{
	json_t *pending = json_array();
	const char *name = "";

	(void)json_object_set_new(obj, "revision",
				  json_integer((json_int_t)result->revision));
	if (with_cut)
		(void)json_object_set_new(obj, "cut", json_integer(result->cut));
	if (result->rolled_back != 0)
		add_rolled_back(c, obj, result->rolled_back);
	for (int i = 0; i < PART_COUNT; i++) {
		if ((result->pending & 1u << i) != 0) {
			name = part_name((enum part)i);
			(void)json_array_append_new(pending, json_string(name));
		}
	}
	if (json_array_size(pending) != 0) {
		(void)json_object_set(obj, "pending", pending);
		if (json_array_size(pending) == 2)
			name = "gated, proxyd";
		call_warn(c, obj, MSG_PENDING, name);
	}
	json_decref(pending);
	if (result->not_kept)
		call_warn(c, obj, MSG_LOCKDOWN_NOT_KEPT, "");
}

const char *call_query(const struct call *c, const char *key)
{
	for (size_t i = 0; i < c->req->query_count; i++) {
		if (strcmp(c->req->query[i].key, key) == 0)
			return c->req->query[i].value;
	}
	return NULL;
}

bool call_query_known(struct call *c, const char *const *keys)
{
	for (size_t i = 0; i < c->req->query_count; i++) {
		const char *key = c->req->query[i].key;
		size_t k = 0;

		while (keys[k] != NULL && strcmp(keys[k], key) != 0)
			k++;
		if (keys[k] == NULL) {
			call_fail(c, MSG_BAD_QUERY,
				  str_is_printable_utf8(key) ? key : "?");
			return false;
		}
	}
	return true;
}

json_t *call_time(int64_t s)
{
	char text[WHEN_TEXT_MAX];

	if (s == 0)
		return json_null();
	when_format(s, text);
	return json_string(text);
}

json_t *call_maybe(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

bool call_needs_policy(struct call *c)
{
	if (c->app->policy != NULL)
		return true;
	call_fail(c, MSG_NO_POLICY, "");
	return false;
}

bool call_may_approve(struct call *c, const char *requested_by,
		      const char *requested_role)
{
	switch (workflow_approve(&c->actor, requested_by, role_of_name(requested_role))) {
	case WORKFLOW_OK:
		return true;
	case WORKFLOW_NO_ROLE:
		call_fail(c, MSG_ROLE, "");
		break;
	case WORKFLOW_SAME_PERSON:
		call_fail(c, MSG_SAME_PERSON, "");
		break;
	case WORKFLOW_NEED_MANAGER:
		call_fail(c, MSG_NEED_MANAGER, "");
		break;
	}
	return false;
}

void call_note(struct call *c, const struct change *change, uint64_t revision)
{
	journal_done(&c->app->journal, change, c->req->client, revision);
}
