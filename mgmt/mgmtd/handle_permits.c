/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Permits: asked for and approved. */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/asking.h"
#include "mgmt/mgmtd/find_device.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"

static struct register_cause cause_of(const struct call *c, const char *why)
{
	return (struct register_cause){ .who = c->actor.login,
					.why = why,
					.now = c->req->now };
}

/* In the open transaction: cards become one device's, each has its row. */
static int store_request(struct call *c, struct asking *ask)
{
	const struct register_cause cause = cause_of(c, ask->permit.reason);
	struct permit p = ask->permit;
	struct asset draft = { 0 };
	int r;

	(void)str_copy(draft.owner, sizeof(draft.owner), p.owner);
	(void)str_copy(draft.organisation, sizeof(draft.organisation), p.company);
	(void)str_copy(draft.kind, sizeof(draft.kind), p.kind);
	r = register_own(c->app->db, &ask->card[0], &draft, &cause);
	for (size_t i = 0; r == 0 && i < ask->card_count; i++) {
		struct device *d = &ask->card[i];

		if (d->asset[0] == '\0') {
			memcpy(d->asset, ask->card[0].asset, sizeof(d->asset));
			r = store_device_set_asset(c->app->db, d->id, d->asset);
		}
		if (i > 0)
			id_new('p', p.id);
		(void)str_copy(p.device, sizeof(p.device), d->id);
		(void)str_copy(p.interface, sizeof(p.interface), d->interface);
		if (r == 0)
			r = store_permit_request(c->app->db, &p);
	}
	return r < 0 ? r : register_settle(c->app->db, ask->card[0].asset, &cause);
}

void handle_device_request(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { 0 };
	struct publish_order order;
	struct asking ask = { 0 };
	struct device d;
	int r;

	if (!find_device(c, &d) || !asking_read(c, &d, &ask))
		return;
	order = call_order(c, "device-request", d.id, ask.permit.reason);
	order.change.about = d.mac;
	order.asset = ask.card[0].asset;
	r = publish_begin(p);
	if (r == 0)
		r = store_request(c, &ask);
	if (r == 0)
		r = publish_cards(p, &order, &result);
	else
		publish_abort(p);
	if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_REQUESTED, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(c, r, &result);
	else
		device_answer(c, d.id, NULL);
}

static bool may_approve(struct call *c, const struct permit *p)
{
	if (!call_may_approve(c, p->requested_by, p->requested_role))
		return false;
	if (!call_needs_policy(c) || !asking_place_ok(c, p))
		return false;
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
	if (r == 0 && !root && strcmp(id, permit->bundle) != 0)
		r = -ENOENT;
	if (r == -ENOENT)
		call_fail(c, MSG_NO_REQUEST, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

/* In the open transaction: root's own request takes the place of an open one. */
static int request_at_once(struct call *c, struct asking *ask)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ask->card_count; i++)
		r = store_permit_withdraw(c->app->db, ask->card[i].id, c->actor.login,
					  c->req->now, ask->permit.reason);
	return r < 0 ? r : store_request(c, ask);
}

/* A duration counts from the approval on, or from a beginning that lies ahead. */
static int64_t end_of(const struct permit *p, int64_t now)
{
	if (p->seconds == 0)
		return p->until;
	return (p->since > now ? p->since : now) + p->seconds;
}

/* In the open transaction, which it ends. */
static int approve(struct call *c, struct asking *ask, bool at_once,
		   struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	const struct permit *permit = &ask->permit;
	const struct register_cause cause = cause_of(c, permit->reason);
	struct device *d = &ask->card[0];
	struct publish_order order =
		call_order(c, "device-approve", d->id, permit->reason);
	int r = at_once ? request_at_once(c, ask) : 0;

	order.change.about = d->mac;
	order.asset = d->asset;
	if (r == 0)
		r = store_permit_approve(c->app->db, permit, c->actor.login, c->req->now,
					 end_of(permit, c->req->now));
	if (r == 0)
		r = register_settle(c->app->db, d->asset, &cause);
	if (r == 0)
		return publish_commit(p, &order, result);
	publish_abort(p);
	return r;
}

void handle_device_approve(struct call *c)
{
	struct publish_result result = { 0 };
	struct asking ask = { .card_count = 1 };
	struct device *d = &ask.card[0], found;
	bool at_once = c->actor.role == ROLE_ROOT && json_object_size(c->body) != 0;
	int r;

	if (!find_device(c, &found))
		return;
	*d = found;
	if (!(at_once ? asking_read(c, &found, &ask)
		      : find_request(c, &found, &ask.permit)) ||
	    !may_approve(c, &ask.permit))
		return;
	r = publish_begin(&c->app->publisher);
	if (r == 0)
		r = approve(c, &ask, at_once, &result);
	if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r == -EEXIST)
		call_fail(c, MSG_ALREADY_REQUESTED, "");
	else if (r < 0)
		call_fail_publish(c, r, &result);
	else
		device_answer(c, d->id, &result);
}
