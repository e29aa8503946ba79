/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "fw/sensor/watch_parts.h"
#include "lib/str.h"

#define MILLI 1000

static void see_newcomer(struct watch *e, const struct watch_frame *f)
{
	struct watch_port *p = &e->port[f->port];
	int64_t passed = mono_diff_ms(f->time.now, p->flood_at);
	struct proto_event event;

	if (passed > 0) {
		int64_t leak = passed < WATCH_FLOOD_MS ? passed * WATCH_FLOOD_CARDS *
								 MILLI / WATCH_FLOOD_MS
						       : p->flood;

		p->flood = leak < p->flood ? p->flood - leak : 0;
		p->flood_at = f->time.now;
	}
	if (p->flood < (int64_t)WATCH_FLOOD_CARDS * MILLI)
		p->flood += MILLI;
	if (p->flood + MILLI / 2 < (int64_t)WATCH_FLOOD_CARDS * MILLI)
		return;
	event = watch_event(e, f, EVENT_MAC_FLOOD);
	memset(event.mac, 0, sizeof(event.mac)); /* it is the port's, not one card's */
	event.addr_family = 0;
	memset(event.addr, 0, sizeof(event.addr));
	watch_raise(e, f, &event);
}

static const char *port_name(const struct watch *e, size_t port)
{
	return e->wires.item[port].interface;
}

/*
 * The card is on this port and was on another since. Which of the two is to be looked
 * at is the one without a permit, and else always the same one.
 */
static void see_change(struct watch *e, const struct watch_frame *f)
{
	const struct device_news *n = f->news;
	struct device_trail *here = &n->device->trail, *there = &n->other->trail;
	bool fresh = there->moves != 0 &&
		     mono_diff_ms(f->time.now, there->moved_at) < WATCH_MOVES_MS;
	struct proto_event event;
	size_t blamed;

	here->moves = (fresh && there->moves < UINT32_MAX ? there->moves : 0) + 1;
	here->moved_at = f->time.now;
	if (here->moves < WATCH_MOVES)
		return;
	if (f->permitted != n->other->permitted)
		blamed = f->permitted ? n->other->interface : f->port;
	else
		blamed = f->port > n->other->interface ? f->port : n->other->interface;
	event = watch_event(e, f, EVENT_TWO_PORTS);
	(void)str_copy(event.interface, sizeof(event.interface), port_name(e, blamed));
	(void)str_copy(event.other_interface, sizeof(event.other_interface),
		       port_name(e, blamed == f->port ? n->other->interface : f->port));
	watch_raise(e, f, &event);
}

/* The card has a permit here: what was said of it as a stranger is over. */
static void see_permitted(struct watch *e, const struct watch_frame *f)
{
	struct proto_event event = watch_event(e, f, EVENT_NEW_DEVICE);
	const struct device *other = f->news->other;

	alarms_close(e->alarms, &event, f->time.time_us);
	event.kind = EVENT_MOVED_PORT;
	alarms_close(e->alarms, &event, f->time.time_us);
	if (other == NULL || other->permitted ||
	    mono_diff_ms(f->time.now, other->last) < WATCH_MOVES_MS)
		return;
	(void)str_copy(event.interface, sizeof(event.interface),
		       port_name(e, other->interface));
	alarms_close(e->alarms, &event, f->time.time_us); /* it is home again */
}

/* "dhcp4, vlan 10, name jimu-pc-3" */
static void describe(const struct sight *s, char *dst, size_t size)
{
	char vlan[16] = "";

	if (s->vlan != 0)
		(void)snprintf(vlan, sizeof(vlan), ", vlan %u", (unsigned)s->vlan);
	(void)snprintf(dst, size, "%s%s%s%s", sight_source_name(s->source), vlan,
		       s->name[0] != '\0' ? ", name " : "", s->name);
}

static void see_stranger(struct watch *e, const struct watch_frame *f)
{
	struct proto_event event =
		watch_event(e, f, f->home != NULL ? EVENT_MOVED_PORT : EVENT_NEW_DEVICE);
	const struct device *other = f->news->other;

	/* how often newcomers are spoken of is device.h's to limit */
	if (alarms_touch(e->alarms, &event, f->time.now) || !f->news->report)
		return;
	if (f->home != NULL)
		(void)str_copy(event.other_interface, sizeof(event.other_interface),
			       f->home);
	else if (other != NULL)
		(void)str_copy(event.other_interface, sizeof(event.other_interface),
			       port_name(e, other->interface));
	describe(f->sight, event.detail, sizeof(event.detail));
	watch_raise(e, f, &event);
}

void watch_see_place(struct watch *e, const struct watch_frame *f)
{
	const struct device_news *n = f->news;

	if (n->first && !f->permitted)
		see_newcomer(e, f);
	/* tagged frames are another segment's; its own interface is listened to as well */
	if (n->device != NULL && n->other != NULL && f->sight->vlan == 0 &&
	    n->other->last.us > n->before.us)
		see_change(e, f);
	if (f->permitted)
		see_permitted(e, f);
	else
		see_stranger(e, f);
}

static unsigned bits_of(const struct device_trail *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < DEVICE_TRAIL; i++)
		sum += (unsigned)__builtin_popcountll(t->asked[i]);
	return sum;
}

/* Keyed, so that nobody can choose addresses that share a bit. */
static unsigned bit_of(const struct watch *e, struct addr a)
{
	unsigned char out[crypto_shorthash_BYTES];

	(void)crypto_shorthash(out, a.bytes, sizeof(a.bytes), e->key);
	return out[0];
}

void watch_see_asked(struct watch *e, const struct watch_frame *f)
{
	bool early = mono_diff_ms(f->time.now, e->started) < WATCH_SCAN_EARLY_MS;
	struct proto_event event;
	struct device_trail *t;
	struct mac holder;
	unsigned bit;

	if (f->sight->asked.family == 0 || f->news->device == NULL ||
	    ours_is_addr(&e->ours, f->sight->asked) ||
	    holders_find(e->holders, e->port[f->port].segment, f->sight->asked, &holder))
		return;
	t = &f->news->device->trail;
	if (mono_diff_ms(f->time.now, t->asked_at) >= WATCH_SCAN_MS) {
		memset(t->asked, 0, sizeof(t->asked));
		t->asked_at = f->time.now;
	}
	bit = bit_of(e, f->sight->asked);
	t->asked[bit / 64] |= (uint64_t)1 << bit % 64;
	if (bits_of(t) < (early ? WATCH_SCAN_EARLY : WATCH_SCAN_BITS))
		return;
	event = watch_event(e, f, EVENT_SCAN);
	watch_raise(e, f, &event);
}
