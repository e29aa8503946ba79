/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * catch - the tables in which probes are counted, and end (libmnl)
 *
 * For the time of a run there is "inet sekisho_probe", and with bridge (a zone has ports)
 * "bridge sekisho_probe" as well. Their
 * chains stand before everything else, where probes are counted as arrived, and behind
 * everything else on the ways on, where those that passed are counted and dropped:
 * before a connection is confirmed, a neighbour is asked or a process hears of it. What
 * this machine would say about a probe (an ICMP error) is dropped too. The tables belong
 * to the socket: they vanish with it.
 */
#ifndef FW_APPLY_CATCH_H
#define FW_APPLY_CATCH_H

#include <stdbool.h>

#include "fw/apply/nfnl.h"
#include "fw/probe/probe.h"

/*
 * Before the first probe. word is that of the run. Returns 0 or a negative errno, and
 * then nothing is there.
 */
int catch_open(struct nfnl *n, bool bridge, uint32_t count, uint32_t word) MUST_CHECK;

/* Add PROBE_ARRIVED and PROBE_PASSED to the marks of those of which that is so by now. */
int catch_read(struct nfnl *n, bool bridge, uint32_t count, uint32_t word,
	       uint8_t *mark) MUST_CHECK;

/* After the last one. What is under way then goes on as if it were no probe. */
int catch_close(struct nfnl *n, bool bridge) MUST_CHECK;

#endif
