/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receive - what waits on one of the kernel's event sockets, many messages a system call
 *
 * One thread only: all sockets share one buffer, and fn must not receive.
 */
#ifndef FW_GATED_EVENTS_RECEIVE_H
#define FW_GATED_EVENTS_RECEIVE_H

#include "fw/gated/events/netlink.h"

#define RECEIVE_SMALL 8192 /* a datagram of one event */
#define RECEIVE_BATCH (256u << 10) /* twice the kernel's batch of logged packets */

struct receive_result {
	bool emptied; /* nothing waits any more */
	bool overrun; /* the kernel says that it had to throw events away (ENOBUFS) */
	unsigned cut; /* datagrams larger than size: not read */
};

typedef void receive_fn(const struct netlink_msg *m, void *user);

/*
 * Give each message to fn: of at most rounds system calls, datagrams of up to size bytes
 * (RECEIVE_SMALL or RECEIVE_BATCH). Does not block; an error of the socket reads as
 * "emptied".
 */
struct receive_result receive_all(int fd, size_t size, unsigned rounds, receive_fn *fn,
				  void *user);

#endif
