/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe - one packet of our own, as numbers; how the roles of gated speak of it
 *
 * The compile role says what is to be sent (plan.h), the apply role makes the tables
 * that catch it (catch.h), and the probe role, which has no capability, makes the frame
 * and hands it to the kernel as if it had come in by that interface (inject.h). A probe
 * is known by 32 bits of its own: where TCP has its sequence number, ICMP echo its
 * identifier and sequence, and UDP the first four bytes of what it carries.
 */
#ifndef FW_PROBE_PROBE_H
#define FW_PROBE_PROBE_H

#include <stdint.h>

#define PROBE_MAX        1024 /* in a run */
#define PROBE_WORD_INDEX (PROBE_MAX - 1u) /* the rest is random, the same for a run */
#define PROBE_TABLE      "sekisho_probe"

struct probe {
	char iifname[16]; /* a zone's interface, or a port of its bridge */
	uint8_t source_mac[6];
	uint8_t target_mac[6];
	uint8_t family; /* 4 or 6 */
	uint8_t proto; /* IPPROTO_TCP, _UDP, _ICMP or _ICMPV6 */
	uint8_t icmp_type;
	uint8_t pad;
	uint16_t src_port; /* 0 for ICMP */
	uint16_t dst_port;
	uint8_t src[16]; /* of the family; the rest is zero */
	uint8_t dst[16];
};

/* Between the apply role and the probe role, which answers each order. */
enum probe_message {
	PROBE_ORDER = 240, /* struct probe_order */
	PROBE_DONE = 241, /* struct probe_done */
};

struct probe_order {
	struct probe probe;
	uint32_t word;
};

struct probe_done {
	int32_t code; /* 0, or a negative errno: it was not sent */
};

enum probe_mark { /* bits: what became of it */
		  PROBE_SENT = 1 << 0, /* the kernel took it */
		  PROBE_ARRIVED = 1 << 1, /* and its hooks saw it, before our rules */
		  PROBE_PASSED = 1 << 2, /* and behind them; there it ended */
};

struct probe_run { /* FW_REQ_PROBE_RUN, after that many FW_REQ_PROBE */
	uint32_t count;
	uint32_t word; /* random; the lowest bits (PROBE_WORD_INDEX) are zero */
};

struct probe_answer { /* FW_ANS_PROBE */
	uint32_t count;
	int32_t refused; /* 0, or why the kernel did not take one of them */
	uint8_t mark[PROBE_MAX]; /* enum probe_mark bits, in the order of the probes */
};

#endif
