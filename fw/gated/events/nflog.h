/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nflog - one packet that the firewall logged, as plain values (pure)
 *
 * Decodes a NFULNL_MSG_PACKET message and the beginning of the packet in it. The
 * copy is cut (copy range) and the packet is hostile: whatever cannot be read
 * stays zero, and what can be read is given. Fields are zero when the kernel did
 * not send them.
 */
#ifndef FW_GATED_EVENTS_NFLOG_H
#define FW_GATED_EVENTS_NFLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

#define NFLOG_PREFIX_MAX 128 /* the kernel's NF_LOG_PREFIXLEN, terminator included */

struct nflog_packet {
	char prefix[NFLOG_PREFIX_MAX];
	uint16_t group;
	uint8_t hook; /* NF_INET_ */
	uint8_t nfproto; /* NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_ARP, ... */
	uint16_t ethertype; /* ETH_P_IP and so on, host order */
	uint32_t indev; /* interface indices, 0: none */
	uint32_t outdev;
	uint32_t physindev; /* bridge port */
	uint32_t physoutdev;
	uint32_t mark;
	struct mac mac; /* source address of the frame; zero: none or not Ethernet */
	int64_t time_us; /* UTC; 0: the kernel gave no timestamp */
	bool has_seq; /* the group was bound with NFULNL_CFG_F_SEQ */
	uint32_t seq; /* counts the group's packets: a step of more than 1 is a loss */

	struct addr src; /* family 0: neither IPv4 nor IPv6, or cut before it */
	struct addr dst;
	bool has_proto; /* proto was reached (IPv6: past the extension headers) */
	uint8_t proto; /* IPPROTO_ */
	bool fragment; /* not the first fragment: there are no ports */
	bool has_ports; /* TCP, UDP, UDP-Lite, SCTP, DCCP */
	uint16_t src_port;
	uint16_t dst_port;
	bool has_icmp;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t icmp_id; /* of an echo request; whatever stands there otherwise */
	bool has_word;
	uint32_t word; /* by which probes are known: see fw/probe/probe.h */
};

/*
 * nlmsg: one whole message, struct nlmsghdr first (see netlink.h).
 * Returns 0, -ENOMSG (another kind of message: to be ignored) or -EBADMSG (its
 * lengths cannot be).
 */
int nflog_parse(const void *nlmsg, size_t len, struct nflog_packet *ret) MUST_CHECK;

#endif
