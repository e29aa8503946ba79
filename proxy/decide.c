/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/decide.h"

static bool zone_served(const struct policy_proxy *proxy, size_t zone)
{
	for (size_t i = 0; i < proxy->zone_count; i++) {
		if (proxy->present && proxy->zone[i] == zone)
			return true;
	}
	return false;
}

/*
 * The permit that the mark stands for, if it is one of this zone and of the
 * class that the kernel says.
 */
static const struct revision_permit *find_permit(const struct snapshot *snap,
						 uint32_t mark, size_t zone)
{
	const struct revision_permit *p =
		snapshot_permit(snap, mark & REVISION_MARK_NUMBER);

	if (p == NULL || revision_permit_mark(p) != mark || p->zone != zone)
		return NULL;
	return p;
}

static bool permit_over(const struct revision_permit *p, int64_t now_s)
{
	return p->until != 0 && p->until <= now_s;
}

/* A permit with destinations is an allowlist of its own; nothing else counts. */
static void ask_permit(const struct revision_permit *p, const struct decide_question *q,
		       struct decide_answer *a)
{
	a->reason = REASON_NOT_IN_PERMIT;
	a->rule = p->id;
	for (size_t i = 0; i < p->destination_count; i++) {
		if (!host_pattern_matches(p->destination[i], q->host))
			continue;
		a->allowed = q->port == 80 || q->port == 443;
		a->reason = a->allowed ? REASON_APPROVED : REASON_PORT;
		return;
	}
}

static void ask_allowlist(const struct snapshot *snap, size_t zone,
			  const struct decide_question *q, struct decide_answer *a)
{
	struct acl_match m = acl_match(snap->acl, zone, q->host, q->port);

	a->reason = m.reason;
	a->allowed = m.reason == REASON_ENTRY;
	if (m.entry != POLICY_NONE)
		a->rule = snap->rev->entry[m.entry].id;
}

/* Is the client itself admitted? Sets the reason when not. */
static bool client_admitted(const struct snapshot *snap, size_t zone,
			    const struct decide_question *q, struct decide_answer *a)
{
	const struct policy *policy = snap->rev->policy;

	a->reason = REASON_ZONE;
	if (zone == POLICY_NONE)
		return false;
	a->zone = policy->zone[zone].name;
	a->permit = find_permit(snap, q->mark, zone);
	if (!zone_served(&policy->proxy, zone))
		return false;
	a->reason = REASON_NO_PERMIT;
	a->expired = a->permit != NULL && permit_over(a->permit, q->now_s);
	if (a->expired)
		return false;
	return a->permit != NULL || policy->zone[zone].admission == POLICY_ADMISSION_OFF;
}

struct decide_answer decide(const struct snapshot *snap, const struct decide_question *q)
{
	struct decide_answer a = { .reason = REASON_NO_POLICY, .zone = "", .rule = "" };
	size_t zone;

	if (snap == NULL)
		return a;
	a.revision = snap->rev->number;
	zone = snapshot_zone(snap, q->src);
	if (!client_admitted(snap, zone, q, &a))
		return a;
	a.reason = REASON_NOT_LISTED;
	if (q->host == NULL || q->literal)
		return a;
	if (a.permit != NULL && a.permit->destination_count != 0)
		ask_permit(a.permit, q, &a);
	else
		ask_allowlist(snap, zone, q, &a);
	return a;
}
