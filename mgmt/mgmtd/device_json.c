/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/device_json.h"

#include <errno.h>
#include <string.h>

#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/maker.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_list.h"
#include "mgmt/mgmtd/store_permit.h"

/* What a device has; a number of 0 is "none". */
struct holding {
	struct permit active, request, newest;
};

static int find(struct db *db, const char *device, const char *state, struct permit *ret)
{
	int r = store_permit_of(db, device, state, ret);

	return r == -ENOENT ? 0 : r;
}

static int look_up(struct db *db, const char *device, struct holding *h)
{
	int r = find(db, device, NULL, &h->newest);

	if (r < 0 || h->newest.number == 0)
		return r; /* most devices of a site's list were only seen */
	r = find(db, device, "active", &h->active);
	return r < 0 ? r : find(db, device, "requested", &h->request);
}

/* The permit that an answer is about; NULL: none. */
static const struct permit *shown_of(const struct holding *h, int64_t now)
{
	if (h->active.number != 0 && permit_phase(&h->active, now) != PERMIT_OVER)
		return &h->active;
	if (h->request.number != 0)
		return &h->request;
	if (h->active.number != 0)
		return &h->active;
	return strcmp(h->newest.state, "expired") == 0 ? &h->newest : NULL;
}

static int add_card(const struct permit *p, void *user)
{
	return json_array_append_new(user, json_string(p->device)) == 0 ? 0 : -ENOMEM;
}

static const char *waits_for(const struct permit *p, int64_t now)
{
	if (strcmp(p->state, "active") != 0)
		return "";
	switch (permit_phase(p, now)) {
	case PERMIT_NOT_YET:
		return "from";
	case PERMIT_UNCHECKED:
		return "check";
	case PERMIT_IN_FORCE:
	case PERMIT_OVER:
		break;
	}
	return "";
}

/* Lists by name; one that is gone by its id. */
static json_t *list_names(struct db *db, const char *text)
{
	json_t *names = json_array(), *ids = json_loads(text, 0, NULL);

	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		struct list l;
		int r = store_list_get(db, id, "active", &l);

		(void)json_array_append_new(names, json_string(r == 0 ? l.name : id));
	}
	json_decref(ids);
	return names;
}

static json_t *permit_object(struct db *db, const struct permit *p, int64_t now,
			     json_t *cards)
{
	json_t *obj = json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "id", p->bundle,
		"from", call_time(p->since), "until", call_time(p->until), "destinations",
		json_loads(p->destinations, 0, NULL), "interface", p->interface, "reason",
		p->reason, "requested_by", p->requested_by, "requested",
		call_time(p->requested), "approved_by", call_maybe(p->approved_by),
		"approved", call_time(p->approved));
	json_t *more = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:O, s:o, s:o}", "kind",
		p->kind, "owner", p->owner, "company", p->company, "ticket", p->ticket,
		"address", p->address, "terminal", p->terminal, "checked",
		call_maybe(p->checked), "waits_for", waits_for(p, now), "cards", cards,
		"flows", json_loads(p->flows, 0, NULL), "lists",
		list_names(db, p->lists));

	if (obj != NULL && json_object_update(obj, more) < 0) {
		json_decref(obj);
		obj = NULL;
	}
	json_decref(more);
	if (obj != NULL && p->seconds != 0)
		(void)json_object_set_new(obj, "seconds", json_integer(p->seconds));
	return obj;
}

static int permit_json(struct db *db, const struct permit *p, int64_t now, json_t **ret)
{
	json_t *cards;
	int r;

	if (p == NULL) {
		*ret = json_null();
		return 0;
	}
	cards = json_array();
	r = store_permit_bundle(db, p->bundle, p->state, add_card, cards);
	if (r == 0)
		*ret = permit_object(db, p, now, cards);
	json_decref(cards);
	return r < 0 ? r : *ret != NULL ? 0 : -ENOMEM;
}

static json_t *zone_json(const struct policy *policy, const char *interface)
{
	size_t zone = policy != NULL ? policy_zone_by_interface(policy, interface)
				     : POLICY_NONE;

	return zone != POLICY_NONE ? json_string(policy->zone[zone].name) : json_null();
}

/* What a made-up address means for whoever is to permit it. */
static void add_local(json_t *obj, const char *mac, bool ja)
{
	char text[MSG_TEXT_MAX];
	struct mac m;
	bool local = mac_parse(mac, &m) == 0 && mac_is_local(m);

	(void)json_object_set_new(obj, "mac_local", json_boolean(local));
	if (local)
		(void)json_object_set_new(
			obj, "mac_text",
			json_string(msg_text(MSG_MAC_LOCAL, ja, "", text, sizeof(text))));
}

static int state_of(struct db *db, const struct device *d, int64_t now,
		    enum register_state *ret_state)
{
	struct asset a;
	int r = d->asset[0] != '\0' ? store_asset_get(db, d->asset, &a) : 0;

	return r < 0 ? r
		     : register_card_state(db, d->id, d->asset[0] != '\0' ? &a : NULL,
					   now, ret_state);
}

int device_json(struct db *db, const struct policy *policy, const struct device *d,
		int64_t now, bool ja, json_t **ret)
{
	struct holding h = { 0 };
	const struct permit *shown, *latest;
	enum register_state state = REGISTER_SEEN;
	json_t *obj, *permit = NULL, *request = NULL;
	int r = look_up(db, d->id, &h);

	if (r == 0)
		r = state_of(db, d, now, &state);
	if (r < 0)
		return r;
	shown = shown_of(&h, now);
	latest = shown != NULL ? shown : &h.newest;
	r = permit_json(db, shown, now, &permit);
	if (r == 0)
		r = permit_json(db, h.request.number != 0 ? &h.request : NULL, now,
				&request);
	if (r < 0) {
		json_decref(permit);
		return r;
	}
	obj = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o,"
		" s:o, s:s}",
		"id", d->id, "group", d->group, "mac", d->mac, "name", d->name,
		"interface", d->interface, "zone", zone_json(policy, d->interface),
		"address", d->address, "first_seen", call_time(d->first_seen),
		"last_seen", call_time(d->last_seen), "state", register_state_name(state),
		"kind", latest->kind, "owner", latest->owner, "permit", permit, "request",
		request, "asset", call_maybe(d->asset), "mac_given", d->mac_given);
	if (obj == NULL)
		return -ENOMEM;
	(void)json_object_set_new(obj, "manufacturer", json_string(maker_of(d->mac)));
	add_local(obj, d->mac, ja);
	*ret = obj;
	return 0;
}
