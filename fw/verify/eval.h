/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eval - one packet through the rules, step by step
 *
 * As plain as can be, and without anything of the box engine: it explains single
 * packets, and says whether an example that the engine found is one.
 */
#ifndef FW_VERIFY_EVAL_H
#define FW_VERIFY_EVAL_H

#include "fw/verify/ifnames.h"

#define EVAL_PATH_MAX  64 /* rules on the way that are named */
#define EVAL_STEPS_MAX 1000000

struct packet {
	struct num v[FIELD_COUNT]; /* interfaces: into struct ifnames */
};

enum eval_verdict {
	EVAL_ACCEPT,
	EVAL_DROP,
	EVAL_REWRITE,
	EVAL_UNKNOWN,
};

struct eval_place {
	uint32_t chain;
	uint32_t rule; /* EVAL_POLICY: the chain's own */
};

#define EVAL_POLICY UINT32_MAX

struct eval {
	const struct model *model;
	const struct ifnames *names;
	bool limits; /* do limits and quotas match? */
	uint32_t exceeded; /* ... but for ceilings of this number; 0: none */
	bool switches; /* is the switch of the records taken as on? */
	bool off; /* ... or as off? */
	enum eval_verdict verdict;
	uint32_t port; /* of a REWRITE */
	struct eval_place
		path[EVAL_PATH_MAX]; /* rules that sent the packet on or ended it */
	size_t path_count; /* the last one decided */
	struct num mark, ct_mark; /* at the end */
	unsigned steps;
	uint64_t ceilings; /* a sum of those that it had to be below */
};

/* e's first six members are the question, the rest is the answer. */
void eval_packet(struct eval *e, uint32_t hook, const struct packet *p);

#endif
