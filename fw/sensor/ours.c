/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/ours.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

static void add_card(const struct card *card, void *user)
{
	struct ours *o = user;

	if (o->card_count < OURS_MAX)
		o->card[o->card_count++] = *card;
}

static void add_addr(struct ours *o, const struct ifaddrs *i)
{
	uint16_t port;

	if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK) != 0)
		return;
	if ((i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
	    o->addr_count < OURS_MAX)
		o->addr[o->addr_count++] = addr_from_sockaddr(i->ifa_addr, &port);
}

int ours_read(struct ours *ret_ours)
{
	struct ours o = { 0 };
	struct ifaddrs *list = NULL;
	int r = card_each(add_card, &o);

	if (r < 0)
		return r;
	if (getifaddrs(&list) == -1)
		return -errno;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		add_addr(&o, i);
	freeifaddrs(list);
	*ret_ours = o;
	return 0;
}

bool ours_is_mac(const struct ours *o, struct mac mac)
{
	for (size_t i = 0; i < o->card_count; i++) {
		if (mac_equal(o->card[i].mac, mac))
			return true;
	}
	return false;
}

bool ours_is_addr(const struct ours *o, struct addr a)
{
	for (size_t i = 0; i < o->addr_count; i++) {
		if (addr_equal(o->addr[i], a))
			return true;
	}
	return false;
}

const struct card *ours_card_of(const struct ours *o, const char *interface)
{
	for (size_t i = 0; i < o->card_count; i++) {
		if (strcmp(o->card[i].interface, interface) == 0)
			return &o->card[i];
	}
	return NULL;
}

bool ours_is_own(const struct ours *o, const char *interface, struct mac mac)
{
	const struct card *own = ours_card_of(o, interface);

	if (own == NULL || mac_equal(own->mac, mac))
		return own != NULL;
	for (size_t i = 0; own->master != 0 && i < o->card_count; i++) {
		if (o->card[i].index == own->master)
			return mac_equal(o->card[i].mac, mac);
	}
	return false;
}

const struct card *ours_vlan_of(const struct ours *o, const char *parent, uint16_t type,
				uint16_t id)
{
	const struct card *below = ours_card_of(o, parent);

	for (size_t i = 0; below != NULL && i < o->card_count; i++) {
		const struct card *c = &o->card[i];

		if (c->parent != 0 && c->parent == below->index && c->vlan == id &&
		    c->vlan_type == type)
			return c;
	}
	return NULL;
}
