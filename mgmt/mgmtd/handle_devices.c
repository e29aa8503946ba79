/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/device_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_permit.h"

struct listing {
	struct call *c;
	json_t *list;
};

static int add_json(const struct device *d, void *user)
{
	struct listing *l = user;
	json_t *obj = NULL;
	int r = device_json(l->c->app->db, l->c->app->policy, d, l->c->req->now, &obj);

	if (r == 0)
		r = json_array_append_new(l->list, obj) == 0 ? 0 : -ENOMEM;
	return r;
}

void handle_device_list(struct call *c)
{
	struct listing l = { .c = c, .list = json_array() };
	int r = sight_store(&c->app->sight, c->app->db);

	if (r == 0)
		r = store_device_each(c->app->db, add_json, &l);
	if (r < 0) {
		json_decref(l.list);
		call_fail_internal(c, r);
		return;
	}
	call_json(c, 200, json_pack("{s:o}", "devices", l.list));
}

static void answer(struct call *c, const char *id, const struct publish_result *result)
{
	struct device d;
	json_t *obj = NULL;
	int r = store_device_get(c->app->db, id, &d);

	if (r == 0)
		r = device_json(c->app->db, c->app->policy, &d, c->req->now, &obj);
	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	if (result != NULL)
		call_add_result(c, obj, result, false);
	call_json(c, 200, obj);
}

/* The device that the path names by id or MAC. Returns false when it has answered. */
static bool find(struct call *c, struct device *ret)
{
	char key[MAC_TEXT_MAX];
	struct mac mac;
	int r = sight_store(&c->app->sight, c->app->db);

	if (r == 0 && id_is('d', c->arg)) {
		r = store_device_get(c->app->db, c->arg, ret);
	} else if (r == 0) {
		r = mac_parse(c->arg, &mac) < 0 ? -ENOENT : 0;
		if (r == 0) {
			mac_format(mac, key);
			r = store_device_find(c->app->db, key, NULL, ret);
		}
	}
	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r == -ENOTUNIQ)
		call_fail(c, MSG_AMBIGUOUS, key);
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
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
	(void)str_copy(d.interface, sizeof(d.interface), in.interface);
	(void)str_copy(d.name, sizeof(d.name), in.name);
	order = call_order(c, "device-add", d.id, "");
	order.change.about = d.mac;
	r = sight_store(&c->app->sight, c->app->db);
	if (r == 0)
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
		answer(c, d.id, NULL);
}

static int permit_of(const struct call *c, const struct device *d,
		     const struct input_request *in, struct permit *p)
{
	json_t *list = json_array();
	size_t len;

	for (size_t i = 0; i < in->destination_count; i++)
		(void)json_array_append_new(list, json_string(in->destination[i]));
	len = json_dumpb(list, p->destinations, sizeof(p->destinations), JSON_COMPACT);
	json_decref(list);
	if (len == 0 || len >= sizeof(p->destinations))
		return -ENOMEM;
	p->destinations[len] = '\0';
	id_new('p', p->id);
	(void)str_copy(p->device, sizeof(p->device), d->id);
	(void)str_copy(p->interface, sizeof(p->interface), d->interface);
	(void)str_copy(p->kind, sizeof(p->kind), in->kind);
	(void)str_copy(p->owner, sizeof(p->owner), in->owner);
	(void)str_copy(p->reason, sizeof(p->reason), in->reason);
	(void)str_copy(p->requested_by, sizeof(p->requested_by), c->actor.login);
	(void)str_copy(p->requested_role, sizeof(p->requested_role),
		       role_name(c->actor.role));
	p->until = in->until;
	p->seconds = in->seconds;
	p->requested = c->req->now;
	return 0;
}

/* What the body asks for, for this device. Returns false when it has answered. */
static bool read_request(struct call *c, const struct device *d, struct permit *ret)
{
	struct input_request in;
	struct input_error e;
	int r;

	if (!call_needs_policy(c))
		return false;
	if (input_request(c->body, c->req->now, &in, &e) < 0) {
		call_fail_input(c, &e);
		return false;
	}
	if (!input_interface_ok(c->app->policy, d->interface)) {
		call_fail(c, MSG_BAD_INTERFACE, d->interface);
		return false;
	}
	r = permit_of(c, d, &in, ret);
	if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

void handle_device_request(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct permit permit = { 0 };
	struct device d;
	int r;

	if (!find(c, &d) || !read_request(c, &d, &permit))
		return;
	order = call_order(c, "device-request", d.id, permit.reason);
	order.change.about = d.mac;
	r = publish_begin(p);
	if (r == 0)
		r = store_permit_request(c->app->db, &permit);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_REQUESTED, "");
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		answer(c, d.id, NULL);
}

static bool may_approve(struct call *c, const struct permit *p)
{
	if (!call_may_approve(c, p->requested_by, p->requested_role))
		return false;
	if (!call_needs_policy(c))
		return false;
	if (!input_interface_ok(c->app->policy, p->interface)) {
		call_fail(c, MSG_BAD_INTERFACE, p->interface);
		return false;
	}
	if (p->until != 0 && p->until <= c->req->now) {
		call_fail(c, MSG_OVER_BEFORE_APPROVED, "");
		return false;
	}
	return true;
}

/*
 * The open request, into permit. The approver names the one that was read: another
 * may have taken its place since. Returns false when it has answered.
 */
static bool find_request(struct call *c, const struct device *d, struct permit *permit)
{
	bool root = c->actor.role == ROLE_ROOT;
	char id[ID_TEXT_MAX] = "";
	struct input_error e;
	int r;

	if (!root && input_approve(c->body, id, &e) < 0) {
		call_fail_input(c, &e);
		return false;
	}
	r = store_permit_of(c->app->db, d->id, "requested", permit);
	if (r == 0 && !root && strcmp(id, permit->id) != 0)
		r = -ENOENT;
	if (r == -ENOENT)
		call_fail(c, MSG_NO_REQUEST, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

/* In the open transaction: root's own request takes the place of an open one. */
static int request_at_once(struct call *c, struct permit *permit)
{
	int r = store_permit_withdraw(c->app->db, permit->device, c->actor.login,
				      c->req->now, permit->reason);

	if (r == 0)
		r = store_permit_request(c->app->db, permit);
	permit->number = db_last_id(c->app->db);
	return r;
}

void handle_device_approve(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { 0 };
	struct publish_order order;
	struct permit permit = { 0 };
	struct device d;
	bool at_once = c->actor.role == ROLE_ROOT && json_object_size(c->body) != 0;
	int r;

	if (!find(c, &d) ||
	    !(at_once ? read_request(c, &d, &permit) : find_request(c, &d, &permit)) ||
	    !may_approve(c, &permit))
		return;
	order = call_order(c, "device-approve", d.id, permit.reason);
	order.change.about = d.mac;
	r = publish_begin(p);
	if (r == 0 && at_once)
		r = request_at_once(c, &permit);
	if (r == 0)
		r = store_permit_approve(c->app->db, &permit, c->actor.login, c->req->now,
					 permit.seconds != 0
						 ? c->req->now + permit.seconds
						 : permit.until);
	if (r == 0)
		r = publish_commit(p, &order, &result);
	else
		publish_abort(p);
	if (r < 0)
		call_fail_publish(c, r, &result);
	else
		answer(c, d.id, &result);
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

	order.change.about = d->mac;
	order.withdrawal = true;
	result->revision = p->current;
	if (r < 0 && r != -ENOENT)
		return r;
	r = publish_begin(p);
	if (r == 0)
		r = store_permit_end(c->app->db, d->id, c->actor.login, c->req->now,
				     reason);
	if (r == 0 && db_changed(c->app->db) == 0)
		r = -ESRCH;
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
	if (!find(c, &d))
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
	if (!find(c, &d))
		return;
	r = set_group(c, &d, &in, &result);
	if (r < 0)
		call_fail_publish(c, r, &result);
	else
		answer(c, d.id, &result);
}
