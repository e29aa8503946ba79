/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people say about a device with all its cards, whatever its permits are. */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/find_device.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/hold.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/when.h"

/* The order of a hold by this caller; d: the card that was named, or none. */
static struct hold_order hold_of(const struct call *c, enum hold_verb verb,
				 const struct device *d, const struct asset *a,
				 const char *reason)
{
	struct hold_order o = { .verb = verb,
				.publish = call_order(c, hold_name(verb), a->id, reason),
				.device = d->id[0] != '\0' ? d : NULL };

	o.publish.change.about = d->id[0] != '\0' ? d->mac : a->name;
	return o;
}

static void answer_hold(struct call *c, enum hold_verb verb, int r, const struct asset *a,
			const struct publish_result *result)
{
	if (r == -EALREADY)
		call_fail(c, MSG_HELD, a->state);
	else if (r == -ENOENT)
		call_fail(c, MSG_NOT_HELD,
			  verb == HOLD_RESUME ? "suspended" : "quarantined");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else if (r < 0)
		call_fail_publish(c, r, result);
	else
		asset_answer(c, a->id, result,
			     verb != HOLD_RESUME && verb != HOLD_RELEASE);
}

static void run(struct call *c, enum hold_verb verb)
{
	struct publish_result result = { 0 };
	struct hold_order order;
	struct input_reason in;
	struct input_error e;
	struct device d;
	struct asset a;
	int r;

	if (input_reason(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!call_needs_policy(c) || !find_asset_of(c, &d, &a))
		return;
	order = hold_of(c, verb, &d, &a, in.reason);
	r = hold_set(&c->app->publisher, &a, &order, &result);
	answer_hold(c, verb, r, &a, &result);
}

void handle_device_quarantine(struct call *c)
{
	/* the card may be one that was seen when there was no room for it any more */
	reserve_give(&c->app->reserve);
	app_take_sightings(c->app);
	run(c, HOLD_QUARANTINE);
	reserve_take(&c->app->reserve);
}

void handle_device_suspend(struct call *c)
{
	run(c, HOLD_SUSPEND);
}

void handle_device_resume(struct call *c)
{
	run(c, HOLD_RESUME);
}

void handle_device_retire(struct call *c)
{
	run(c, HOLD_RETIRE);
}

/* --- the end of a quarantine takes two --- */

static int ask_release(struct call *c, struct asset *a, const char *reason)
{
	struct publisher *p = &c->app->publisher;
	const struct publish_order order =
		call_order(c, "quarantine-release-request", a->id, reason);
	int r = publish_begin(p);

	(void)str_copy(a->release_by, sizeof(a->release_by), c->actor.login);
	(void)str_copy(a->release_role, sizeof(a->release_role),
		       role_name(c->actor.role));
	(void)str_copy(a->release_why, sizeof(a->release_why), reason);
	a->release_at = c->req->now;
	if (r == 0)
		r = store_asset_hold(c->app->db, a);
	if (r == 0)
		return publish_note(p, &order);
	publish_abort(p);
	return r;
}

void handle_device_release(struct call *c)
{
	struct input_reason in;
	struct input_error e;
	struct device d;
	struct asset a;
	int r;

	if (c->actor.role == ROLE_ROOT) { /* at once, and marked as such */
		run(c, HOLD_RELEASE);
		return;
	}
	if (input_reason(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!find_asset_of(c, &d, &a))
		return;
	if (!a.quarantined) {
		call_fail(c, MSG_NOT_HELD, "quarantined");
		return;
	}
	if (a.release_by[0] != '\0') {
		call_fail(c, MSG_RELEASE_ASKED, a.release_by);
		return;
	}
	r = ask_release(c, &a, in.reason);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		asset_answer(c, a.id, NULL, false);
}

/* The request that was read: by whom and, when it is said, of which time. */
struct asked {
	char who[LOGIN_MAX + 1];
	char when[WHEN_TEXT_MAX];
};

static int read_asked(const json_t *body, struct asked *ret, struct input_error *e)
{
	static const char *const keys[] = { "requested_by", "requested", NULL };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "requested_by", ret->who, sizeof(ret->who), e) < 0)
		return -EINVAL;
	return input_maybe_line(body, "requested", ret->when, sizeof(ret->when), e);
}

/* Another quarantine may have come since, with another request by the same person. */
static bool is_asked(const struct asset *a, const struct asked *asked)
{
	char when[WHEN_TEXT_MAX];

	when_format(a->release_at, when);
	return a->quarantined && a->release_by[0] != '\0' &&
	       strcmp(a->release_by, asked->who) == 0 &&
	       (asked->when[0] == '\0' || strcmp(when, asked->when) == 0);
}

void handle_device_release_approve(struct call *c)
{
	struct publish_result result = { 0 };
	struct hold_order order;
	struct asked asked;
	struct input_error e;
	struct device d;
	struct asset a;
	int r;

	if (read_asked(c->body, &asked, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!call_needs_policy(c) || !find_asset_of(c, &d, &a))
		return;
	if (!is_asked(&a, &asked)) {
		call_fail(c, MSG_NO_RELEASE, "");
		return;
	}
	if (!call_may_approve(c, a.release_by, a.release_role))
		return;
	order = hold_of(c, HOLD_RELEASE, &d, &a, a.release_why);
	r = hold_set(&c->app->publisher, &a, &order, &result);
	answer_hold(c, HOLD_RELEASE, r, &a, &result);
}

/* --- somebody has looked: it is there, and needed --- */

static int read_result(const json_t *body, char result[INPUT_REASON_MAX + 1],
		       struct input_error *e)
{
	static const char *const keys[] = { "result", NULL };

	return input_keys(body, keys, e) < 0
		       ? -EINVAL
		       : input_line(body, "result", result, INPUT_REASON_MAX + 1, e);
}

void handle_device_certify(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	char result[INPUT_REASON_MAX + 1];
	struct publish_order order;
	struct input_error e;
	struct device d;
	struct asset a;
	int r;

	if (read_result(c->body, result, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!find_asset_of(c, &d, &a))
		return;
	if (a.id[0] == '\0') {
		call_fail(c, MSG_NOT_FOUND, "");
		return;
	}
	a.certified = c->req->now;
	(void)str_copy(a.certified_by, sizeof(a.certified_by), c->actor.login);
	order = call_order(c, "device-certify", a.id, result);
	order.change.about = a.name;
	r = publish_begin(p);
	if (r == 0)
		r = store_asset_hold(c->app->db, &a);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		asset_answer(c, a.id, NULL, false);
}
