/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single-purpose devices. The section adds no rule: it is a promise about the others,
 * and whatever would break it refuses the policy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/nets.h"
#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define COMPARE_MAX 20000000 /* networks with networks: well below a second */

struct pins { /* one pin being judged */
	struct reader *r;
	const struct policy_pin *pin;
	size_t compared;
};

static int read_id(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_pin *pin = object;

	if (!reader_is_text(r, n, "id") ||
	    !reader_name(r, n->at, n->text, "pin", pin->id))
		return 0;
	for (const struct policy_pin *o = r->p->pin; o < pin; o++) {
		if (strcmp(o->id, pin->id) == 0)
			diag_add(r->diags, n->at, "pin '%s' is there already (line %u)",
				 pin->id, o->at.line);
	}
	return 0;
}

static int read_zone(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_pin *pin = object;

	if (!reader_ref(r, n, "zone", reader_zones(r), &pin->zone))
		return 0;
	if (r->kind_known[pin->zone] &&
	    r->p->zone[pin->zone].kind == POLICY_ZONE_INTERNET)
		diag_add(r->diags, n->at, "what is in the internet cannot be pinned");
	return 0;
}

static int read_devices(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_pin *pin = object;
	int e = reader_refs(r, n, "devices", "group of networks", reader_groups(r),
			    &pin->device, &pin->device_count);

	if (pin->zone == POLICY_NONE || !r->networks_known[pin->zone])
		return e;
	for (size_t i = 0; i < pin->device_count; i++) {
		size_t group = pin->device[i];

		if (r->group_known[group] && !nets_fit(r, group, pin->zone))
			diag_add(r->diags, reader_member_at(n, reader_groups(r), group),
				 "group '%s' (line %u) has addresses outside the "
				 "networks of zone '%s'",
				 r->p->group[group].name, r->p->group[group].at.line,
				 r->p->zone[pin->zone].name);
	}
	return e;
}

static int read_to(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_pin *pin = object;

	return reader_refs(r, n, "pinned_to", "group of networks", reader_groups(r),
			   &pin->to, &pin->to_count);
}

static bool overlap(struct pins *ps, const struct policy_prefixes *a,
		    const struct policy_prefixes *b)
{
	for (size_t i = 0; i < a->count; i++) {
		for (size_t k = 0; k < b->count; k++) {
			ps->compared++;
			if (prefix_overlaps(a->item[i], b->item[k]))
				return true;
		}
	}
	return false;
}

/* Do these groups of the pin's zone hold one of its devices? No groups: the zone. */
static bool meets_devices(struct pins *ps, const size_t *group, size_t count)
{
	const struct policy *p = ps->r->p;

	if (count == 0 || ps->pin->device_count == 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < ps->pin->device_count; k++) {
			if (overlap(ps, &p->group[group[i]].networks,
				    &p->group[ps->pin->device[k]].networks))
				return true;
		}
	}
	return false;
}

static bool is_destination(struct pins *ps, struct prefix net)
{
	const struct policy *p = ps->r->p;

	for (size_t i = 0; i < ps->pin->to_count; i++) {
		const struct policy_prefixes *to = &p->group[ps->pin->to[i]].networks;

		for (size_t k = 0; k < to->count; k++) {
			ps->compared++;
			if (to->item[k].len <= net.len &&
			    prefix_overlaps(to->item[k], net))
				return true;
		}
	}
	return false;
}

/* Is every destination of the flow one that the pin names? */
static bool stays_within(struct pins *ps, const struct policy_flow *f)
{
	const struct policy *p = ps->r->p;

	for (size_t i = 0; i < f->destination_count; i++) {
		const struct policy_prefixes *nets =
			&p->group[f->destination[i]].networks;

		for (size_t k = 0; k < nets->count; k++) {
			if (!is_destination(ps, nets->item[k]))
				return false;
		}
	}
	return f->destination_count != 0;
}

static void check_flow(struct pins *ps, const struct policy_flow *f)
{
	const struct policy_pin *pin = ps->pin;

	if (f->from == POLICY_NONE || f->to == POLICY_NONE)
		return;
	if (f->to == pin->zone && meets_devices(ps, f->destination, f->destination_count))
		diag_add(ps->r->diags, f->at,
			 "flow '%s' leads to devices of pin '%s' (line %u), which nobody "
			 "may reach",
			 f->id, pin->id, pin->at.line);
	if (f->from == pin->zone && meets_devices(ps, f->source, f->source_count) &&
	    !stays_within(ps, f))
		diag_add(ps->r->diags, f->at,
			 "flow '%s' lets devices of pin '%s' (line %u) reach more than "
			 "its 'pinned_to'; name a destination within it, or a source "
			 "beside it",
			 f->id, pin->id, pin->at.line);
}

static bool is_device(const struct pins *ps, struct addr a)
{
	const struct policy *p = ps->r->p;

	if (policy_zone_by_addr(p, a) != ps->pin->zone)
		return false;
	for (size_t i = 0; i < ps->pin->device_count; i++) {
		if (policy_prefixes_hold(&p->group[ps->pin->device[i]].networks, a))
			return true;
	}
	return ps->pin->device_count == 0;
}

/* Whom this machine asks, or who asks it. */
static void check_own(struct pins *ps, const struct addr *list, size_t count,
		      const char *does)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		if (!is_device(ps, list[i]))
			continue;
		addr_format(list[i], text);
		diag_add(ps->r->diags, ps->pin->at,
			 "pin '%s': %s is one of its devices, and %s", ps->pin->id, text,
			 does);
	}
}

static void check_gateway(struct pins *ps)
{
	const struct policy *p = ps->r->p;
	const struct policy_gateway *g = &p->gateway;

	check_own(ps, g->ntp.server, g->ntp.server_count, "'ntp' leads there");
	check_own(ps, g->syslog.server, g->syslog.server_count, "'syslog' leads there");
	check_own(ps, g->mail.server, g->mail.server_count, "'mail' leads there");
	check_own(ps, p->proxy.resolver, p->proxy.resolver_count,
		  "the proxy's 'resolvers' lead there");
	check_own(ps, g->radius.item, g->radius.count,
		  "may ask this machine's RADIUS server");
	check_own(ps, g->vpn.peer, g->vpn.peer_count, "may begin a VPN here");
	if (g->vpn.present && g->vpn.peer_count == 0 && g->vpn.from == ps->pin->zone)
		diag_add(
			ps->r->diags, ps->pin->at,
			"pin '%s': everybody in zone '%s' may begin a VPN here; name the "
			"'peers'",
			ps->pin->id, p->zone[ps->pin->zone].name);
}

static void check_access(struct reader *r, const struct policy_pin *pin,
			 const size_t *zone, size_t count, struct place at,
			 const char *what)
{
	for (size_t i = 0; i < count; i++) {
		if (zone[i] == pin->zone)
			diag_add(r->diags, at,
				 "%s serves zone '%s', where pin '%s' (line %u) lets "
				 "devices reach its destinations only",
				 what, r->p->zone[pin->zone].name, pin->id, pin->at.line);
	}
}

static void check_pin(struct reader *r, const struct policy_pin *pin)
{
	const struct policy *p = r->p;
	struct pins ps = { .r = r, .pin = pin };

	check_access(r, pin, p->proxy.zone, p->proxy.zone_count, p->proxy.at,
		     "the proxy");
	check_access(r, pin, p->management.zone, p->management.zone_count,
		     p->management.at, "the management page");
	check_gateway(&ps);
	for (size_t i = 0; i < p->flow_count && ps.compared <= COMPARE_MAX; i++)
		check_flow(&ps, &p->flow[i]);
	if (ps.compared > COMPARE_MAX)
		diag_add(r->diags, pin->at,
			 "pin '%s' cannot be checked: its groups and those of the flows "
			 "list too many networks; use fewer, larger ones",
			 pin->id);
}

static int read_pin(struct reader *r, const struct yaml_node *n)
{
	/* zone comes first: the devices are judged by it */
	static const struct reader_key keys[] = {
		{ "id", true, read_id },
		{ "zone", true, read_zone },
		{ "devices", false, read_devices },
		{ "pinned_to", true, read_to },
	};
	struct policy_pin *pin = &r->p->pin[r->p->pin_count++];
	size_t before = r->diags->count;
	int e;

	pin->zone = POLICY_NONE;
	pin->at = n->at;
	e = reader_mapping(r, n, "a pin", keys, ARRAY_LEN(keys), pin);
	if (e == 0 && r->diags->count == before)
		check_pin(r, pin);
	return e;
}

int pins_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_list(r, n, "pinned", POLICY_PINS_MAX))
		return 0;
	r->p->pin = calloc(n->count, sizeof(*r->p->pin));
	if (r->p->pin == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_pin(r, c);

		if (e < 0)
			return e;
	}
	return 0;
}
