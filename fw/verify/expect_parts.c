/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/expect_parts.h"

#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"

/* Addresses that no host on the internet has. */
static const struct prefix special[] = {
	{ .addr = { .family = 4 }, .len = 8 },
	{ .addr = { .family = 4, .bytes = { 127 } }, .len = 8 },
	{ .addr = { .family = 4, .bytes = { 224 } }, .len = 3 },
	{ .addr = { .family = 6 }, .len = 96 },
	{ .addr = { .family = 6, .bytes = { 0xfe, 0x80 } }, .len = 9 },
	{ .addr = { .family = 6, .bytes = { 0xff } }, .len = 8 },
};

static void add(struct work *w, struct ranges *list, uint8_t family, struct range r)
{
	size_t room = list->room;
	void *item = work_grow(w, list->item, sizeof(*list->item), list->count, &room);
	void *of = work_grow(w, list->family, sizeof(*list->family), list->count,
			     &list->room);

	if (item == NULL || of == NULL)
		return;
	list->item = item;
	list->family = of;
	list->item[list->count] = r;
	list->family[list->count++] = family;
}

static void add_prefix(struct work *w, struct ranges *list, struct prefix p)
{
	add(w, list, p.addr.family, range_of_prefix(p));
}

static struct num minus_one(struct num n)
{
	n.hi -= n.lo == 0;
	n.lo--;
	return n;
}

/* Everything in from but what is in p. */
static void without(struct work *w, struct ranges *list, struct prefix p)
{
	struct range cut = range_of_prefix(p);
	struct ranges out = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		struct range r = list->item[i];

		if (list->family[i] != p.addr.family || num_cmp(r.max, cut.min) < 0 ||
		    num_cmp(cut.max, r.min) < 0) {
			add(w, &out, list->family[i], r);
			continue;
		}
		if (num_cmp(r.min, cut.min) < 0)
			add(w, &out, list->family[i],
			    (struct range){ r.min, minus_one(cut.min) });
		if (num_cmp(cut.max, r.max) < 0)
			add(w, &out, list->family[i],
			    (struct range){ num_plus(cut.max, 1), r.max });
	}
	*list = out;
}

static void without_special(struct work *w, struct ranges *list)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		without(w, list, special[i]);
}

/* Both families. */
static void everything(struct work *w, struct ranges *list)
{
	add(w, list, 4, range_of(0, UINT32_MAX));
	add(w, list, 6, (struct range){ { 0 }, { UINT64_MAX, UINT64_MAX } });
}

static void without_zones(struct work *w, const struct policy *p, struct ranges *list,
			  size_t but)
{
	for (size_t z = 0; z < p->zone_count; z++) {
		const struct policy_prefixes *nets = &p->zone[z].networks;

		for (size_t i = 0; z != but && i < nets->count; i++)
			without(w, list, nets->item[i]);
	}
}

void expect_beyond(struct work *w, const struct expect *x, struct ranges *ret_may,
		   struct ranges *ret_sure)
{
	everything(w, ret_may);
	without_zones(w, x->rev->policy, ret_may, x->rev->policy->proxy.via);
	*ret_sure = (struct ranges){ 0 };
	for (size_t i = 0; i < ret_may->count; i++)
		add(w, ret_sure, ret_may->family[i], ret_may->item[i]);
	without_special(w, ret_sure);
}

static void zone_sources(struct work *w, const struct policy *p, size_t zone,
			 struct sources *s)
{
	const struct policy_prefixes *own = &p->zone[zone].networks;

	for (size_t i = 0; i < own->count; i++) {
		add_prefix(w, &s->may, own->item[i]);
		add_prefix(w, &s->sure, own->item[i]);
	}
	if (own->count != 0)
		return;
	everything(w, &s->may);
	without_zones(w, p, &s->may, POLICY_NONE);
	for (size_t i = 0; i < s->may.count; i++)
		add(w, &s->sure, s->may.family[i], s->may.item[i]);
	without_special(w, &s->sure);
}

/* What of a network is in the list. */
static void meet(struct work *w, struct ranges *to, const struct ranges *list,
		 struct prefix p)
{
	struct range in = range_of_prefix(p);

	for (size_t i = 0; i < list->count; i++) {
		struct range r = list->item[i];

		if (list->family[i] != p.addr.family || num_cmp(r.max, in.min) < 0 ||
		    num_cmp(in.max, r.min) < 0)
			continue;
		if (num_cmp(r.min, in.min) < 0)
			r.min = in.min;
		if (num_cmp(in.max, r.max) < 0)
			r.max = in.max;
		add(w, to, list->family[i], r);
	}
}

void expect_side(struct work *w, const struct expect *x, uint32_t zone,
		 const size_t *group, size_t count, bool is_source,
		 struct ranges *ret_may, struct ranges *ret_sure)
{
	const struct policy *p = x->rev->policy;
	struct ranges all = { 0 };

	everything(w, &all);
	if (count == 0 && (is_source || p->zone[zone].networks.count != 0)) {
		*ret_may = x->sources[zone].may;
		*ret_sure = x->sources[zone].sure;
		return;
	}
	if (count == 0) { /* everything that is in no other zone, and where it leads */
		*ret_may = all;
		*ret_sure = x->sources[zone].sure;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct policy_prefixes *nets = &p->group[group[i]].networks;

		for (size_t k = 0; k < nets->count; k++) {
			meet(w, ret_may, is_source ? &x->sources[zone].may : &all,
			     nets->item[k]);
			meet(w, ret_sure, &x->sources[zone].sure, nets->item[k]);
		}
	}
}

void expect_link_local(struct work *w, struct ranges *ret_local, struct ranges *ret_unset)
{
	const struct prefix local = {
		.addr = { .family = 6, .bytes = { 0xfe, 0x80 } },
		.len = 10,
	};
	const struct prefix unset = { .addr.family = 6, .len = 128 };

	add_prefix(w, ret_local, local);
	add_prefix(w, ret_unset, unset);
}

uint32_t expect_zone_of(const struct expect *x, struct addr a)
{
	const struct policy *p = x->rev->policy;
	uint32_t rest = 0;

	for (uint32_t z = 0; z < p->zone_count; z++) {
		const struct policy_prefixes *nets = &p->zone[z].networks;

		for (size_t i = 0; i < nets->count; i++) {
			if (nets->item[i].addr.family == a.family &&
			    prefix_contains(nets->item[i], a))
				return z;
		}
		if (nets->count == 0)
			rest = z;
	}
	return rest;
}

static uint64_t number_of(struct mac mac)
{
	uint64_t n = 0;

	for (size_t k = 0; k < sizeof(mac.b); k++)
		n = n << 8 | mac.b[k];
	return n;
}

/* No end is the latest. */
static int64_t end_of(const struct device *d)
{
	return d->until != 0 ? d->until : INT64_MAX;
}

/* Of one card behind one interface the permit that counts comes first. */
static int by_weight(const void *x, const void *y)
{
	const struct device *a = x, *b = y;
	bool a_less = a->mark >> 24 != REVISION_MARK_FULL >> 24;
	bool b_less = b->mark >> 24 != REVISION_MARK_FULL >> 24;

	if (a->iif != b->iif)
		return a->iif < b->iif ? -1 : 1;
	if (a->mac != b->mac)
		return a->mac < b->mac ? -1 : 1;
	if (a_less != b_less)
		return a_less ? -1 : 1;
	if ((a->address.family != 0) != (b->address.family != 0))
		return a->address.family != 0 ? -1 : 1;
	if (end_of(a) != end_of(b))
		return end_of(a) > end_of(b) ? -1 : 1;
	return (a->mark > b->mark) - (a->mark < b->mark);
}

/* At several ports of a bridge a card has several permits, and one way to be routed. */
static void once_each(struct devices *d)
{
	size_t kept = 0;

	if (d->count == 0)
		return;
	qsort(d->item, d->count, sizeof(*d->item), by_weight);
	for (size_t i = 0; i < d->count; i++) {
		if (kept == 0 || d->item[kept - 1].iif != d->item[i].iif ||
		    d->item[kept - 1].mac != d->item[i].mac)
			d->item[kept++] = d->item[i];
	}
	d->count = kept;
}

/* Where a card's packets come from: its interface, or the bridge of its port; or NULL. */
static const char *routed_by(const struct policy_zone *z, const char *interface)
{
	if (z->port_count == 0)
		return interface;
	return z->admission == POLICY_ADMISSION_ENFORCE &&
			       strcmp(interface, z->interface[0].name) != 0
		       ? z->interface[0].name
		       : NULL;
}

static void list_cards(struct work *w, struct expect *x, const struct revision_permit *p)
{
	const struct policy_zone *z = &x->rev->policy->zone[p->zone];
	struct devices *d = &x->devices;

	for (size_t c = 0; c < p->card_count; c++) {
		const char *interface = routed_by(z, p->card[c].interface);

		if (interface == NULL)
			continue;
		d->item[d->count++] = (struct device){
			.iif = ifnames_add(w, x->names, interface),
			.mark = revision_permit_mark(p),
			.mac = number_of(p->card[c].mac),
			.permit = p,
			.until = p->until,
			.address = p->address,
			.peer = z->kind == POLICY_ZONE_VPN,
		};
	}
}

static void list_devices(struct work *w, struct expect *x)
{
	const struct revision *rev = x->rev;
	struct devices *d = &x->devices;
	size_t cards = 0;

	for (size_t i = 0; i < rev->permit_count; i++)
		cards += rev->permit[i].card_count;
	d->item = work_alloc(w, cards + 1, sizeof(*d->item));
	d->isolated = work_alloc(w, rev->quarantine_count + 1, sizeof(*d->isolated));
	for (size_t i = 0; i < rev->permit_count && w->error == 0; i++) {
		const struct revision_permit *p = &rev->permit[i];

		if (!revision_permit_holds(p, x->facts.now) ||
		    rev->policy->zone[p->zone].admission == POLICY_ADMISSION_OFF)
			continue;
		list_cards(w, x, p);
	}
	once_each(d);
	for (size_t i = 0; i < rev->quarantine_count && w->error == 0; i++)
		d->isolated[d->isolated_count++] = number_of(rev->quarantine[i]);
}

void expect_machine(struct work *w, struct expect *x)
{
	const struct policy *p = x->rev->policy;

	x->interface = work_alloc(w, p->zone_count + 1, sizeof(*x->interface));
	x->sources = work_alloc(w, p->zone_count + 1, sizeof(*x->sources));
	for (size_t z = 0; z < p->zone_count && w->error == 0; z++) {
		x->interface[z] = work_alloc(w, p->zone[z].interface_count + 1,
					     sizeof(**x->interface));
		for (size_t i = 0; i < p->zone[z].interface_count && w->error == 0; i++)
			x->interface[z][i] =
				ifnames_add(w, x->names, p->zone[z].interface[i].name);
		zone_sources(w, p, z, &x->sources[z]);
	}
	list_devices(w, x);
	x->zone_of = work_alloc(w, x->names->count, sizeof(*x->zone_of));
	for (size_t i = 0; i < x->names->count && w->error == 0; i++)
		x->zone_of[i] = EXPECT_NOBODY;
	for (uint32_t z = 0; z < p->zone_count && w->error == 0; z++) {
		for (size_t i = 0; i < p->zone[z].interface_count; i++)
			x->zone_of[x->interface[z][i]] = z;
	}
}
