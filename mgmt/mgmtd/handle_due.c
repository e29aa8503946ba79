/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "lib/str.h"
#include "mgmt/mgmtd/chores.h"
#include "mgmt/mgmtd/handlers.h"

#define DAY_S        86400
#define DAYS_MAX     366
#define DAYS_DEFAULT 14

static int add_json(const struct due *due, void *user)
{
	const struct asset *a = &due->asset;
	json_t *obj =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "asset", a->id, "number",
			  a->number, "name", a->name, "owner", a->owner, "kind", a->kind,
			  "state", a->state, "due", call_time(due->at));

	return json_array_append_new(user, obj) == 0 ? 0 : -ENOMEM;
}

void handle_asset_due(struct call *c)
{
	static const char *const keys[] = { "days", NULL };
	static const struct {
		const char *name;
		enum chores_due what;
	} parts[] = {
		{ "ending", CHORES_ENDING },
		{ "dormant", CHORES_DORMANT },
		{ "recertify", CHORES_CERTIFY },
	};
	const char *text = call_query(c, "days");
	uint64_t days = DAYS_DEFAULT;
	struct terms terms;
	json_t *obj;
	int r;

	if (!call_query_known(c, keys))
		return;
	if (text != NULL && str_to_uint(text, 0, DAYS_MAX, &days) < 0) {
		call_fail(c, MSG_BAD_QUERY, "days");
		return;
	}
	obj = json_pack("{s:I}", "days", (json_int_t)days);
	app_follow_clock(c->app, c->req->now);
	r = store_terms_get(c->app->db, &terms);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(parts); i++) {
		json_t *list = json_array();

		r = json_object_set_new(obj, parts[i].name, list) == 0 ? 0 : -ENOMEM;
		if (r == 0)
			r = chores_each(c->app->db, parts[i].what, &terms,
					c->req->now + (int64_t)days * DAY_S, add_json,
					list);
	}
	if (r < 0) {
		json_decref(obj);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, obj);
}
