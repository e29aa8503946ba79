/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/machine.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/probe/route.h"
#include "lib/str.h"

#define INTERFACES_MAX 4096

static struct plan_interface *interface_of(struct machine *s, const char *name)
{
	size_t n = s->plan.interface_count;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(s->interface[i].name, name) == 0)
			return &s->interface[i];
	}
	if (n == INTERFACES_MAX)
		return NULL;
	(void)str_copy(s->interface[n].name, sizeof(s->interface[n].name), name);
	s->plan.interface_count++;
	return &s->interface[n];
}

static void take_address(struct plan_interface *i, const struct sockaddr *sa)
{
	struct sockaddr_ll ll;
	uint16_t port;

	if (sa->sa_family == AF_PACKET) {
		memcpy(&ll, sa, sizeof(ll));
		if (ll.sll_hatype == ARPHRD_ETHER && ll.sll_halen == sizeof(i->mac.b))
			memcpy(i->mac.b, ll.sll_addr, sizeof(i->mac.b));
	} else if ((sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
		   i->address_count < PLAN_ADDRESSES_MAX) {
		i->address[i->address_count++] = addr_from_sockaddr(sa, &port);
	}
}

static bool route(void *user, struct addr to, char ret_interface[16])
{
	(void)user;
	return route_to(to, ret_interface);
}

int machine_read(struct machine *s)
{
	struct ifaddrs *list = NULL;

	*s = (struct machine){ .interface =
				       calloc(INTERFACES_MAX, sizeof(*s->interface)) };
	if (s->interface == NULL)
		return -ENOMEM;
	if (getifaddrs(&list) == -1)
		return -errno;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		struct plan_interface *one = interface_of(s, i->ifa_name);

		if (one == NULL || i->ifa_addr == NULL)
			continue;
		one->up = one->up || (i->ifa_flags & IFF_UP) != 0;
		take_address(one, i->ifa_addr);
	}
	freeifaddrs(list);
	s->plan.interface = s->interface;
	s->plan.route = route;
	s->plan.now = (int64_t)time(NULL);
	randombytes_buf(s->plan.stranger.b, sizeof(s->plan.stranger.b));
	s->plan.stranger.b[0] = (uint8_t)((s->plan.stranger.b[0] & 0xfc) | 0x02);
	return 0;
}

void machine_clear(struct machine *s)
{
	free(s->interface);
	*s = (struct machine){ 0 };
}
