/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the allowlist are approved: one, or many at once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/entry_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/site_request.h"

#define BATCH_MAX 1000 /* entries that one approval may name */

/*
 * Where nobody signs in at the proxy, a manager could ask on the local page of her own
 * device, and approve that: its address stands behind the purpose (site_request.h).
 */
static bool asked_from_here(const struct call *c, const struct entry *e)
{
	char address[ADDR_TEXT_MAX], here[ADDR_TEXT_MAX + 8];
	size_t len = strlen(SITE_REQUEST_BY);

	if (c->req->client.family == 0 || strchr(e->requested_by, ' ') != NULL ||
	    strncmp(e->requested_by, SITE_REQUEST_BY, len) != 0)
		return false;
	addr_format(c->req->client, address);
	(void)snprintf(here, sizeof(here), " (%s, ", address);
	return strstr(e->purpose, here) != NULL;
}

static bool may_approve(struct call *c, const struct entry *e)
{
	if (strcmp(e->state, "requested") != 0) {
		call_fail(c, MSG_NOT_REQUESTED, "");
		return false;
	}
	if (e->until != 0 && e->until <= c->req->now) {
		call_fail(c, MSG_OVER_BEFORE_APPROVED, "");
		return false;
	}
	if (asked_from_here(c, e)) {
		call_fail(c, MSG_SAME_DEVICE, "");
		return false;
	}
	return call_may_approve(c, e->requested_by, e->requested_role);
}

/* In the open transaction. Each has a line of history; the last one is the order's. */
static int approve_one(struct call *c, const struct entry *e, bool last)
{
	char why[ENTRY_WHY_MAX];
	struct publish_order order;
	int r = store_entry_approve(c->app->db, e, c->actor.login, c->req->now);

	if (r < 0 || last)
		return r;
	entry_why(e, why);
	order = call_order(c, "allow-approve", e->id, why);
	return store_change_add(c->app->db, &order.change, c->req->now);
}

/* The order of them all, after which each of a batch has a record of its own. */
static int publish_all(struct call *c, const struct entry *e, size_t count,
		       struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	const struct entry *last = &e[count - 1];
	char why[ENTRY_WHY_MAX], about[HOST_PATTERN_MAX + 64];
	struct publish_order order;
	int r;

	entry_why(last, why);
	order = call_order(c, "allow-approve", last->id, why);
	(void)snprintf(about, sizeof(about), count > 1 ? "%.*s (and %zu more)" : "%.*s",
		       HOST_PATTERN_MAX, last->host, count - 1);
	order.change.about = about;
	r = publish_commit(p, &order, result);
	for (size_t i = 0; r == 0 && i + 1 < count; i++) {
		entry_why(&e[i], why);
		order = call_order(c, "allow-approve", e[i].id, why);
		order.change.about = e[i].host;
		call_note(c, &order.change, result->revision);
	}
	return r;
}

static int approve(struct call *c, const struct entry *e, size_t count,
		   struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	int r = publish_begin(p);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = approve_one(c, &e[i], i + 1 == count);
	if (r == 0)
		return publish_all(c, e, count, result);
	publish_abort(p);
	return r;
}

static void fail_approve(struct call *c, int r, const struct publish_result *result)
{
	if (r == -ESTALE)
		call_fail(c, MSG_REPLACED_GONE, "");
	else
		call_fail_publish(c, r, result);
}

void handle_allow_approve(struct call *c)
{
	struct publish_result result = { 0 };
	struct input_error error;
	struct entry e;
	int r;

	if (input_nothing(c->body, &error) < 0) {
		call_fail_input(c, &error);
		return;
	}
	if (!entry_find(c, c->arg, &e) || !may_approve(c, &e))
		return;
	r = approve(c, &e, 1, &result);
	if (r < 0)
		fail_approve(c, r, &result);
	else
		entry_answer(c, e.id, &result);
}

/* All of the body's entries, or none. Returns false when it has answered. */
static bool read_batch(struct call *c, struct entry *e, size_t count)
{
	const json_t *ids = json_object_get(c->body, "entries");

	for (size_t i = 0; i < count; i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (!entry_find(c, id != NULL ? id : "", &e[i]) || !may_approve(c, &e[i]))
			return false;
		for (size_t k = 0; k < i; k++) {
			if (strcmp(e[k].id, e[i].id) == 0) {
				call_fail(c, MSG_NOT_REQUESTED, "");
				return false;
			}
		}
	}
	return true;
}

void handle_allow_approve_all(struct call *c)
{
	static const char *const keys[] = { "entries", NULL };
	const json_t *ids = json_object_get(c->body, "entries");
	CLEANUP(free_p) struct entry *e = NULL;
	struct publish_result result = { 0 };
	size_t count = json_array_size(ids);
	struct input_error error = { 0 };
	json_t *obj;
	int r = input_keys(c->body, keys, &error);

	if (r == 0 && count == 0)
		r = input_refuse(&error, MSG_MISSING_KEY, "entries");
	if (r == 0 && count > BATCH_MAX)
		r = input_refuse(&error, MSG_TOO_MANY, "entries");
	if (r < 0) {
		call_fail_input(c, &error);
		return;
	}
	e = calloc(count, sizeof(*e));
	if (e == NULL) {
		call_fail_internal(c, -ENOMEM);
		return;
	}
	if (!read_batch(c, e, count))
		return;
	r = approve(c, e, count, &result);
	if (r < 0) {
		fail_approve(c, r, &result);
		return;
	}
	obj = json_pack("{s:I}", "approved", (json_int_t)count);
	if (obj != NULL)
		call_add_result(c, obj, &result, true);
	call_json(c, 200, obj);
}
