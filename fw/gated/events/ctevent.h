/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ctevent - one connection tracking event, as plain values (pure)
 *
 * Decodes IPCTNL_MSG_CT_NEW and IPCTNL_MSG_CT_DELETE messages, whether they are
 * events or rows of a dump. Fields are zero when the kernel did not send them:
 * counters and timestamps need net.netfilter.nf_conntrack_acct and _timestamp.
 */
#ifndef FW_GATED_EVENTS_CTEVENT_H
#define FW_GATED_EVENTS_CTEVENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

enum ctevent_type {
	CTEVENT_NEW = 1, /* the connection began */
	CTEVENT_UPDATE, /* something about it changed; also a row of a dump */
	CTEVENT_DESTROY, /* it ended: counters and stop are final */
};

struct ctevent_tuple {
	struct addr src;
	struct addr dst;
	uint8_t proto; /* IPPROTO_ */
	uint16_t src_port; /* 0 for ICMP */
	uint16_t dst_port;
	uint8_t icmp_type; /* ICMP and ICMPv6 */
	uint8_t icmp_code;
	uint16_t icmp_id;
};

struct ctevent_count {
	uint64_t packets;
	uint64_t bytes;
};

struct ctevent {
	enum ctevent_type type;
	struct ctevent_tuple orig;
	struct ctevent_tuple reply; /* family 0 when it was not sent */
	uint32_t id; /* the kernel's CTA_ID: the same in NEW and DESTROY */
	uint32_t status; /* IPS_ bits */
	uint32_t mark;
	uint16_t zone; /* conntrack zone */
	struct ctevent_count up; /* original direction */
	struct ctevent_count down; /* reply direction */
	uint64_t start_ns; /* UTC since 1970; 0: not sent */
	uint64_t stop_ns;
};

/*
 * nlmsg: one whole message, struct nlmsghdr first (see netlink.h).
 * Returns 0, -ENOMSG (another kind of message: to be ignored) or -EBADMSG (its
 * lengths cannot be, or it has no original tuple with addresses).
 */
int ctevent_parse(const void *nlmsg, size_t len, struct ctevent *ret) MUST_CHECK;

#endif
