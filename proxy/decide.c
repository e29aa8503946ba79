/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/decide.h"

#include <string.h>

#include "lib/allow/match.h"
#include "lib/str.h"

/* In some zones the device is not enough: somebody has to sign in. */
static bool must_sign_in(const struct policy_proxy *proxy, size_t zone,
			 const struct decide_question *q)
{
	return (q->user == NULL || q->user[0] == '\0') &&
	       policy_zone_listed(proxy->sign_in, proxy->sign_in_count, zone);
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
	uint16_t port = q->scheme == DECIDE_CONNECT ? 443 : 80;

	a->reason = REASON_NOT_IN_PERMIT;
	(void)str_copy(a->rule, sizeof(a->rule), p->id);
	for (size_t i = 0; i < p->destination_count; i++) {
		if (q->literal || !host_pattern_matches(p->destination[i], q->host))
			continue;
		a->allowed = q->port == port;
		a->reason = a->allowed ? REASON_APPROVED : REASON_PORT;
		return;
	}
}

static void note_until(struct decide_answer *a, int64_t until)
{
	if (until != 0 && (a->until == 0 || until < a->until))
		a->until = until;
}

/* An address is asked for by its one spelling. */
static bool spell_address(const char *text, char dst[ADDR_TEXT_MAX])
{
	struct addr a;

	if (addr_parse(text, &a) < 0)
		return false;
	addr_format(addr_unmap(a), dst);
	return allow_address_is_valid(dst);
}

/* What only a list that observes lets through. An address must be named by an entry. */
static void observe(const struct revision *rev, const struct allow_lists *lists,
		    const struct decide_question *q, struct decide_answer *a)
{
	if (q->literal || lists->observe == ALLOW_LIST_NONE)
		return;
	a->observed = a->allowed = true;
	a->hidden = a->reason;
	a->reason = REASON_WOULD_DENY;
	a->list = rev->list[lists->observe].id;
}

static void ask_allowlist(const struct snapshot *snap, size_t zone,
			  const struct decide_question *q, struct decide_answer *a)
{
	const struct revision *rev = snap->rev;
	struct allow_client client = { .zone = zone,
				       .group = a->permit != NULL ? a->permit->group : "",
				       .user = q->user != NULL ? q->user : "" };
	struct allow_lists lists;
	char spelt[ADDR_TEXT_MAX];
	struct allow_question aq = {
		.host = q->host,
		.literal = q->literal,
		.port = q->port,
		.connect = q->scheme == DECIDE_CONNECT,
		.path = q->path != NULL && q->path[0] == '\0' ? "/" : q->path,
		.method = q->method,
		.now_s = q->now_s,
	};
	struct allow_answer m;

	if (a->permit != NULL && a->permit->listed) {
		client.listed = true;
		client.list = a->permit->list;
		client.list_count = a->permit->list_count;
	}
	lists = allow_lists_of(rev->list, rev->list_count, &client, q->now_s);
	if (q->literal) {
		if (!spell_address(q->host, spelt))
			return;
		aq.host = spelt;
	}
	m = allow_match(snap->image, &lists, &aq);
	a->reason = m.reason;
	a->allowed = m.permitted;
	a->tls_any = m.tls_any;
	a->named_address = m.permitted && q->literal;
	memcpy(a->rule, m.id, sizeof(a->rule));
	if (m.list < rev->list_count)
		a->list = rev->list[m.list].id;
	note_until(a, m.until);
	if (!a->allowed)
		observe(rev, &lists, q, a);
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
	if (!policy_serves(policy, zone))
		return false;
	a->reason = REASON_QUARANTINED;
	if (a->permit != NULL && a->permit->quarantined)
		return false;
	a->reason = REASON_NO_PERMIT;
	if (a->permit != NULL && a->permit->from > q->now_s)
		return false;
	a->expired = a->permit != NULL && permit_over(a->permit, q->now_s);
	if (a->expired)
		return false;
	if (a->permit == NULL &&
	    policy->zone[zone].admission == POLICY_ADMISSION_ENFORCE &&
	    (q->as_zone == NULL || q->mark != 0))
		return false;
	a->reason = REASON_SIGN_IN;
	return !must_sign_in(&policy->proxy, zone, q);
}

struct decide_answer decide(const struct snapshot *snap, const struct decide_question *q)
{
	struct decide_answer a = { .reason = REASON_NO_POLICY, .zone = "", .list = "" };
	size_t zone;

	if (snap == NULL)
		return a;
	a.revision = snap->rev->number;
	zone = q->as_zone != NULL ? (size_t)(q->as_zone - snap->rev->policy->zone)
				  : snapshot_zone(snap, q->src);
	if (!client_admitted(snap, zone, q, &a))
		return a;
	a.reason = REASON_LOCKDOWN;
	if (atomic_load(&snap->locked))
		return a;
	a.reason = REASON_NOT_LISTED;
	if (a.permit != NULL)
		note_until(&a, a.permit->until);
	if (q->host == NULL)
		return a;
	if (a.permit != NULL && a.permit->destination_count != 0)
		ask_permit(a.permit, q, &a);
	else
		ask_allowlist(snap, zone, q, &a);
	return a;
}

int64_t decide_next_change(const struct snapshot *snap, int64_t now_s)
{
	if (snap == NULL)
		return ALLOW_CHANGE_MAX_S;
	return allow_lists_next_change(snap->rev->list, snap->rev->list_count, now_s);
}
