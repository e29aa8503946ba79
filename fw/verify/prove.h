/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prove - is what the kernel holds what the policy says?
 *
 * docs/verification.md says exactly what an answer means. Pure: no I/O, no clock.
 */
#ifndef FW_VERIFY_PROVE_H
#define FW_VERIFY_PROVE_H

#include "fw/verify/eval.h"
#include "fw/verify/expect.h"
#include "fw/verify/reach.h"

#define PROOF_DIFFERENCES_MAX 64
#define PROOF_REASONS_MAX     32
#define PROOF_TEXT_MAX        192

enum proof_result {
	PROOF_PROVED,
	PROOF_BROKEN, /* there is an example */
	PROOF_NOT, /* not proved: something is not understood, or too complex */
};

struct proof_assertion {
	uint32_t from, to; /* zones */
	bool holds;
	bool has_packet;
	struct packet packet; /* against it */
};

struct proof_difference {
	bool more; /* than the policy permits; else less */
	uint32_t from, to; /* zones, EXPECT_GATEWAY, EXPECT_NOBODY */
	struct packet packet;
	struct where at; /* the rule that decides */
	char flow[64]; /* "" none */
};

struct proof_service {
	uint32_t from, to;
	char text[32]; /* "tcp/443" */
	char flow[64]; /* its id, or what of the gateway it is */
};

struct proof {
	struct work w; /* owns everything */
	const struct model *model; /* borrowed, as the revision */
	const struct revision *rev;
	struct ifnames names;
	struct expect expect;
	enum proof_result result;
	char (*reason)[PROOF_TEXT_MAX];
	size_t reason_count;
	struct proof_assertion *assertion;
	size_t assertion_count;
	struct proof_difference *difference;
	size_t difference_count;
	struct proof_service *service; /* by from, then by to */
	size_t service_count, service_room;
	char (*foreign)[128]; /* tables that are not ours */
	size_t foreign_count;
	size_t rule_count;
};

/*
 * rev NULL: no policy is in force, and nothing but the loopback may pass. Always gives a
 * result; too complex and out of memory are PROOF_NOT with a reason.
 */
void prove(const struct model *m, const struct revision *rev, const struct facts *facts,
	   struct proof *ret_proof);
void proof_free(struct proof *p);

#endif
