/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/containwire.h"

#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fw/sensor/contain.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA          "sensord"
#define WARN_AGAIN_MS 60000

struct containwire {
	char interface[16];
	int fd;
	struct contain *contain;
	sd_event_source *timer; /* off, unless answers are due */
	const struct events *events; /* knows who has a permit */
	size_t wire;
	struct ifaddrs *ours; /* during a call; NULL: not known */
	bool told; /* the log said that somebody is contained */
	uint64_t sent;
	uint64_t missed, failed; /* since the last warning */
	struct mono warned;
};

static int read_card(int fd, const char *interface, struct mac *ret_mac)
{
	struct ifreq req = { 0 };

	if (str_copy(req.ifr_name, sizeof(req.ifr_name), interface) < 0)
		return -ENODEV;
	if (ioctl(fd, SIOCGIFHWADDR, &req) == -1)
		return -errno;
	if (req.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EMEDIUMTYPE;
	memcpy(ret_mac->b, req.ifr_hwaddr.sa_data, sizeof(ret_mac->b));
	return 0;
}

/* Protocol 0: it is handed no frame, ever. */
static int open_socket(const char *interface, int *ret_fd, struct mac *ret_mac)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	CLEANUP(close_p) int fd = -1;
	int r;

	at.sll_ifindex = (int)if_nametoindex(interface);
	if (at.sll_ifindex == 0)
		return -ENODEV;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	r = read_card(fd, interface, ret_mac);
	if (r < 0)
		return r;
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) == -1)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static bool has_permit(struct mac mac, void *user)
{
	const struct containwire *w = user;

	return events_is_admitted(w->events, w->wire, mac, wall_us());
}

/* When that cannot be told, nothing is said about any address's true place. */
static bool is_ours(struct addr addr, void *user)
{
	const struct containwire *w = user;

	for (const struct ifaddrs *a = w->ours; a != NULL; a = a->ifa_next) {
		int family = a->ifa_addr != NULL ? a->ifa_addr->sa_family : AF_UNSPEC;
		uint16_t port;

		if ((family == AF_INET || family == AF_INET6) &&
		    addr_equal(addr_from_sockaddr(a->ifa_addr, &port), addr))
			return true;
	}
	return w->ours == NULL;
}

static void send_frame(const struct arpframe *frame, void *user)
{
	struct containwire *w = user;
	uint8_t bytes[ARPFRAME_MAX];
	size_t len = arpframe_write(frame, bytes);

	if (len == 0)
		return;
	if (send(w->fd, bytes, len, MSG_DONTWAIT) != (ssize_t)len)
		w->failed++;
	else
		w->sent++;
}

/* The gateway's addresses are looked up for one call only. */
static struct contain_world enter(struct containwire *w)
{
	if (getifaddrs(&w->ours) == -1)
		w->ours = NULL;
	return (struct contain_world){ .has_permit = has_permit,
				       .is_ours = is_ours,
				       .send = send_frame,
				       .user = w };
}

static void leave(struct containwire *w)
{
	if (w->ours != NULL)
		freeifaddrs(w->ours);
	w->ours = NULL;
}

static int on_answer(sd_event_source *source, uint64_t usec, void *user)
{
	struct containwire *w = user;
	struct contain_world world = enter(w);

	(void)source;
	(void)usec;
	contain_answer(w->contain, &world);
	leave(w);
	return 0;
}

int containwire_open(sd_event *event, const char *interface, const struct events *events,
		     size_t wire, struct containwire **ret_wire)
{
	struct containwire *w = calloc(1, sizeof(*w));
	struct mac own;
	int r;

	if (w == NULL)
		return -ENOMEM;
	w->fd = -1;
	w->events = events;
	w->wire = wire;
	(void)str_copy(w->interface, sizeof(w->interface), interface);
	r = open_socket(interface, &w->fd, &own);
	if (r == 0)
		r = contain_new(own, &w->contain);
	if (r == 0)
		r = sd_event_add_time_relative(event, &w->timer, CLOCK_MONOTONIC, 0, 0,
					       on_answer, w);
	if (r < 0) {
		containwire_close(w);
		return r;
	}
	*ret_wire = w;
	return 0;
}

void containwire_close(struct containwire *w)
{
	if (w == NULL)
		return;
	(void)sd_event_source_disable_unref(w->timer);
	close_p(&w->fd);
	contain_free(w->contain);
	free(w);
}

void containwire_see(struct containwire *w, const struct sight *sight)
{
	struct contain_world world;
	bool due;

	if (w == NULL)
		return;
	contain_see(w->contain, sight->mac, sight->addr, mono_now());
	if (sight->asked.family == 0)
		return;
	world = enter(w);
	due = contain_ask(w->contain, sight->mac, sight->asked, &world);
	leave(w);
	if (due && sd_event_source_get_enabled(w->timer, NULL) == 0) {
		(void)sd_event_source_set_time_relative(w->timer,
							CONTAIN_ANSWER_MS * 1000);
		(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
	}
}

void containwire_count(const struct containwire *w, struct proto_status *st)
{
	if (w == NULL)
		return;
	st->containing++;
	st->contained += (uint32_t)contain_count(w->contain);
	st->answers += w->sent;
}

static void say(struct containwire *w, struct mono now)
{
	bool any = contain_count(w->contain) != 0;

	w->missed += contain_missed(w->contain);
	if (any != w->told)
		log_info(AREA, "%s: %s of devices without a permit", w->interface,
			 any ? "containment" : "end of the containment");
	w->told = any;
	if ((w->missed == 0 && w->failed == 0) ||
	    (w->warned.us != 0 && mono_diff_ms(now, w->warned) < WARN_AGAIN_MS))
		return;
	log_warn(AREA,
		 "%s: containment: %" PRIu64 " addresses found no room, %" PRIu64
		 " frames could not be sent",
		 w->interface, w->missed, w->failed);
	w->missed = w->failed = 0;
	w->warned = now;
}

void containwire_tick(struct containwire *w)
{
	struct mono now = mono_now();
	struct contain_world world;

	if (w == NULL)
		return;
	world = enter(w);
	contain_tick(w->contain, now, &world);
	leave(w);
	say(w, now);
}
