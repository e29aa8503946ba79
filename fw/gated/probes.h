/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probes - real packets that show what the rules do; asked for, never by itself */
#ifndef FW_GATED_PROBES_H
#define FW_GATED_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "fw/gated/events/nflog.h"
#include "lib/attr.h"
#include "lib/mono.h"

struct gate;

struct probes_state { /* in struct gate; zero: none were ever sent */
	struct mono known_to; /* our rules may still tell of those of the last run */
	uint32_t word;
	uint32_t count;
	bool bad; /* the last run contradicted the policy */
	uint64_t revision; /* that it was about */
	char text[192]; /* how */
};

/*
 * Send what the policy in force calls for, and see what becomes of it. *ret_text: the
 * answer as JSON, in malloc()ed memory. The result is on record. Returns 0, -EBUSY (in
 * a lockdown there is nothing to probe), -ENOENT (no revision), -ECONNRESET (the apply
 * role is gone) or another negative errno: nothing is known.
 */
int probes_run(struct gate *g, char **ret_text) MUST_CHECK;

/* Is it one of ours, of which nothing is to be recorded? */
bool probes_is_own(const struct probes_state *s, const struct nflog_packet *p);

#endif
