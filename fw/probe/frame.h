/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame - a probe as the bytes of an Ethernet frame (pure) */
#ifndef FW_PROBE_FRAME_H
#define FW_PROBE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/probe/probe.h"
#include "lib/attr.h"

#define FRAME_MAX 96

/*
 * May it be sent? A first packet from one host to another: unicast addresses, a TCP
 * SYN, UDP, or an ICMP message of a type that conveys a question; nothing that changes
 * what this machine knows of its neighbours (DHCP, neighbour discovery).
 */
bool frame_is_allowed(const struct probe *p);

/* p is allowed. With right checksums, at least 60 bytes. Returns its length. */
size_t frame_make(const struct probe *p, uint32_t word, uint8_t ret_frame[FRAME_MAX]);

#endif
