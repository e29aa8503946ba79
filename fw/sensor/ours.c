/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/ours.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>

#include "lib/str.h"

static void add_card(struct ours *o, const struct ifaddrs *i)
{
	struct sockaddr_ll ll;

	if (o->card_count == OURS_MAX)
		return;
	memcpy(&ll, i->ifa_addr, sizeof(ll));
	if (ll.sll_halen != sizeof(o->card[0].mac.b) ||
	    str_copy(o->card[o->card_count].interface, sizeof(o->card[0].interface),
		     i->ifa_name) < 0)
		return;
	memcpy(o->card[o->card_count].mac.b, ll.sll_addr, sizeof(o->card[0].mac.b));
	o->card_count++;
}

static void add(struct ours *o, const struct ifaddrs *i)
{
	uint16_t port;

	if (i->ifa_addr == NULL || (i->ifa_flags & IFF_LOOPBACK) != 0)
		return;
	if (i->ifa_addr->sa_family == AF_PACKET)
		add_card(o, i);
	else if ((i->ifa_addr->sa_family == AF_INET ||
		  i->ifa_addr->sa_family == AF_INET6) &&
		 o->addr_count < OURS_MAX)
		o->addr[o->addr_count++] = addr_from_sockaddr(i->ifa_addr, &port);
}

int ours_read(struct ours *ret_ours)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) == -1)
		return -errno;
	*ret_ours = (struct ours){ 0 };
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		add(ret_ours, i);
	freeifaddrs(list);
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

struct mac ours_card_of(const struct ours *o, const char *interface)
{
	for (size_t i = 0; i < o->card_count; i++) {
		if (strcmp(o->card[i].interface, interface) == 0)
			return o->card[i].mac;
	}
	return (struct mac){ 0 };
}
