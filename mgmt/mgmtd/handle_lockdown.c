/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/lockdown.h"

void handle_lockdown(struct call *c)
{
	struct publish_result result;
	struct publish_order order;
	struct input_lockdown in;
	struct input_error e;
	json_t *obj;
	int r;

	if (input_lockdown(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (!in.on && !workflow_may(&c->actor, ACT_END_LOCKDOWN)) {
		call_fail(c, MSG_LOCKDOWN_MANAGER, "");
		return;
	}
	order = call_order(c, in.on ? "lockdown-on" : "lockdown-off", "lockdown",
			   in.reason);
	r = lockdown_switch(c->app, &order, in.on, &result);
	if (r < 0) {
		call_fail_publish(c, r, &result);
		return;
	}
	obj = json_object();
	call_add_result(c, obj, &result, true);
	(void)json_object_set_new(obj, "lockdown",
				  in.on ? lockdown_json(c->app) : json_null());
	call_json(c, 200, obj);
}
