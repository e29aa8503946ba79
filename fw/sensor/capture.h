/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture - listening on one interface (the only user of libpcap)
 *
 * Opening needs CAP_NET_RAW; reading and closing do not. Only frames that come
 * in are given out, filtered in the kernel: ARP, DHCP, neighbour discovery, LLDP and
 * mDNS, with up to two VLAN tags.
 */
#ifndef FW_SENSOR_CAPTURE_H
#define FW_SENSOR_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "lib/rd.h"

#define CAPTURE_ERROR_MAX 256
/*
 * A whole Ethernet frame with two tags: hosts read neighbour discovery to its end, and
 * behind options. Two slots of the kernel's ring fill a page; a few bytes more, and it is one.
 */
#define CAPTURE_SNAPLEN 1960

struct capture;

/* What is given out, as libpcap spells it. */
extern const char capture_filter[];

/* One frame; valid during the call. */
typedef void capture_frame_fn(struct capture *c, struct rd frame, void *user);

/* The interface went down or away: close it (allowed from here). */
typedef void capture_gone_fn(struct capture *c, const char *why, void *user);

/*
 * Listen on interface in event's loop.
 * Returns 0, -ENODEV (no such interface, or it is down), -EPERM, -EMEDIUMTYPE
 * (not Ethernet) or -EIO; error says it in words.
 */
int capture_open(sd_event *event, const char *interface, capture_frame_fn *on_frame,
		 capture_gone_fn *on_gone, void *user, struct capture **ret_capture,
		 char error[CAPTURE_ERROR_MAX]) MUST_CHECK;
void capture_close(struct capture *c);

/* Frames that the kernel had no room for since the last call. */
uint64_t capture_dropped(struct capture *c);

#endif
