/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/watch_parts.h"
#include "lib/str.h"

#define USEC_SEC 1000000

/* Wires of one zone are one segment: its addresses are used once. */
static size_t number_segments(struct watch *e)
{
	size_t count = 0;

	for (size_t i = 0; i < e->wires.count; i++) {
		size_t k = 0;

		while (k < i && strcmp(e->wires.item[k].zone, e->wires.item[i].zone) != 0)
			k++;
		e->port[i].segment = k < i ? e->port[k].segment : count++;
	}
	return count;
}

int watch_new(const struct wires *wires, alarm_emit_fn *emit, void *user,
	      struct watch_time start, struct watch **ret_watch)
{
	struct watch *e = calloc(1, sizeof(*e));
	size_t segments;
	int r;

	if (e == NULL)
		return -ENOMEM;
	e->wires = *wires;
	e->started = start.now;
	e->offset_us = start.time_us - start.now.us;
	randombytes_buf(e->key, sizeof(e->key));
	segments = number_segments(e);
	r = alarms_new(wires->count != 0 ? wires->count : 1, emit, user, &e->alarms);
	if (r == 0)
		r = holders_new(segments != 0 ? segments : 1, &e->holders);
	if (r == 0)
		r = history_new(&e->history);
	if (r < 0) {
		watch_free(e);
		return r;
	}
	*ret_watch = e;
	return 0;
}

void watch_free(struct watch *e)
{
	if (e == NULL)
		return;
	alarms_free(e->alarms);
	holders_free(e->holders);
	history_free(e->history);
	free(e);
}

void watch_set_rules(struct watch *e, const struct policy_sensor *rules)
{
	e->rules = rules;
}

void watch_set_ours(struct watch *e, const struct ours *ours)
{
	e->ours = *ours;
}

static void set_addr(struct proto_event *event, struct addr a)
{
	event->addr_family = a.family;
	memcpy(event->addr, a.bytes, sizeof(event->addr));
}

struct proto_event watch_event(const struct watch *e, const struct watch_frame *f,
			       enum event_kind kind)
{
	struct proto_event event = { .kind = (uint16_t)kind };

	(void)str_copy(event.interface, sizeof(event.interface),
		       e->wires.item[f->port].interface);
	memcpy(event.mac, f->sight->mac.b, sizeof(event.mac));
	set_addr(&event, f->sight->addr);
	return event;
}

void watch_raise(struct watch *e, const struct watch_frame *f,
		 const struct proto_event *event)
{
	(void)alarms_see(e->alarms, f->port, event, f->time.now, f->time.time_us);
}

static void see_gateway_taken(struct watch *e, const struct watch_frame *f)
{
	struct proto_event event = watch_event(e, f, EVENT_GATEWAY_TAKEN);
	const struct card *own = ours_card_of(&e->ours, e->wires.item[f->port].interface);
	char text[MAC_TEXT_MAX];

	set_addr(&event, f->sight->claim);
	if (own != NULL)
		memcpy(event.other_mac, own->mac.b, sizeof(event.other_mac));
	mac_format(f->sight->claim_mac, text);
	(void)snprintf(event.detail, sizeof(event.detail), "%s, said to be at %s",
		       sight_source_name(f->sight->source), text);
	watch_raise(e, f, &event);
}

/* Who sends a claim makes it, whatever card it names. */
static void see_claim(struct watch *e, const struct watch_frame *f)
{
	size_t segment = e->port[f->port].segment;
	const struct sight *s = f->sight;
	struct proto_event event;
	struct holder_news news;
	struct mac holder;

	if (s->claim.family == 0)
		return;
	if (ours_is_mac(&e->ours, s->mac) && ours_is_mac(&e->ours, s->claim_mac))
		return; /* containment says of others that they lie at our card */
	if (ours_is_addr(&e->ours, s->claim)) {
		if (!ours_is_mac(&e->ours, s->claim_mac))
			see_gateway_taken(e, f);
		return;
	}
	if (!mac_equal(s->mac, s->claim_mac) &&
	    holders_find(e->holders, segment, s->claim, &holder) &&
	    mac_equal(holder, s->claim_mac))
		return; /* for another, but true */
	news = holders_claim(e->holders, segment, s->claim, s->mac, f->port, f->permitted,
			     f->time.now);
	if (!news.taken)
		return;
	event = watch_event(e, f, EVENT_ADDRESS_TAKEN);
	set_addr(&event, s->claim);
	(void)str_copy(event.interface, sizeof(event.interface),
		       e->wires.item[news.port].interface);
	memcpy(event.mac, news.by.b, sizeof(event.mac));
	memcpy(event.other_mac, news.from.b, sizeof(event.other_mac));
	watch_raise(e, f, &event);
}

static bool is_listed(const struct addr *list, size_t count, struct addr a)
{
	for (size_t i = 0; i < count; i++) {
		if (addr_equal(list[i], a))
			return true;
	}
	return false;
}

/* May the sender play its role? A permitted address does not help who only borrows it. */
static bool is_in_order(struct watch *e, const struct watch_frame *f)
{
	const struct policy_sensor *rules = e->rules;
	const struct sight *s = f->sight;
	struct mac holder;
	bool listed;

	if (rules == NULL || s->role_addr.family == 0)
		return false;
	listed = s->role == SIGHT_ROLE_DHCP
			 ? is_listed(rules->dhcp, rules->dhcp_count, s->role_addr)
			 : is_listed(rules->router, rules->router_count, s->role_addr);
	return listed && (!holders_find(e->holders, e->port[f->port].segment,
					s->role_addr, &holder) ||
			  mac_equal(holder, s->mac));
}

static void see_role(struct watch *e, const struct watch_frame *f)
{
	const struct sight *s = f->sight;
	struct proto_event event;

	if (s->role == SIGHT_ROLE_NONE || is_in_order(e, f))
		return;
	event = watch_event(
		e, f, s->role == SIGHT_ROLE_DHCP ? EVENT_FOREIGN_DHCP : EVENT_FOREIGN_RA);
	set_addr(&event, s->role_addr);
	(void)str_copy(event.detail, sizeof(event.detail), s->note);
	watch_raise(e, f, &event);
}

/* Habits are those of cards with permits; others are strangers anyway. */
static void see_habits(struct watch *e, const struct watch_frame *f)
{
	const struct sight *s = f->sight;
	struct history_time t = { .now = f->time.time_us / USEC_SEC,
				  .hour = f->time.hour };
	struct proto_event event = watch_event(e, f, EVENT_HOURS);
	struct history_news n;

	if (!f->permitted)
		return;
	n = history_see(e->history, s->mac, t, s->fingerprint,
			s->source == PROTO_SOURCE_DHCP6);
	/* the hour is known from now on; the event stays while the device is in use */
	if (!alarms_touch(e->alarms, &event, f->time.now) && n.unusual)
		watch_raise(e, f, &event);
	event = watch_event(e, f, EVENT_RETURNED);
	(void)snprintf(event.detail, sizeof(event.detail), "%lld days",
		       (long long)(n.silent / 86400));
	if (n.returned)
		watch_raise(e, f, &event);
	event = watch_event(e, f, EVENT_FINGERPRINT);
	(void)str_copy(event.detail, sizeof(event.detail), s->fingerprint);
	if (n.other_system)
		watch_raise(e, f, &event);
}

static void see_own_card(struct watch *e, const struct watch_frame *f)
{
	struct proto_event event = watch_event(e, f, EVENT_GATEWAY_TAKEN);

	set_addr(&event, (struct addr){ 0 });
	(void)str_copy(event.detail, sizeof(event.detail),
		       "frames with the gateway's own MAC come in: forged, or a loop");
	watch_raise(e, f, &event);
}

bool watch_is_elsewhere(const struct watch *e, size_t port, const struct sight *s)
{
	const struct card *vlan =
		s->vlan == 0 ? NULL
			     : ours_vlan_of(&e->ours, e->wires.item[port].interface,
					    s->vlan_type, s->vlan);

	for (size_t i = 0; vlan != NULL && i < e->wires.count; i++) {
		if (strcmp(e->wires.item[i].interface, vlan->interface) == 0)
			return true;
	}
	return false;
}

void watch_see(struct watch *e, const struct watch_frame *f)
{
	/* perhaps our other card, on a segment that both are on; perhaps only its MAC */
	bool ours = ours_is_mac(&e->ours, f->sight->mac);

	if (ours_is_own(&e->ours, e->wires.item[f->port].interface, f->sight->mac))
		see_own_card(e, f);
	if (!ours) {
		watch_see_place(e, f);
		watch_see_asked(e, f); /* before its own answer could be known */
	}
	see_claim(e, f);
	see_role(e, f);
	if (!ours)
		see_habits(e, f);
}

void watch_tick(struct watch *e, struct watch_time t)
{
	int64_t offset_us = t.time_us - t.now.us;
	int64_t step = (offset_us - e->offset_us) / USEC_SEC;

	if (step >= WATCH_STEP_S || step <= -WATCH_STEP_S)
		history_shift(e->history, step);
	e->offset_us = offset_us;
	alarms_tick(e->alarms, t.now, t.time_us);
}

void watch_recheck(struct watch *e, const struct permitted *p, struct watch_time t)
{
	const struct proto_event *open;
	size_t cursor = 0;

	while ((open = alarms_next(e->alarms, &cursor)) != NULL) {
		struct proto_event event = *open;
		struct mac mac;

		memcpy(mac.b, event.mac, sizeof(mac.b));
		if ((event.kind == EVENT_NEW_DEVICE || event.kind == EVENT_MOVED_PORT) &&
		    permitted_at(p, mac, event.interface, t.time_us / USEC_SEC))
			alarms_close(e->alarms, &event, t.time_us);
	}
}

struct alarms *watch_alarms(struct watch *e)
{
	return e->alarms;
}

struct history *watch_history(struct watch *e)
{
	return e->history;
}
