/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/device_json.h"

#include <errno.h>
#include <string.h>

#include "mgmt/mgmtd/call.h"
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

/* The state, and the permit that it is about (NULL: none). */
static const char *state_of(const struct holding *h, int64_t now,
			    const struct permit **ret_shown)
{
	*ret_shown = NULL;
	if (h->active.number != 0 && permit_is_live(&h->active, now)) {
		*ret_shown = &h->active;
		return "admitted";
	}
	if (h->request.number != 0) {
		*ret_shown = &h->request;
		return "requested";
	}
	if (h->active.number != 0) {
		*ret_shown = &h->active;
		return "expired";
	}
	return strcmp(h->newest.state, "revoked") == 0 ? "revoked" : "seen";
}

static json_t *permit_json(const struct permit *p)
{
	json_t *obj;

	if (p == NULL)
		return json_null();
	obj = json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "id", p->id,
			"until", call_time(p->until), "destinations",
			json_loads(p->destinations, 0, NULL), "interface", p->interface,
			"reason", p->reason, "requested_by", p->requested_by, "requested",
			call_time(p->requested), "approved_by",
			call_maybe(p->approved_by), "approved", call_time(p->approved));
	if (obj != NULL && p->seconds != 0)
		(void)json_object_set_new(obj, "seconds", json_integer(p->seconds));
	return obj;
}

static json_t *zone_json(const struct policy *policy, const char *interface)
{
	size_t zone = policy != NULL ? policy_zone_by_interface(policy, interface)
				     : POLICY_NONE;

	return zone != POLICY_NONE ? json_string(policy->zone[zone].name) : json_null();
}

int device_json(struct db *db, const struct policy *policy, const struct device *d,
		int64_t now, json_t **ret)
{
	struct holding h = { 0 };
	const struct permit *shown, *latest;
	const char *state;
	json_t *obj;
	int r = look_up(db, d->id, &h);

	if (r < 0)
		return r;
	state = state_of(&h, now, &shown);
	latest = shown != NULL ? shown : &h.newest;
	obj = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o}",
		"id", d->id, "group", d->group, "mac", d->mac, "name", d->name,
		"interface", d->interface, "zone", zone_json(policy, d->interface),
		"address", d->address, "first_seen", call_time(d->first_seen),
		"last_seen", call_time(d->last_seen), "state", state, "kind",
		latest->kind, "owner", latest->owner, "permit", permit_json(shown),
		"request", permit_json(h.request.number != 0 ? &h.request : NULL));
	if (obj == NULL)
		return -ENOMEM;
	*ret = obj;
	return 0;
}
