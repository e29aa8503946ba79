/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/alarm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/hold.h"
#include "mgmt/mgmtd/store_alarm.h"
#include "mgmt/mgmtd/store_permit.h"

#define HOUR_S 3600

static bool is_well_formed(const struct proto_event *m)
{
	return m->time_us >= 0 && m->kind > EVENT_NONE && m->kind < EVENT_COUNT &&
	       (m->state == PROTO_EVENT_RAISED || m->state == PROTO_EVENT_CLOSED) &&
	       proto_str_ok(m->interface, sizeof(m->interface)) &&
	       str_is_printable_utf8(m->interface) &&
	       proto_str_ok(m->other_interface, sizeof(m->other_interface)) &&
	       str_is_printable_utf8(m->other_interface) &&
	       proto_str_ok(m->detail, sizeof(m->detail)) &&
	       (m->addr_family == 0 || m->addr_family == 4 || m->addr_family == 6);
}

int alarm_take(struct alarm_ring *ring, const struct proto_event *m)
{
	if (!is_well_formed(m))
		return -EBADMSG;
	if (ring->count == ALARM_RING_MAX)
		ring->lost++;
	else
		ring->waiting[ring->count++] = *m;
	return 0;
}

static void mac_text(const uint8_t bytes[6], char dst[MAC_TEXT_MAX])
{
	struct mac mac;

	memcpy(mac.b, bytes, sizeof(mac.b));
	dst[0] = '\0';
	if (!mac_is_zero(mac))
		mac_format(mac, dst);
}

static struct alarm alarm_of(const struct proto_event *m)
{
	struct alarm a = { .kind = (enum event_kind)m->kind,
			   .raised = m->time_us / 1000000,
			   .frames = m->count };
	struct addr addr = { .family = m->addr_family };

	(void)str_copy(a.interface, sizeof(a.interface), m->interface);
	(void)str_copy(a.other_interface, sizeof(a.other_interface), m->other_interface);
	mac_text(m->mac, a.mac);
	mac_text(m->other_mac, a.other_mac);
	record_set_str(a.detail, sizeof(a.detail), m->detail);
	if (addr.family != 0) {
		memcpy(addr.bytes, m->addr, addr.family == 4 ? 4 : 16);
		addr_format(addr, a.address);
	}
	return a;
}

/* The card that does it: there, or wherever it is known. */
static int find_card(struct db *db, const struct alarm *a, struct device *ret)
{
	int r = store_device_find(db, a->mac, a->interface, ret);

	if (r == -ENOENT)
		r = store_device_find(db, a->mac, NULL, ret);
	return r == -ENOTUNIQ ? -ENOENT : r;
}

/* "PC-12 会計, expired; arp" */
static void name_asset(struct alarm *a, const struct asset *asset)
{
	const char *name = asset->name[0] != '\0' ? asset->name : asset->owner;
	char text[sizeof(a->detail) + 4 * INPUT_NAME_MAX];

	(void)snprintf(text, sizeof(text), "%s%s%s, %s%s%s", asset->number,
		       asset->number[0] != '\0' ? " " : "", name, asset->state,
		       a->detail[0] != '\0' ? "; " : "", a->detail);
	record_set_str(a->detail, sizeof(a->detail), text);
}

/*
 * The sensor knows permits, and no register: a card that is in it is no new device. What
 * it is comes into a.
 */
static int recognise(struct app *app, struct alarm *a)
{
	struct asset asset;
	struct device d;
	int r = a->mac[0] != '\0' ? find_card(app->db, a, &d) : -ENOENT;

	if (r == 0)
		memcpy(a->asset, d.asset, sizeof(a->asset));
	if (r < 0 || d.asset[0] == '\0' || a->kind != EVENT_NEW_DEVICE)
		return r == -ENOENT ? 0 : r;
	r = store_asset_get(app->db, d.asset, &asset);
	if (r == 0) {
		a->kind = EVENT_NO_PERMIT;
		name_asset(a, &asset);
	}
	return r == -ENOENT ? 0 : r;
}

static void record_it(struct app *app, const struct alarm *a, const char *what)
{
	char about[96], object[32];
	const struct change change = { .who = CHANGE_BY_SENSOR,
				       .what = what,
				       .object = object,
				       .about = about,
				       .reason = a->detail };

	(void)snprintf(object, sizeof(object), "%lld", (long long)a->id);
	(void)snprintf(about, sizeof(about), "%s %s %s", event_name(a->kind), a->mac,
		       a->interface);
	journal_done(&app->journal, &change, (struct addr){ 0 }, app->publisher.current);
}

/* --- the automatic quarantine --- */

/* Is the management page reached from there? */
static bool is_managing(const struct policy *policy, size_t zone)
{
	return policy_manages(policy, zone) ||
	       policy->zone[zone].kind == POLICY_ZONE_MANAGEMENT;
}

/* Admitted devices of the zone, without those of asset. */
static int count_others(struct app *app, size_t zone, const char *asset, int64_t *count)
{
	const struct policy_zone *z = &app->policy->zone[zone];
	const struct policy_interface *place =
		z->port_count != 0 ? z->port : z->interface;
	size_t places = z->port_count != 0 ? z->port_count : z->interface_count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < places; i++) {
		int64_t n = 0;

		r = db_number(app->db, &n,
			      "SELECT count(*) FROM permit p JOIN device d"
			      " ON d.id = p.device JOIN asset a ON a.id = d.asset"
			      " WHERE p.state = 'active' AND p.interface = ?"
			      " AND d.asset <> ? AND a.state = 'admitted'",
			      "ss", place[i].name, asset);
		*count += n;
	}
	return r;
}

static int is_last_management(struct app *app, const struct device *d, bool *ret_last)
{
	const struct policy *policy = app->policy;
	size_t zone = policy_zone_by_interface(policy, d->interface);
	int64_t others = 0;
	int r = 0;

	*ret_last = false;
	if (zone == POLICY_NONE || !is_managing(policy, zone))
		return 0;
	for (size_t i = 0; r == 0 && i < policy->zone_count; i++) {
		if (!is_managing(policy, i))
			continue;
		if (policy->zone[i].admission == POLICY_ADMISSION_ENFORCE)
			r = count_others(app, i, d->asset, &others);
		else
			others++; /* whoever comes is let in */
	}
	*ret_last = others == 0;
	return r;
}

static bool is_spared(const char *kind)
{
	return strcmp(kind, "infrastructure") == 0 || strcmp(kind, "printer") == 0;
}

/* Why it must not be; NULL: it may. */
static int limits(struct app *app, const struct device *d, const struct asset *asset,
		  int64_t now, const char **ret_code)
{
	struct terms terms;
	int64_t n;
	bool last = false;
	int r = store_terms_get(app->db, &terms);

	if (r == 0)
		r = store_alarm_isolated(app->db, now - HOUR_S, &n);
	if (r == 0)
		r = is_last_management(app, d, &last);
	if (r < 0)
		return r;
	*ret_code = is_spared(asset->kind)           ? "kind"
		    : last                           ? "last"
		    : n >= terms.quarantine_per_hour ? "limit"
						     : NULL;
	return 0;
}

static int isolate(struct app *app, struct asset *asset, const struct device *d,
		   const struct alarm *a, int64_t now)
{
	struct publish_result result;
	char reason[160];
	const struct hold_order order = {
		.verb = HOLD_QUARANTINE,
		.publish = { .change = { .who = CHANGE_BY_SENSOR,
					 .what = hold_name(HOLD_QUARANTINE),
					 .object = asset->id,
					 .about = a->mac,
					 .reason = reason },
			     .now = now },
		.device = d,
	};

	(void)snprintf(reason, sizeof(reason), "%s, %lld", event_name(a->kind),
		       (long long)a->id);
	return hold_set(&app->publisher, asset, &order, &result);
}

/* What becomes of it goes into a. One more alarm of a device in quarantine costs nothing. */
static int quarantine(struct app *app, struct alarm *a, int64_t now)
{
	const char *code = NULL;
	struct asset asset = { 0 };
	struct device d;
	int r = app->policy == NULL ? -ENOENT : find_card(app->db, a, &d);

	if (r == 0 && d.asset[0] != '\0')
		r = store_asset_get(app->db, d.asset, &asset);
	if (r == -ENOENT) {
		(void)str_copy(a->held_back, sizeof(a->held_back), "unknown");
		return 0;
	}
	if (r == 0 && asset.quarantined)
		return 0;
	if (r == 0)
		r = limits(app, &d, &asset, now, &code);
	if (r < 0)
		return r;
	if (code == NULL) {
		r = isolate(app, &asset, &d, a, now);
		if (r < 0) {
			log_err("mgmtd", "%s could not be isolated: %s", a->mac,
				strerror(-r));
			code = "failed";
		}
	}
	if (code != NULL)
		(void)str_copy(a->held_back, sizeof(a->held_back), code);
	a->quarantined = code == NULL;
	(void)str_copy(a->asset, sizeof(a->asset), asset.id);
	return 0;
}

/* --- one after the other --- */

static int raise_it(struct app *app, struct alarm *a, int64_t now)
{
	int64_t id;
	int r = recognise(app, a);

	if (r < 0)
		return r;
	r = store_alarm_open(app->db, a, &id);
	if (r == 0)
		return store_alarm_count(app->db, id, a->frames);
	if (r != -ENOENT)
		return r;
	r = store_action_get(app->db, a->kind, &a->action);
	if (r == 0)
		r = store_alarm_add(app->db, a);
	if (r == -EDQUOT) {
		app->alarms.lost++;
		return 0;
	}
	if (r < 0)
		return r;
	record_it(app, a, "alarm-raised");
	if (a->action != EVENT_ACTION_QUARANTINE)
		return 0;
	r = quarantine(app, a, now);
	return r < 0 ? r : store_alarm_outcome(app->db, a);
}

static int close_it(struct app *app, struct alarm *a)
{
	int r = store_alarm_open(app->db, a, &a->id);

	if (r == 0)
		r = store_alarm_close(app->db, a->id, a->raised);
	if (r == 0)
		record_it(app, a, "alarm-over");
	return r == -ENOENT ? 0 : r;
}

static bool isolates(struct app *app, enum event_kind kind)
{
	enum event_action action;

	return store_action_get(app->db, kind, &action) == 0 &&
	       action == EVENT_ACTION_QUARANTINE;
}

/*
 * Does one of those that wait lead to a quarantine? That is stored on a full disk too;
 * and so is everything before the others leave it no room in the ring.
 */
static bool is_withdrawal(struct app *app)
{
	if (app->alarms.count >= ALARM_RING_MAX / 2)
		return true;
	for (size_t i = 0; i < app->alarms.count; i++) {
		const struct proto_event *m = &app->alarms.waiting[i];

		if (m->state != PROTO_EVENT_RAISED)
			continue;
		if (isolates(app, (enum event_kind)m->kind) ||
		    (m->kind == EVENT_NEW_DEVICE && isolates(app, EVENT_NO_PERMIT)))
			return true;
	}
	return false;
}

static int store_waiting(struct app *app, int64_t now)
{
	struct alarm_ring *ring = &app->alarms;
	size_t done = 0;
	int r = 0;

	/* a device that an event is about may wait among the sightings */
	if (ring->count != 0)
		r = sight_store(&app->sight, app->db);
	for (; r == 0 && done < ring->count; done++) {
		const struct proto_event *m = &ring->waiting[done];
		struct alarm a = alarm_of(m);

		r = m->state == PROTO_EVENT_RAISED ? raise_it(app, &a, now)
						   : close_it(app, &a);
		a.kind = EVENT_NO_PERMIT; /* what it may have been taken for */
		if (r == 0 && m->state == PROTO_EVENT_CLOSED &&
		    m->kind == EVENT_NEW_DEVICE)
			r = close_it(app, &a);
		if (r < 0)
			break;
	}
	memmove(ring->waiting, ring->waiting + done,
		(ring->count - done) * sizeof(ring->waiting[0]));
	ring->count -= done;
	return r;
}

int alarm_store(struct app *app, int64_t now)
{
	const bool withdrawal = is_withdrawal(app);
	int r;

	if (withdrawal)
		reserve_give(&app->reserve);
	r = store_waiting(app, now);
	if (withdrawal)
		reserve_take(&app->reserve);
	return r;
}
