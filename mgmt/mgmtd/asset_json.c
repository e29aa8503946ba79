/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/asset_json.h"

#include <errno.h>

#include "mgmt/mgmtd/device_json.h"
#include "mgmt/mgmtd/register.h"

#define DAY_S 86400

int64_t asset_certify_due(const struct asset *a, const struct terms *terms)
{
	int64_t last = a->certified != 0 ? a->certified : a->created;

	return terms->certify_days == 0 || a->retired
		       ? 0
		       : last + terms->certify_days * DAY_S;
}

struct cards {
	struct call *c;
	json_t *list;
};

static int add_card(const struct device *d, void *user)
{
	struct cards *cards = user;
	struct call *c = cards->c;
	json_t *obj = NULL;
	int r = device_json(c->app->db, c->app->policy, d, c->req->now, c->ja, &obj);

	if (r == 0)
		r = json_array_append_new(cards->list, obj) == 0 ? 0 : -ENOMEM;
	return r;
}

static json_t *release_json(const struct asset *a)
{
	if (!a->quarantined || a->release_by[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:o, s:s}", "requested_by", a->release_by, "requested",
			 call_time(a->release_at), "reason", a->release_why);
}

int asset_json(struct call *c, const struct asset *a, const struct terms *terms,
	       json_t **ret)
{
	struct cards cards = { .c = c, .list = json_array() };
	enum register_state state = REGISTER_SEEN;
	json_t *obj;
	int r = register_state(c->app->db, a, c->req->now, &state);

	if (r == 0)
		r = store_device_of_asset(c->app->db, a->id, add_card, &cards);
	if (r < 0) {
		json_decref(cards.list);
		return r;
	}
	obj = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o,"
		" s:o, s:o, s:o, s:o}",
		"id", a->id, "number", a->number, "name", a->name, "owner", a->owner,
		"organisation", a->organisation, "kind", a->kind, "zone", a->zone, "note",
		a->note, "state", register_state_name(state), "since",
		call_time(a->since), "by", a->who, "reason", a->why, "created",
		call_time(a->created), "certified", call_time(a->certified),
		"certified_by", call_maybe(a->certified_by), "certify_due",
		call_time(asset_certify_due(a, terms)), "release", release_json(a),
		"cards", cards.list);
	if (obj == NULL)
		return -ENOMEM;
	*ret = obj;
	return 0;
}

static int add_step(const struct asset_step *s, void *user)
{
	json_t *obj =
		json_pack("{s:o, s:s, s:s, s:s, s:s}", "time", call_time(s->at), "actor",
			  s->who, "from", s->was, "to", s->state, "reason", s->why);

	return json_array_append_new(user, obj) == 0 ? 0 : -ENOMEM;
}

int asset_json_history(struct call *c, const struct asset *a, json_t *obj)
{
	json_t *list = json_array();
	int r = json_object_set_new(obj, "history", list) == 0 ? 0 : -ENOMEM;

	return r < 0 ? r : store_asset_history(c->app->db, a->id, add_step, list);
}
