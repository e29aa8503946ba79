/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/device_json.h"
#include "mgmt/mgmtd/find_device.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_permit.h"

/* A permit that is narrowed to flows where they are open to everybody. */
static void warn_of_flows(const struct call *c, const struct device *d, json_t *obj)
{
	const struct policy *policy = c->app->policy;
	size_t zone = policy != NULL ? policy_zone_by_interface(policy, d->interface)
				     : POLICY_NONE;
	const json_t *asked = json_object_get(obj, "request");
	const json_t *p = json_is_object(asked) ? asked : json_object_get(obj, "permit");

	if (zone != POLICY_NONE &&
	    policy->zone[zone].admission != POLICY_ADMISSION_ENFORCE &&
	    json_array_size(json_object_get(p, "flows")) != 0)
		call_warn(c, obj, MSG_FLOWS_IN_VAIN, policy->zone[zone].name);
}

void device_answer(struct call *c, const char *id, const struct publish_result *result)
{
	struct device d;
	json_t *obj = NULL;
	int r = store_device_get(c->app->db, id, &d);

	if (r == 0)
		r = device_json(c->app->db, c->app->policy, &d, c->req->now, c->ja, &obj);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	if (result != NULL)
		call_add_result(c, obj, result, false);
	warn_of_flows(c, &d, obj);
	call_json(c, 200, obj);
}

void handle_device_add(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct device d = { 0 };
	struct input_device in;
	struct input_error e;
	int r;

	if (!call_needs_policy(c))
		return;
	if (input_device(c->body, c->app->policy, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	id_new('d', d.id);
	(void)str_copy(d.mac, sizeof(d.mac), in.mac);
	(void)str_copy(d.mac_given, sizeof(d.mac_given), in.mac_given);
	(void)str_copy(d.interface, sizeof(d.interface), in.interface);
	(void)str_copy(d.address, sizeof(d.address), in.address);
	(void)str_copy(d.name, sizeof(d.name), in.name);
	order = call_order(c, "device-add", d.id, "");
	order.change.about = d.mac;
	/* what the sensor saw since the caller looked is not known to him: it is merged later */
	r = publish_begin(p);
	if (r == 0)
		r = store_device_add(c->app->db, &d);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_KNOWN, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		device_answer(c, d.id, NULL);
}

/* Ends both; the daemons need to know only of an active permit. */
static int revoke(struct call *c, const struct device *d, const char *reason,
		  struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "device-revoke", d->id, reason);
	struct permit permit;
	int r = store_permit_of(c->app->db, d->id, "active", &permit);
	bool active = r == 0;
	struct register_cause cause = { .who = c->actor.login,
					.why = reason,
					.now = c->req->now };

	order.change.about = d->mac;
	order.withdrawal = true;
	order.asset = d->asset[0] != '\0' ? d->asset : NULL;
	result->revision = p->current;
	if (r < 0 && r != -ENOENT)
		return r;
	r = publish_begin(p);
	if (r == 0)
		r = store_permit_end(c->app->db, d->id, c->actor.login, c->req->now,
				     reason);
	if (r == 0 && db_changed(c->app->db) == 0)
		r = -ESRCH;
	if (r == 0 && d->asset[0] != '\0')
		r = register_settle(c->app->db, d->asset, &cause);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return active ? publish_commit(p, &order, result) : publish_note(p, &order);
}

void handle_device_revoke(struct call *c)
{
	struct publish_result result = { 0 };
	struct input_reason in;
	struct input_error e;
	struct device d;
	json_t *obj;
	int r;

	if (input_reason(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!find_device(c, &d))
		return;
	r = revoke(c, &d, in.reason, &result);
	if (r == -ESRCH) {
		call_fail(c, MSG_NOTHING_TO_REVOKE, "");
	} else if (r < 0) {
		call_fail_publish(c, r, &result);
	} else {
		obj = json_object();
		call_add_result(c, obj, &result, true);
		call_json(c, 200, obj);
	}
}

/* The daemons need to know of it only when the device has an active permit. */
static int set_group(struct call *c, const struct device *d, const struct input_group *in,
		     struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "device-group", d->id, in->reason);
	char about[MAC_TEXT_MAX + sizeof(in->group) + 4];
	struct permit permit;
	int r = store_permit_of(c->app->db, d->id, "active", &permit);
	bool active = r == 0 && permit_is_live(&permit, c->req->now);

	(void)snprintf(about, sizeof(about), "%s (%s)", d->mac, in->group);
	order.change.about = about;
	order.asset = d->asset[0] != '\0' ? d->asset : NULL;
	result->revision = p->current;
	if (r < 0 && r != -ENOENT)
		return r;
	r = publish_begin(p);
	if (r == 0)
		r = store_device_set_group(c->app->db, d->id, in->group);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return active ? publish_commit(p, &order, result) : publish_note(p, &order);
}

void handle_device_group(struct call *c)
{
	struct publish_result result = { 0 };
	struct input_group in;
	struct input_error e;
	struct device d;
	int r;

	if (input_group(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!find_device(c, &d))
		return;
	r = set_group(c, &d, &in, &result);
	if (r < 0)
		call_fail_publish(c, r, &result);
	else
		device_answer(c, d.id, &result);
}
