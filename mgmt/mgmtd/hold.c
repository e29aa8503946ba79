/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/hold.h"

#include <errno.h>

#include "lib/str.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"

static const char *const names[] = {
	[HOLD_QUARANTINE] = "device-quarantine", [HOLD_RELEASE] = "device-release",
	[HOLD_SUSPEND] = "device-suspend",       [HOLD_RESUME] = "device-resume",
	[HOLD_RETIRE] = "device-retire",
};

const char *hold_name(enum hold_verb verb)
{
	return names[verb];
}

/* Set or clear one of a's flags. */
static int turn(bool *flag, bool on)
{
	if (*flag == on)
		return on ? -EALREADY : -ENOENT;
	*flag = on;
	return 0;
}

static int change(struct asset *a, enum hold_verb verb)
{
	switch (verb) {
	case HOLD_QUARANTINE:
		return turn(&a->quarantined, true);
	case HOLD_RELEASE:
		break;
	case HOLD_SUSPEND:
		return turn(&a->suspended, true);
	case HOLD_RESUME:
		return turn(&a->suspended, false);
	case HOLD_RETIRE:
		return turn(&a->retired, true);
	}
	a->release_by[0] = '\0';
	a->release_role[0] = '\0';
	a->release_why[0] = '\0';
	a->release_at = 0;
	return turn(&a->quarantined, false);
}

static int make_entry(struct db *db, const struct device *device,
		      const struct register_cause *cause, struct asset *ret)
{
	const struct asset draft = { 0 };
	struct device d = *device;
	int r = register_own(db, &d, &draft, cause);

	return r < 0 ? r : store_asset_get(db, d.asset, ret);
}

/* In the open transaction. */
static int store(struct db *db, struct asset *a, const struct hold_order *order)
{
	const struct publish_order *o = &order->publish;
	const struct register_cause cause = { .who = o->change.who,
					      .why = o->change.reason,
					      .now = o->now };
	int r = 0;

	if (a->id[0] == '\0')
		r = make_entry(db, order->device, &cause, a);
	if (r == 0)
		r = change(a, order->verb);
	if (r == 0)
		r = store_asset_hold(db, a);
	if (r == 0 && order->verb == HOLD_RETIRE)
		r = store_permit_end_asset(db, a->id, cause.who, cause.now, cause.why);
	return r < 0 ? r : register_settle(db, a->id, &cause);
}

int hold_set(struct publisher *p, struct asset *a, const struct hold_order *order,
	     struct publish_result *ret)
{
	struct publish_order o = order->publish;
	int r = publish_begin(p);

	if (r == 0)
		r = store(p->db, a, order);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	o.withdrawal = order->verb != HOLD_RELEASE && order->verb != HOLD_RESUME;
	o.change.object = a->id;
	o.asset = a->id;
	return publish_commit(p, &o, ret);
}
