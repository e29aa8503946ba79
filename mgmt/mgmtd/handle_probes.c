/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of gated's own packets: the last ones, and one more. */
#include <errno.h>
#include <stdlib.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/lockdown.h"
#include "mgmt/mgmtd/probes.h"
#include "mgmt/mgmtd/store_probe.h"

#define LIST_MAX     400
#define LIST_DEFAULT 31

/* The ledger's columns, and gated's answer: its lists, and what only it says. */
static json_t *run_json(const struct probe_run *run)
{
	json_t *obj = json_loads(run->answer, 0, NULL);
	json_t *own = json_pack("{s:I, s:o, s:s}", "id", (json_int_t)run->id, "time",
				call_time(run->at), "who", run->who);

	if (obj != NULL && (own == NULL || json_object_update(obj, own) < 0)) {
		json_decref(obj);
		obj = NULL;
	}
	json_decref(own);
	return obj;
}

static int add_run(const struct probe_run *run, void *user)
{
	return json_array_append_new(user, run_json(run)) == 0 ? 0 : -ENOMEM;
}

void handle_probe_list(struct call *c)
{
	static const char *const keys[] = { "before", "limit", NULL };
	const char *before = call_query(c, "before"), *limit = call_query(c, "limit");
	uint64_t id = 0, count = LIST_DEFAULT;
	json_t *runs;
	int r;

	if (!call_query_known(c, keys))
		return;
	if (before != NULL && str_to_uint(before, 1, INT64_MAX, &id) < 0) {
		call_fail(c, MSG_BAD_QUERY, "before");
		return;
	}
	if (limit != NULL && str_to_uint(limit, 1, LIST_MAX, &count) < 0) {
		call_fail(c, MSG_BAD_QUERY, "limit");
		return;
	}
	runs = json_array();
	r = store_probe_each(c->app->db, (int64_t)id, (int64_t)count, add_run, runs);
	if (r < 0) {
		json_decref(runs);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "runs", runs));
}

static int answer_run(const struct probe_run *run, void *user)
{
	call_json(user, 200, run_json(run));
	return 0;
}

static bool is_locked(const struct call *c)
{
	json_t *lockdown = lockdown_json(c->app);
	bool locked = !json_is_null(lockdown);

	json_decref(lockdown);
	return locked;
}

void handle_probe_run(struct call *c)
{
	int r;

	if (!call_needs_policy(c))
		return;
	if (is_locked(c)) {
		call_fail(c, MSG_PROBE_LOCKED, "");
		return;
	}
	if (journal_read(&c->app->journal, c->actor.login, "probes", c->req->client) <
	    0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	r = probes_run(c->app, c->actor.login, c->req->now);
	if (r == -EHOSTDOWN)
		call_fail(c, MSG_PART_AWAY, part_name(PART_GATED));
	else if (r == -EBADMSG)
		call_fail(c, MSG_PART_ANSWER, part_name(PART_GATED));
	else if (r == 0)
		r = store_probe_each(c->app->db, 0, 1, answer_run, c);
	if (r < 0 && r != -EHOSTDOWN && r != -EBADMSG)
		call_fail_internal(c, r);
}
