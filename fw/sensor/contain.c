/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/contain.h"

#include <errno.h>
#include <stdlib.h>

#include "fw/sensor/contain_parts.h"

int contain_new(struct mac own, struct contain **ret_contain)
{
	struct contain *c;

	if (!mac_is_unicast(own))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->own = own;
	c->answers = CONTAIN_RATE;
	*ret_contain = c;
	return 0;
}

void contain_free(struct contain *c)
{
	free(c);
}

static bool is_link_local(struct addr a)
{
	return a.family == 6 && a.bytes[0] == 0xfe && (a.bytes[1] & 0xc0) == 0x80;
}

struct round { /* of one tick */
	const struct contain *c;
	const struct contain_world *world;
	size_t left; /* frames */
};

static void tell(struct round *r, const struct host *to, const struct host *about,
		 struct mac at)
{
	const struct arpframe f = { .own = r->c->own,
				    .to = to->mac,
				    .to_addr = to->addr,
				    .about = about->addr,
				    .at = at };

	r->world->send(&f, r->world->user);
	r->left--;
}

/* Can the two speak to each other directly? */
static bool are_neighbours(const struct host *a, const struct host *b)
{
	return host_is_used(b) && a->addr.family == b->addr.family &&
	       is_link_local(a->addr) == is_link_local(b->addr) &&
	       !mac_equal(a->mac, b->mac) && !addr_equal(a->addr, b->addr);
}

/* Each to the other, as far as that is not against an admitted one. */
static void part(struct round *r, const struct host *stranger, const struct host *peer)
{
	tell(r, stranger, peer, r->c->own);
	if (!stranger->owned)
		tell(r, peer, stranger, r->c->own);
}

/* Is it beyond doubt that the host's address is at its card? */
static bool is_certain(const struct round *r, const struct host *h)
{
	if (r->world->is_ours(h->addr, r->world->user))
		return false;
	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		const struct host *o = &r->c->host[i];

		if (o != h && !host_is_stranger(o) && addr_equal(o->addr, h->addr))
			return false;
	}
	return true;
}

/* One round of the truth about a host, or as much of it as fits. */
static void heal(struct round *r, struct host *h)
{
	if (!is_certain(r, h)) {
		h->heal = 0;
		return;
	}
	while (h->healed < CONTAIN_HOSTS_MAX && r->left >= 2) {
		const struct host *peer = &r->c->host[h->healed++];

		if (!are_neighbours(h, peer) || host_is_stranger(peer))
			continue;
		tell(r, peer, h, h->mac);
		if (is_certain(r, peer))
			tell(r, h, peer, peer->mac);
	}
	if (h->healed == CONTAIN_HOSTS_MAX) {
		h->healed = 0;
		h->heal--;
	}
}

static void heal_all(struct contain *c, const struct contain_world *world)
{
	struct round r = { .c = c, .world = world, .left = CONTAIN_RATE };

	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		struct host *h = &c->host[i];

		if (host_is_used(h) && h->heal != 0)
			heal(&r, h);
	}
}

/* Pair number n of all, in the order of the table; of two strangers only once. */
static void visit(struct round *r, size_t n)
{
	const struct host *a = &r->c->host[n / CONTAIN_HOSTS_MAX];
	const struct host *b = &r->c->host[n % CONTAIN_HOSTS_MAX];

	if (host_is_stranger(a) && are_neighbours(a, b) &&
	    (!host_is_stranger(b) || a < b))
		part(r, a, b);
}

static void part_all(struct contain *c, const struct contain_world *world)
{
	struct round r = { .c = c, .world = world, .left = CONTAIN_RATE };
	const size_t pairs = (size_t)CONTAIN_HOSTS_MAX * CONTAIN_HOSTS_MAX;
	size_t step;

	for (size_t i = 0; i < pairs && r.left >= 2; i += step) {
		bool row = c->turn % CONTAIN_HOSTS_MAX == 0;

		step = row && !host_is_stranger(&c->host[c->turn / CONTAIN_HOSTS_MAX])
			       ? CONTAIN_HOSTS_MAX
			       : 1;
		if (step == 1)
			visit(&r, c->turn);
		c->turn = (c->turn + step) % pairs;
	}
}

void contain_tick(struct contain *c, struct mono now, const struct contain_world *world)
{
	hosts_judge(c, now, world);
	c->answers = CONTAIN_RATE;
	heal_all(c, world);
	part_all(c, world);
}

static const struct host *find(const struct contain *c, const struct mac *mac,
			       const struct addr *addr, uint8_t family)
{
	for (size_t i = 0; i < CONTAIN_HOSTS_MAX; i++) {
		const struct host *h = &c->host[i];

		if (host_is_used(h) && h->addr.family == family &&
		    (mac == NULL || mac_equal(h->mac, *mac)) &&
		    (addr == NULL || addr_equal(h->addr, *addr)))
			return h;
	}
	return NULL;
}

bool contain_ask(struct contain *c, struct mac mac, struct addr target,
		 const struct contain_world *world)
{
	const struct host *peer = find(c, NULL, &target, target.family);

	if (!host_is_usable_addr(target) || world->is_ours(target, world->user) ||
	    c->asked_count == CONTAIN_ASKED_MAX)
		return false;
	if (world->has_permit(mac, world->user) &&
	    (peer == NULL || !host_is_stranger(peer)))
		return false;
	for (size_t i = 0; i < c->asked_count; i++) {
		if (mac_equal(c->asked[i].mac, mac) &&
		    addr_equal(c->asked[i].target, target))
			return false;
	}
	c->asked[c->asked_count++] = (struct question){ .mac = mac, .target = target };
	return true;
}

/* The answer to one question, for each address of who asked. */
static void answer(struct round *r, const struct question *q)
{
	const struct host *peer = find(r->c, NULL, &q->target, q->target.family);
	const struct host unseen = { .addr = q->target };
	bool permit = r->world->has_permit(q->mac, r->world->user);

	for (size_t i = 0; i < CONTAIN_HOSTS_MAX && r->left >= 2; i++) {
		const struct host *h = &r->c->host[i];

		if (!mac_equal(h->mac, q->mac) ||
		    !are_neighbours(h, peer != NULL ? peer : &unseen))
			continue;
		if (permit && peer != NULL && host_is_stranger(peer))
			part(r, peer, h);
		else if (!permit && peer != NULL && h->judged)
			part(r, h, peer);
		else if (!permit)
			tell(r, h, &unseen, r->c->own);
	}
}

void contain_answer(struct contain *c, const struct contain_world *world)
{
	struct round r = { .c = c, .world = world, .left = c->answers };

	for (size_t i = 0; i < c->asked_count; i++)
		answer(&r, &c->asked[i]);
	c->asked_count = 0;
	c->answers = r.left;
}

size_t contain_count(const struct contain *c)
{
	return c->strangers;
}

uint64_t contain_missed(struct contain *c)
{
	uint64_t missed = c->missed;

	c->missed = 0;
	return missed;
}
