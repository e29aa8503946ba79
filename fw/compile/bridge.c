/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bridged zones. A permit is for a port; the packets that the gateway routes come by
 * the bridge, whatever port they came in at, so that each card has one more element
 * there. Which ports hear what is sent to all follows from the permits too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/compile/parts.h"

int compile_ports(struct ruleset *rs, const struct policy *p)
{
	size_t count = 0;

	for (size_t z = 0; z < p->zone_count; z++)
		count += p->zone[z].port_count;
	rs->port = calloc(count + 1, sizeof(*rs->port));
	if (rs->port == NULL)
		return -ENOMEM;
	for (size_t z = 0; z < p->zone_count; z++) {
		const struct policy_zone *zone = &p->zone[z];

		for (size_t i = 0; i < zone->port_count; i++) {
			struct fw_port *f = &rs->port[rs->port_count++];

			builder_name(f->name, sizeof(f->name), zone->port[i].name);
			builder_name(f->bridge, sizeof(f->bridge),
				     zone->interface[0].name);
			f->free = zone->admission != POLICY_ADMISSION_ENFORCE;
			f->locked = zone->port_lock;
		}
	}
	return 0;
}

static const struct fw_port *find_port(const struct ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->port_count; i++) {
		if (strcmp(rs->port[i].name, name) == 0)
			return &rs->port[i];
	}
	return NULL;
}

static bool is_restricted(const struct fw_permit *p)
{
	return (p->mark & FW_MARK_CLASS) != REVISION_MARK_FULL;
}

/* Does a end later than b? No end is the latest. */
static bool ends_later(int64_t a, int64_t b)
{
	return b != 0 && (a == 0 || a > b);
}

/*
 * Of one card at one bridge, the one that counts for all comes first: which port a
 * routed packet came in at nobody can tell any more, so the lesser rights count.
 */
static int by_weight(const void *x, const void *y)
{
	const struct fw_permit *a = x, *b = y;
	int order = memcmp(a->iifname, b->iifname, sizeof(a->iifname));

	if (order == 0)
		order = memcmp(a->mac, b->mac, sizeof(a->mac));
	if (order == 0)
		order = is_restricted(b) - is_restricted(a);
	if (order == 0)
		order = (b->family != 0) - (a->family != 0);
	if (order == 0)
		order = ends_later(b->until, a->until) - ends_later(a->until, b->until);
	return order != 0 ? order : (a->mark > b->mark) - (a->mark < b->mark);
}

static bool same_card(const struct fw_permit *a, const struct fw_permit *b)
{
	return memcmp(a->iifname, b->iifname, sizeof(a->iifname)) == 0 &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/* When the one that counts is over, the other one does. */
static void note_change(struct ruleset *rs, const struct fw_permit *counts,
			const struct fw_permit *other)
{
	if (ends_later(other->until, counts->until) && counts->until < rs->next_permit)
		rs->next_permit = counts->until;
}

/* Append each card once, by its bridge. */
static void add_cards(struct ruleset *rs, size_t permits)
{
	struct fw_permit *first = &rs->permit[permits];
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < permits; i++) {
		const struct fw_port *f = find_port(rs, rs->permit[i].iifname);

		if (rs->permit[i].kind != FW_PERMIT_PORT || f == NULL)
			continue;
		first[count] = rs->permit[i];
		first[count].kind = FW_PERMIT_BRIDGE;
		memcpy(first[count].iifname, f->bridge, sizeof(f->bridge));
		count++;
		/* between neighbours there are no addresses to look at */
		rs->permit[i].family = 0;
		memset(rs->permit[i].address, 0, sizeof(rs->permit[i].address));
	}
	if (count != 0) /* else there may be nothing to sort at all */
		qsort(first, count, sizeof(*first), by_weight);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || !same_card(&first[kept - 1], &first[i]))
			first[kept++] = first[i];
		else
			note_change(rs, &first[kept - 1], &first[i]);
	}
	rs->permit_count += kept;
}

/* A port is in the set until the last of its permits ends; without any it is not. */
static void add_port(struct ruleset *rs, size_t permits, const struct fw_port *f,
		     enum fw_permit_kind kind)
{
	struct fw_permit e = { .kind = (uint8_t)kind };
	bool some = false;

	for (size_t i = 0; i < permits; i++) {
		const struct fw_permit *p = &rs->permit[i];

		if (p->kind != FW_PERMIT_PORT || strcmp(p->iifname, f->name) != 0 ||
		    (kind == FW_PERMIT_NEIGHBOURS && is_restricted(p)))
			continue;
		if (!some || ends_later(p->until, e.until))
			e.until = p->until;
		some = true;
	}
	memcpy(e.iifname, f->name, sizeof(e.iifname));
	if (some)
		rs->permit[rs->permit_count++] = e;
}

static uint32_t number_of(const struct fw_permit *p)
{
	return p->mark & REVISION_MARK_NUMBER;
}

/* No two are the same in all of this. */
static int by_number(const void *x, const void *y)
{
	const struct fw_permit *a = x, *b = y;
	int order = (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));

	if (order == 0)
		order = a->kind - b->kind;
	if (order == 0)
		order = memcmp(a->iifname, b->iifname, sizeof(a->iifname));
	if (order == 0)
		order = a->flow - b->flow;
	return order != 0 ? order : memcmp(a->mac, b->mac, sizeof(a->mac));
}

void compile_bridges(struct ruleset *rs)
{
	size_t permits = rs->permit_count;

	if (rs->port_count == 0)
		return;
	add_cards(rs, permits);
	for (size_t i = 0; i < rs->port_count; i++) {
		add_port(rs, permits, &rs->port[i], FW_PERMIT_NEIGHBOURS);
		add_port(rs, permits, &rs->port[i], FW_PERMIT_LISTENING);
	}
	if (rs->permit_count != 0)
		qsort(rs->permit, rs->permit_count, sizeof(*rs->permit), by_number);
}
