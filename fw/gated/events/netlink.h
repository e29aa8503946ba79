/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netlink - walking over netlink messages and attributes, bounded (pure)
 *
 * What the kernel sends is read like any foreign bytes: no alignment is assumed,
 * no length is believed. One receive buffer may hold several messages:
 *
 *     struct rd rest = rd_of(buf, received);
 *     struct netlink_msg m;
 *
 *     while (netlink_next(&rest, &m) > 0)
 *             r = nflog_parse(m.data, m.len, &packet);
 */
#ifndef FW_GATED_EVENTS_NETLINK_H
#define FW_GATED_EVENTS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/rd.h"

/* One whole message; data points at its struct nlmsghdr, into the caller's buffer. */
struct netlink_msg {
	const void *data;
	size_t len; /* as the header says, without padding */
	uint16_t type; /* NLMSG_DONE, NLMSG_ERROR, or (subsystem << 8 | message) */
	uint16_t flags;
	uint32_t seq;
	uint32_t port; /* 0: from the kernel on its own account */
};

/*
 * Step over the next message. Returns 1, 0 (the buffer is used up) or -EBADMSG
 * (a length cannot be; nothing more is to be read from this buffer).
 */
int netlink_next(struct rd *rest, struct netlink_msg *ret_msg) MUST_CHECK;

/*
 * Open one netfilter message: its nfgenmsg and the attributes behind it.
 * Returns 0 or -EBADMSG (cut short, or its header's length is not len).
 */
struct netlink_nf {
	uint16_t type;
	uint16_t flags;
	uint8_t family; /* NFPROTO_ */
	uint16_t res_id; /* host order; NFLOG: the group */
	struct rd attrs;
};

int netlink_nf_open(const void *nlmsg, size_t len, struct netlink_nf *ret) MUST_CHECK;

/*
 * Step over the next attribute: its type without flag bits and its value.
 * Returns 1, 0 (no more) or -EBADMSG.
 */
int netlink_attr_next(struct rd *attrs, uint16_t *ret_type,
		      struct rd *ret_value) MUST_CHECK;

#endif
