/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proof - is what the kernel holds what the policy says? Asked, and asked by itself
 *
 * The rules are read by this process and looked at in another one (aside.h), so that
 * permits come and go meanwhile. One at a time; who asks waits for one that began later.
 */
#ifndef FW_GATED_PROOF_H
#define FW_GATED_PROOF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fw/gated/aside.h"
#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/proto.h"

#define PROOF_EVERY_MS   60000 /* and after each load of a whole revision */
#define PROOF_LIMIT_MS   60000 /* then it is "not proved" */
#define PROOF_ASKERS_MAX 16

struct gate;
struct model;
struct revision;

struct proof_asker {
	uint64_t peer; /* ipc_peer_id(); 0: it is asked by itself */
	bool served; /* by what is being worked out */
	bool explain;
	struct proto_explain question;
};

struct proof_state { /* in struct gate; zero: nothing is known */
	struct mono next;
	uint64_t full; /* revision that the one of the last answer rested on */
	bool asked;
	bool locked; /* it was about a lockdown */
	bool good;
	char text[160]; /* what is wrong; "" nothing */
	struct aside aside; /* what is being worked out, with the next four */
	bool proving;
	bool now_locked;
	uint64_t now_full;
	struct mono begun;
	struct proof_asker asker[PROOF_ASKERS_MAX];
	size_t asker_count;
};

/*
 * Read the kernel's ruleset back and prove it; the peer gets the answer as JSON in
 * PROTO_TEXT when it is there. A change of the answer is on record. -EBUSY: too many ask.
 */
int proof_ask(struct gate *g, uint64_t peer) MUST_CHECK;

/* What becomes of one packet, and by which rule. The same. */
int proof_explain(struct gate *g, uint64_t peer,
		  const struct proto_explain *q) MUST_CHECK;

/* Every second: prove when it is time. */
void proof_tick(struct gate *g);

/*
 * explain.c: write the answer about q as JSON, an error too. Returns 0 or a negative
 * errno.
 */
int explain_packet(const struct revision *rev, const struct model *m,
		   const struct proto_explain *q, FILE *out) MUST_CHECK;

#endif
