/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state - what the kernel holds of our table (libnftnl)
 */
#ifndef FW_APPLY_STATE_H
#define FW_APPLY_STATE_H

#include "fw/apply/bridge.h"
#include "fw/apply/nfnl.h"
#include "fw/apply/txn.h"
#include "fw/compile/ruleset.h"

struct base_chain { /* by enum fw_base_chain */
	const char *type;
	uint32_t hook;
	int32_t priority;
	uint32_t policy;
};

extern const struct base_chain state_base_chains[FW_CHAIN_FIRST_FREE];

struct state {
	uint32_t generation;
	char (*chain)[128]; /* owned; chains that are not base chains */
	size_t chain_count;
	bool limited[POLICY_FLOWS_MAX]; /* sets "limited-N" */
	bool odd; /* the table holds base chains that are not ours */
	struct txn_marks live; /* in the kernel's order */
	struct bridge_state bridge;
};

/*
 * Read it. Without our table both lists are empty. Returns 0, -EINTR (changed
 * while reading: again) or another negative errno. state_clear() in every case.
 */
int state_read(struct nfnl *n, struct state *s) MUST_CHECK;
void state_clear(struct state *s);

/* The generation of the kernel's whole ruleset. Returns 0 or a negative errno. */
int state_generation(struct nfnl *n, uint32_t *ret_generation) MUST_CHECK;

#endif
