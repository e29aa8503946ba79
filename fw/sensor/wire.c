/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/wire.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/mem.h"
#include "lib/str.h"

/* A bridge's ports, which permits are for, and LLDP never shows on the bridge itself. */
static void add_zone(struct wires *w, const struct policy_zone *z)
{
	const struct policy_interface *list = z->port_count != 0 ? z->port : z->interface;
	size_t count = z->port_count != 0 ? z->port_count : z->interface_count;

	for (size_t i = 0; i < count; i++) {
		struct wire *at = &w->item[w->count];

		if (w->count == WIRES_MAX) {
			w->refused++;
			continue;
		}
		(void)str_copy(at->interface, sizeof(at->interface), list[i].name);
		(void)str_copy(at->zone, sizeof(at->zone), z->name);
		at->containment = z->containment;
		w->count++;
	}
}

struct wires wires_of(const struct revision *rev)
{
	struct wires w = { 0 };

	for (size_t i = 0; rev != NULL && i < rev->policy->zone_count; i++) {
		const struct policy_zone *z = &rev->policy->zone[i];

		if (z->admission != POLICY_ADMISSION_OFF &&
		    z->kind != POLICY_ZONE_INTERNET && z->kind != POLICY_ZONE_VPN)
			add_zone(&w, z);
	}
	return w;
}

bool wires_equal(const struct wires *a, const struct wires *b)
{
	if (a->count != b->count || a->refused != b->refused)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->item[i].interface, b->item[i].interface) != 0 ||
		    strcmp(a->item[i].zone, b->item[i].zone) != 0 ||
		    a->item[i].containment != b->item[i].containment)
			return false;
	}
	return true;
}

bool wire_is_up(const char *interface)
{
	CLEANUP(close_p) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { 0 };

	if (fd == -1 || str_copy(req.ifr_name, sizeof(req.ifr_name), interface) < 0)
		return false;
	return ioctl(fd, SIOCGIFFLAGS, &req) == 0 && (req.ifr_flags & IFF_UP) != 0;
}
