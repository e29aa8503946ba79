/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/contain_parts.h"

static const struct host *older(const struct host *a, const struct host *b)
{
	return a == NULL || b->seen.us < a->seen.us ? b : a;
}

/*
 * Where a new address of the card goes: in place of its oldest when it has its share, a
 * free place, the oldest one of a stranger. NULL: no room, all others are admitted.
 */
static struct host *find_place(struct contain *c, struct mac mac)
{
	const struct host *own = NULL, *empty = NULL, *stranger = NULL;
	size_t count = 0;

	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		const struct host *h = &c->host[i];

		if (!host_is_used(h))
			empty = h;
		else if (mac_equal(h->mac, mac)) {
			own = older(own, h);
			count++;
		} else if (host_is_stranger(h))
			stranger = older(stranger, h);
	}
	if (count >= CONTAIN_ADDRS_MAX)
		empty = own;
	else if (empty == NULL) {
		c->missed++;
		empty = stranger;
	}
	return empty != NULL ? &c->host[empty - c->host] : NULL;
}

bool host_is_usable_addr(struct addr a)
{
	static const struct addr none4 = { .family = 4 }, none6 = { .family = 6 };

	if (a.family == 4)
		return !addr_equal(a, none4) && a.bytes[0] < 224 && a.bytes[0] != 127;
	return a.family == 6 && !addr_equal(a, none6) && a.bytes[0] != 0xff;
}

void contain_see(struct contain *c, struct mac mac, struct addr addr, struct mono now)
{
	struct host *h;

	if (!host_is_usable_addr(addr) || !mac_is_unicast(mac) || mac_equal(mac, c->own))
		return;
	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		h = &c->host[i];
		if (addr_equal(h->addr, addr) && mac_equal(h->mac, mac)) {
			h->seen = now;
			return;
		}
	}
	h = find_place(c, mac);
	if (h != NULL)
		*h = (struct host){ .mac = mac, .addr = addr, .seen = now };
}

/* Has it become one whose address belongs to an admitted card? Then tell the truth. */
static void judge_owned(struct contain *c, struct host *h)
{
	bool owned = false;

	for (size_t i = 0; i < CONTAIN_HOSTS_MAX && host_is_stranger(h); i++) {
		struct host *o = &c->host[i];

		if (!host_is_used(o) || o->stranger || !addr_equal(o->addr, h->addr))
			continue;
		owned = true;
		if (!h->owned)
			o->heal = CONTAIN_HEAL_ROUNDS;
	}
	h->owned = owned;
}

void hosts_judge(struct contain *c, struct mono now, const struct contain_world *world)
{
	c->strangers = 0;
	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		struct host *h = &c->host[i];
		bool stranger;

		if (!host_is_used(h))
			continue;
		if (mono_diff_ms(now, h->seen) > CONTAIN_KEEP_MS) {
			*h = (struct host){ 0 };
			continue;
		}
		stranger = !world->has_permit(h->mac, world->user);
		if (h->judged && h->stranger && !stranger)
			h->heal = CONTAIN_HEAL_ROUNDS;
		else if (stranger)
			h->heal = 0;
		if (stranger && c->strangers == CONTAIN_STRANGERS_MAX) {
			*h = (struct host){ 0 };
			c->missed++;
			continue;
		}
		c->strangers += stranger;
		h->stranger = stranger;
		h->judged = true;
	}
	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++)
		judge_owned(c, &c->host[i]);
}
