/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/plan_pick.h"

#include <string.h>

#include "lib/str.h"

#define TRIES 4 /* addresses of a network, when some are this machine's */
#define SPREAD_BITS(family) \
	((family) == 4 ? 32u : 16u) /* above these IPv6's reserved ones begin */

static const char no_interface[] = "no-interface";
static const char no_permit[] = "no-permit";
static const char no_route[] = "no-route";

/* Where a zone has no networks: addresses for documentation (RFC 5737, RFC 3849). */
static const struct prefix examples[] = {
	{ .addr = { .family = 4, .bytes = { 203, 0, 113 } }, .len = 24 },
	{ .addr = { .family = 6, .bytes = { 0x20, 0x01, 0x0d, 0xb8 } }, .len = 32 },
};

const struct plan_interface *pick_interface(const struct pick *p, const char *name)
{
	for (size_t i = 0; i < p->site->interface_count; i++) {
		const struct plan_interface *one = &p->site->interface[i];

		if (strcmp(one->name, name) == 0)
			return one->up ? one : NULL;
	}
	return NULL;
}

/* Beside this machine's own ones, where it knows no way to everywhere. */
static bool neighbour_at(const struct pick *p, size_t zone, size_t i, struct prefix *ret)
{
	const struct policy_zone *z = &p->rev->policy->zone[zone];

	for (size_t k = 0; k < z->interface_count; k++) {
		const struct plan_interface *in = pick_interface(p, z->interface[k].name);
		size_t count = in != NULL ? in->address_count : 0;

		if (i < count) {
			struct addr a = in->address[i];

			a.bytes[a.family == 4 ? 3 : 15] ^= 2;
			*ret = (struct prefix){ .addr = a,
						.len = a.family == 4 ? 32 : 128 };
			return true;
		}
		i -= count;
	}
	return false;
}

/* The networks of a side, one after the other; false: no more. */
static bool network_at(const struct pick *p, const struct pick_side *side, size_t i,
		       struct prefix *ret)
{
	const struct policy *policy = p->rev->policy;
	const struct policy_prefixes *own = &policy->zone[side->zone].networks;

	if (side->group_count == 0 && own->count == 0) {
		if (i >= ARRAY_LEN(examples))
			return neighbour_at(p, side->zone, i - ARRAY_LEN(examples), ret);
		*ret = examples[i];
		return true;
	}
	for (size_t k = 0; side->group_count != 0 && k < side->group_count; k++) {
		const struct policy_prefixes *nets =
			&policy->group[side->group[k]].networks;

		if (i < nets->count) {
			*ret = nets->item[i];
			return true;
		}
		i -= nets->count;
	}
	if (side->group_count != 0 || i >= own->count)
		return false;
	*ret = own->item[i];
	return true;
}

/* A group may have networks that the zone does not. */
static bool is_in_zone(const struct pick *p, size_t zone, struct addr a)
{
	const struct policy_prefixes *own = &p->rev->policy->zone[zone].networks;

	for (size_t i = 0; i < own->count; i++) {
		if (own->item[i].addr.family == a.family &&
		    prefix_contains(own->item[i], a))
			return true;
	}
	return own->count == 0;
}

static bool is_in_side(const struct pick *p, const struct pick_side *side, struct addr a)
{
	struct prefix net;

	for (size_t i = 0; network_at(p, side, i, &net); i++) {
		if (net.addr.family == a.family && prefix_contains(net, a))
			return is_in_zone(p, side->zone, a);
	}
	return false;
}

bool pick_has_family(const struct pick *p, const struct pick_side *side, uint8_t family)
{
	struct prefix net;

	for (size_t i = 0; network_at(p, side, i, &net); i++) {
		if (net.addr.family == family)
			return true;
	}
	return false;
}

/* From the upper end down, where fewer machines are; k: the how-maniest. */
static bool host_of(struct prefix net, unsigned k, struct addr *ret)
{
	size_t size = net.addr.family == 4 ? 4 : 16;
	size_t bits = size * 8 - net.len;
	struct addr a = net.addr;

	if (bits < 2) {
		a.bytes[size - 1] = (uint8_t)(a.bytes[size - 1] + k);
		*ret = a;
		return k < 1u << bits;
	}
	if (bits < 8 && k + 2 >= 1u << bits)
		return false;
	for (size_t i = 0; i < bits && i < SPREAD_BITS(net.addr.family); i++)
		a.bytes[size - 1 - i / 8] |= (uint8_t)(1u << i % 8);
	a.bytes[size - 1] = (uint8_t)(a.bytes[size - 1] - 1 - k);
	*ret = a;
	return true;
}

/* Is it reached by an interface of the zone's? */
static const struct plan_interface *reached(const struct pick *p, size_t zone,
					    struct addr a)
{
	const struct policy_zone *z = &p->rev->policy->zone[zone];
	char name[16] = "";

	if (!p->site->route(p->site->user, a, name))
		return NULL;
	for (size_t i = 0; i < z->interface_count; i++) {
		if (strcmp(z->interface[i].name, name) == 0)
			return pick_interface(p, name);
	}
	return NULL;
}

/* Behind a VPN the address is what a permit is for. */
static bool is_permitted_peer(const struct pick *p, size_t zone, struct addr a)
{
	if (p->rev->policy->zone[zone].kind != POLICY_ZONE_VPN)
		return false;
	for (size_t i = 0; i < p->rev->permit_count; i++) {
		if (p->rev->permit[i].zone == zone &&
		    addr_equal(p->rev->permit[i].address, a))
			return true;
	}
	return false;
}

/* An address of the side that is reached by `by` (NULL: by any of the zone's). */
static const struct plan_interface *find_address(const struct pick *p,
						 const struct pick_side *side,
						 uint8_t family,
						 const struct plan_interface *by,
						 struct addr *ret)
{
	struct prefix net;

	for (size_t i = 0; network_at(p, side, i, &net); i++) {
		for (unsigned k = 0; net.addr.family == family && k < TRIES; k++) {
			const struct plan_interface *at;
			struct addr a;

			if (!host_of(net, k, &a))
				break;
			if (is_permitted_peer(p, side->zone, a))
				continue;
			at = is_in_zone(p, side->zone, a) ? reached(p, side->zone, a)
							  : NULL;
			if (at == NULL || (by != NULL && at != by))
				continue;
			*ret = a;
			return at;
		}
	}
	return NULL;
}

const char *pick_target(const struct pick *p, const struct pick_side *side,
			uint8_t family, struct addr *ret_addr)
{
	return find_address(p, side, family, NULL, ret_addr) != NULL ? NULL : no_route;
}

/* A card of a permit that could send: it has the zone's rights, and is where it may be. */
static const char *try_card(const struct pick *p, const struct pick_side *side,
			    uint8_t family, const struct revision_permit *permit,
			    const struct revision_card *card, struct pick_source *s)
{
	const struct policy_zone *z = &p->rev->policy->zone[side->zone];
	const struct plan_interface *in = pick_interface(p, card->interface), *at = in;

	if (in != NULL && z->port_count != 0)
		at = strcmp(card->interface, z->interface[0].name) != 0
			     ? pick_interface(p, z->interface[0].name)
			     : NULL;
	if (in == NULL || at == NULL)
		return no_interface;
	if (permit->address.family == 0) {
		if (find_address(p, side, family, at, &s->addr) == NULL)
			return no_route;
	} else {
		if (permit->address.family != family ||
		    !is_in_side(p, side, permit->address))
			return no_permit;
		s->addr = permit->address;
		if (reached(p, side->zone, s->addr) != at)
			return no_route;
	}
	s->in = in;
	s->at = at;
	s->mac = card->mac;
	return NULL;
}

static bool is_full(const struct revision_permit *permit)
{
	return (revision_permit_mark(permit) & ~REVISION_MARK_NUMBER) ==
	       REVISION_MARK_FULL;
}

/* Does the permit stand for what is to be sent? */
static bool is_for(const struct pick *p, const struct pick_side *side,
		   const struct revision_permit *permit)
{
	if (permit->zone != side->zone || !revision_permit_holds(permit, p->site->now))
		return false;
	for (size_t i = 0;
	     permit->limited && side->flow != NULL && i < permit->flow_count; i++) {
		if (&p->rev->policy->flow[permit->flow[i]] == side->flow)
			return true;
	}
	return is_full(permit);
}

static const char *pick_permitted(const struct pick *p, const struct pick_side *side,
				  uint8_t family, struct pick_source *s)
{
	const char *why = no_permit;

	for (size_t i = 0; i < p->rev->permit_count; i++) {
		const struct revision_permit *permit = &p->rev->permit[i];

		if (!is_for(p, side, permit))
			continue;
		for (size_t c = 0; c < permit->card_count; c++) {
			const char *not =
				try_card(p, side, family, permit, &permit->card[c], s);

			if (not == NULL)
				return NULL;
			if (why == no_permit)
				why = not ;
		}
	}
	return why;
}

/* Anybody: at the first port that is up, where the zone has ports. */
static const char *pick_anybody(const struct pick *p, const struct pick_side *side,
				uint8_t family, struct pick_source *s)
{
	const struct policy_zone *z = &p->rev->policy->zone[side->zone];

	s->at = find_address(p, side, family, NULL, &s->addr);
	if (s->at == NULL)
		return no_route;
	s->in = z->port_count != 0 ? NULL : s->at;
	for (size_t i = 0; i < z->port_count && s->in == NULL; i++)
		s->in = pick_interface(p, z->port[i].name);
	s->mac = p->site->stranger;
	return s->in != NULL ? NULL : no_interface;
}

const char *pick_source(const struct pick *p, const struct pick_side *side,
			uint8_t family, bool stranger, struct pick_source *ret_source)
{
	const struct policy_zone *z = &p->rev->policy->zone[side->zone];

	if (z->admission == POLICY_ADMISSION_ENFORCE && !stranger)
		return pick_permitted(p, side, family, ret_source);
	return pick_anybody(p, side, family, ret_source);
}

bool pick_own(const struct pick_source *s, uint8_t family, struct addr *ret_addr)
{
	for (size_t i = 0; i < s->at->address_count; i++) {
		struct addr a = s->at->address[i];
		bool link_local = a.family == 6 && a.bytes[0] == 0xfe &&
				  (a.bytes[1] & 0xc0) == 0x80;

		if (a.family == family && !link_local) {
			*ret_addr = a;
			return true;
		}
	}
	return false;
}

bool pick_neighbour(const struct pick *p, size_t zone, const struct plan_interface *in,
		    struct mac *ret_mac)
{
	for (size_t i = 0; i < p->rev->permit_count; i++) {
		const struct revision_permit *permit = &p->rev->permit[i];

		if (permit->zone != zone || !is_full(permit) ||
		    !revision_permit_holds(permit, p->site->now))
			continue;
		for (size_t c = 0; c < permit->card_count; c++) {
			if (strcmp(permit->card[c].interface, in->name) == 0 ||
			    pick_interface(p, permit->card[c].interface) == NULL)
				continue;
			*ret_mac = permit->card[c].mac;
			return true;
		}
	}
	return false;
}
