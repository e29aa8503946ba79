/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proof - is what the kernel holds what the policy says? Asked, and asked by itself */
#ifndef FW_GATED_PROOF_H
#define FW_GATED_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/proto.h"

#define PROOF_EVERY_MS 60000 /* and after each load of a whole revision */

struct gate;
struct model;

struct proof_state { /* in struct gate; zero: nothing is known */
	struct mono next;
	uint64_t full; /* revision that the one of the last answer rested on */
	bool asked;
	bool locked; /* it was about a lockdown */
	bool good;
	char text[160]; /* what is wrong; "" nothing */
};

/* The ruleset as it is now. -EINTR: it never held still. Else as below. */
int proof_read_model(struct gate *g, struct model **ret_model) MUST_CHECK;

/*
 * Read the kernel's ruleset back and prove it. *ret_text: the answer as JSON, in
 * malloc()ed memory. A change of the answer is on record. Returns 0, -ECONNRESET (the
 * apply role is gone) or another negative errno: nothing is known.
 */
int proof_run(struct gate *g, char **ret_text) MUST_CHECK;

/* What becomes of one packet, and by which rule. The same. -EINVAL: no packet. */
int proof_explain(struct gate *g, const struct proto_explain *q,
		  char **ret_text) MUST_CHECK;

/* Every second: prove when it is time. */
void proof_tick(struct gate *g);

#endif
