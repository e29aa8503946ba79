/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/match.h"

#include <netinet/in.h>

#include "lib/policy/when.h"

size_t match_zone(const struct policy *p, struct addr a)
{
	for (size_t i = 0; i < p->zone_count; i++) {
		if (policy_prefixes_hold(&p->zone[i].networks, a))
			return i;
	}
	return POLICY_NONE;
}

/* A zone without networks (internet) holds what is in no other zone. */
static bool zone_holds(const struct policy *p, size_t zone, struct addr a)
{
	const struct policy_prefixes *own = &p->zone[zone].networks;

	return own->count != 0 ? policy_prefixes_hold(own, a)
			       : match_zone(p, a) == POLICY_NONE;
}

/* The groups' networks, or the zone's. */
static bool side_holds(const struct policy *p, size_t zone, const size_t *group,
		       size_t count, struct addr a)
{
	for (size_t i = 0; i < count; i++) {
		if (policy_prefixes_hold(&p->group[group[i]].networks, a))
			return true;
	}
	return count == 0 && zone_holds(p, zone, a);
}

static bool service_holds(const struct policy_service *s, const struct ctevent_tuple *t)
{
	bool icmp = t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6;

	for (size_t i = 0; i < s->match_count; i++) {
		const struct policy_match *m = &s->match[i];

		if (m->proto != t->proto)
			continue;
		if (icmp ? m->icmp_type == t->icmp_type
			 : t->dst_port >= m->port_min && t->dst_port <= m->port_max)
			return true;
	}
	return false;
}

/* A published server is named by an address of the gateway. */
static bool is_published(const struct policy_flow *f, struct addr a)
{
	for (size_t i = 0; i < f->publish_count; i++) {
		if (addr_equal(f->publish[i], a))
			return true;
	}
	return false;
}

static bool flow_holds(const struct policy *p, const struct policy_flow *f,
		       const struct ctevent_tuple *t)
{
	if (!side_holds(p, f->from, f->source, f->source_count, t->src) ||
	    (!side_holds(p, f->to, f->destination, f->destination_count, t->dst) &&
	     !is_published(f, t->dst)))
		return false;
	for (size_t i = 0; i < f->service_count; i++) {
		if (service_holds(&p->service[f->service[i]], t))
			return true;
	}
	return false;
}

const struct policy_flow *match_flow_at(const struct policy *p,
					const struct ctevent_tuple *t, int64_t now)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (when_is_open(p, &p->flow[i], now) && flow_holds(p, &p->flow[i], t))
			return &p->flow[i];
	}
	return NULL;
}

const struct policy_flow *match_flow(const struct policy *p,
				     const struct ctevent_tuple *t)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (flow_holds(p, &p->flow[i], t))
			return &p->flow[i];
	}
	return NULL;
}

bool match_permit(const struct policy *p, const struct revision_permit *permit,
		  const struct ctevent_tuple *t, int64_t now)
{
	for (size_t i = 0; i < permit->flow_count; i++) {
		const struct policy_flow *f = &p->flow[permit->flow[i]];

		if (when_is_open(p, f, now) && flow_holds(p, f, t))
			return true;
	}
	return false;
}
