/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The remote terminal of a maintenance permit is checked again. */
#include <errno.h>

#include "mgmt/mgmtd/find_device.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"

static int set_check(struct call *c, const struct device *d, const char *day,
		     int64_t until, struct publish_result *result)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "device-check", d->id, day);
	const struct register_cause cause = { .who = c->actor.login,
					      .why = day,
					      .now = c->req->now };
	int r = publish_begin(p);

	order.change.about = d->mac;
	order.asset = d->asset;
	if (r == 0)
		r = db_run(c->app->db,
			   "UPDATE permit SET checked = ?, check_until = ? WHERE bundle"
			   " IN (SELECT bundle FROM permit WHERE device = ?"
			   " AND state IN ('active', 'requested'))"
			   " AND kind = '" PERMIT_MAINTENANCE "'",
			   "sis", day, until, d->id);
	if (r == 0 && db_changed(c->app->db) == 0)
		r = -ESRCH;
	if (r == 0)
		r = register_settle(c->app->db, d->asset, &cause);
	if (r == 0)
		return publish_commit(p, &order, result);
	publish_abort(p);
	return r;
}

void handle_device_check(struct call *c)
{
	struct publish_result result = { 0 };
	struct input_error e;
	struct device d;
	char day[11];
	int64_t until;
	int r;

	if (input_check(c->body, c->req->now, day, &until, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!find_device(c, &d))
		return;
	r = set_check(c, &d, day, until, &result);
	if (r == -ESRCH)
		call_fail(c, MSG_TERMINAL_ALONE, "");
	else if (r < 0)
		call_fail_publish(c, r, &result);
	else
		device_answer(c, d.id, &result);
}
