/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes at this machine's doors, and those that look as if they might pass. */
#include <string.h>

#include "fw/probe/plan_parts.h"
#include "lib/str.h"

static const char no_address[] = "no-address";

static void add_door(struct making *m, size_t zone, uint8_t family, uint16_t port,
		     bool open)
{
	struct plan_item item = { .kind = open ? PLAN_DOOR : PLAN_NO_DOOR,
				  .from = zone,
				  .to = PLAN_GATEWAY,
				  .flow = "" };
	struct pick_side side = { .zone = zone };
	struct pick_source s;
	struct addr own;

	if (!pick_has_family(&m->pick, &side, family))
		return;
	item.probe.family = family;
	item.why_not = pick_source(&m->pick, &side, family, false, &s);
	if (item.why_not == NULL && !pick_own(&s, family, &own))
		item.why_not = no_address;
	if (item.why_not == NULL) {
		plan_put_source(&item.probe, &s);
		plan_put_tcp(&item.probe, own, port);
	}
	plan_add_tried(m, &item);
}

void plan_doors(struct making *m, size_t zone, uint8_t family)
{
	const struct policy_proxy *x = &m->policy->proxy;
	const struct policy_management *g = &m->policy->management;

	if (g->present)
		add_door(m, zone, family, g->port, policy_manages(m->policy, zone));
	if (x->present)
		add_door(m, zone, family, x->port, policy_serves(m->policy, zone));
	if (!g->present && !x->present)
		add_door(m, zone, family, 22, false);
}

/*
 * What of the zone's passes, or would if it had a flow: a flow's packet before one to a
 * door (to_gateway: to a door) before one to a port that nobody has.
 */
static const struct plan_item *find_template(const struct making *m, size_t zone,
					     uint8_t family, bool to_gateway)
{
	const struct plan_item *found = NULL;

	for (size_t i = 0; i < m->plan.count; i++) {
		const struct plan_item *one = &m->plan.item[i];

		if (one->from != zone || one->probe.family != family ||
		    (one->to == PLAN_GATEWAY) != to_gateway ||
		    one->kind == PLAN_SPOOFED || one->kind == PLAN_STRANGER)
			continue;
		if (plan_is_pass(one) && one->why_not == NULL)
			return one;
		if (found == NULL && one->why_not == NULL)
			found = one;
	}
	return found;
}

static bool other_address(const struct making *m, size_t zone, uint8_t family,
			  struct addr *ret)
{
	for (size_t z = 0; z < m->policy->zone_count; z++) {
		struct pick_side side = { .zone = z };

		if (z != zone && m->policy->zone[z].networks.count != 0 &&
		    pick_target(&m->pick, &side, family, ret) == NULL)
			return true;
	}
	return false;
}

void plan_spoofed(struct making *m, size_t zone, uint8_t family)
{
	const struct plan_item *template = find_template(m, zone, family, false);
	struct plan_item item;
	struct addr other;

	if (template == NULL || !plan_is_pass(template))
		template = find_template(m, zone, family, true);
	if (template == NULL || !other_address(m, zone, family, &other))
		return;
	item = *template;
	item.kind = PLAN_SPOOFED;
	if (memcmp(other.bytes, item.probe.dst, sizeof(other.bytes)) == 0)
		other.bytes[family == 4 ? 3 : 15] ^= 1; /* not the receiver's own */
	memcpy(item.probe.src, other.bytes, sizeof(item.probe.src));
	plan_add(m, &item);
}

/* A stranger's frame at one interface or port, to what others may reach from there. */
static void add_strange_frame(struct making *m, const struct pick_source *s, size_t zone,
			      const struct plan_item *to)
{
	struct plan_item item = *to;

	item.kind = PLAN_STRANGER;
	item.from = zone;
	(void)str_copy(item.probe.iifname, sizeof(item.probe.iifname), s->in->name);
	memcpy(item.probe.source_mac, s->mac.b, sizeof(item.probe.source_mac));
	if (m->policy->zone[zone].kind == POLICY_ZONE_VPN) /* a device is its address */
		memcpy(item.probe.src, s->addr.bytes, sizeof(item.probe.src));
	plan_add(m, &item);
}

/* To a device at another port of the same bridge; to one that nobody has, if need be. */
static void add_neighbour(struct making *m, const struct pick_source *s, size_t zone)
{
	struct plan_item item = {
		.kind = PLAN_STRANGER, .from = zone, .to = zone, .flow = ""
	};
	struct addr to = s->addr;
	struct mac mac;

	to.bytes[to.family == 4 ? 3 : 15] ^= 1;
	plan_put_source(&item.probe, s);
	item.probe.target_mac[0] = 0x02; /* not the gateway: the bridge sends it on */
	item.probe.target_mac[5] ^= 0xff;
	if (pick_neighbour(&m->pick, zone, s->in, &mac))
		memcpy(item.probe.target_mac, mac.b, sizeof(mac.b));
	plan_put_tcp(&item.probe, to, 22);
	plan_add(m, &item);
}

/* Doors and targets for a zone in which nobody has a permit yet. */
static bool make_target(struct making *m, const struct pick_source *s, size_t zone,
			bool to_gateway, struct plan_item *ret)
{
	struct plan_item item = { .from = zone, .to = PLAN_GATEWAY, .flow = "" };
	struct addr to;
	bool found = to_gateway && pick_own(s, s->addr.family, &to);

	for (size_t z = 0; z < m->policy->zone_count && !to_gateway && !found; z++) {
		struct pick_side side = { .zone = z };

		item.to = z;
		found = z != zone &&
			pick_target(&m->pick, &side, s->addr.family, &to) == NULL;
	}
	if (!found)
		return false;
	plan_put_source(&item.probe, s);
	plan_put_tcp(&item.probe, to,
		     to_gateway && m->policy->proxy.present ? m->policy->proxy.port
							    : 443);
	*ret = item;
	return true;
}

static void add_strangers_at(struct making *m, const struct pick_source *s, size_t zone)
{
	for (int to_gateway = 0; to_gateway <= 1; to_gateway++) {
		const struct plan_item *t =
			find_template(m, zone, s->addr.family, to_gateway != 0);
		struct plan_item made;

		if (t != NULL)
			made = *t;
		else if (!make_target(m, s, zone, to_gateway != 0, &made))
			continue;
		add_strange_frame(m, s, zone, &made);
	}
	if (m->policy->zone[zone].port_count != 0)
		add_neighbour(m, s, zone);
}

void plan_strangers(struct making *m, size_t zone, uint8_t family)
{
	const struct policy_zone *z = &m->policy->zone[zone];
	struct plan_item item = {
		.kind = PLAN_STRANGER, .from = zone, .to = PLAN_GATEWAY, .flow = ""
	};
	struct pick_side side = { .zone = zone };
	struct pick_source s;

	if (!pick_has_family(&m->pick, &side, family))
		return;
	item.probe.family = family;
	item.why_not = pick_source(&m->pick, &side, family, true, &s);
	if (item.why_not != NULL) {
		plan_add(m, &item);
		return;
	}
	if (z->port_count == 0)
		add_strangers_at(m, &s, zone);
	for (size_t i = 0; i < z->port_count; i++) {
		s.in = pick_interface(&m->pick, z->port[i].name);
		if (s.in != NULL)
			add_strangers_at(m, &s, zone);
	}
}
