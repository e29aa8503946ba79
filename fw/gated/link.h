/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link - the compile role's end of the channel to the apply role
 *
 * Every call waits for the answer. A channel that fails is the other role's
 * death, after which this one has to end too: -ECONNRESET.
 */
#ifndef FW_GATED_LINK_H
#define FW_GATED_LINK_H

#include <stddef.h>

#include "fw/apply/change.h"
#include "fw/apply/request.h"
#include "fw/compile/ruleset.h"
#include "fw/probe/probe.h"
#include "lib/attr.h"

/*
 * Put the ruleset into the kernel; confirm_s: see struct fw_begin. *ret_result is written whenever the apply role
 * answered. Returns 0, the answer's negative code, or -ECONNRESET.
 */
int link_commit(int channel, const struct ruleset *rs, uint32_t confirm_s,
		struct fw_result *ret_result) MUST_CHECK;

/*
 * Only what is in c, on top of what is in force. As link_commit(); -ESTALE: it does not
 * fit, or something is on trial, and a whole ruleset is needed.
 */
int link_change(int channel, const struct change *c,
		struct fw_result *ret_result) MUST_CHECK;

/* What is on trial stays, or goes now. -ESTALE: that revision is not on trial (any more). */
int link_confirm(int channel, uint64_t revision) MUST_CHECK;
int link_rollback(int channel, uint64_t revision, uint32_t *ret_cut) MUST_CHECK;

/* Let new flows pass for the next three seconds, or stop them now. */
int link_recording(int channel, bool on) MUST_CHECK;

/*
 * Send the probes of list, known by word and their place in it, and see what becomes of
 * them. Returns 0, the apply role's negative code, or -ECONNRESET.
 */
int link_probe(int channel, const struct probe *list, uint32_t count, uint32_t word,
	       struct probe_answer *ret_answer) MUST_CHECK;

/* End connections. *ret_cut: how many. */
int link_cut_mark(int channel, uint32_t mark, uint32_t *ret_cut) MUST_CHECK;
int link_cut_flow(int channel, const struct fw_cut_flow *flow,
		  uint32_t *ret_cut) MUST_CHECK;

/* fn for the conntrack message of each marked connection. */
typedef void link_flow_fn(const void *nlmsg, size_t len, void *user);
int link_list(int channel, link_flow_fn *fn, void *user) MUST_CHECK;

/*
 * Everything that the kernel's nftables holds, of all families: fn for each message
 * as the kernel sent it, the generation's first. Returns 0, -EINTR (the ruleset was
 * changed meanwhile: what fn got is worthless), what fn returned when that was
 * negative, the apply role's negative code, or -ECONNRESET.
 */
typedef int link_dump_fn(const void *nlmsg, size_t len, void *user);
int link_dump(int channel, link_dump_fn *fn, void *user) MUST_CHECK;

#endif
