/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oracle_parts - oracle's own parts */
#ifndef TESTS_UNIT_FW_ORACLE_PARTS_H
#define TESTS_UNIT_FW_ORACLE_PARTS_H

#include "fw/verify/num.h"
#include "tests/unit/fw/oracle.h"

#define MAC_STRANGE UINT64_C(0x02deadbeef01)

/* --- oracle_values.c --- */

/* Below n. */
uint32_t oracle_pick(struct oracle *o, size_t n);
void oracle_add_value(struct oracle *o, enum field f, struct num v);
void oracle_read_rule(struct oracle *o, const struct model *m, const struct rule *r);

static inline void oracle_put(struct packet *p, enum field f, uint64_t v)
{
	p->v[f] = num_from(v);
}

static inline bool oracle_sees_chain(const struct oracle_packet *p, size_t c)
{
	return (p->chains[c / 64 % 4] >> (c % 64) & 1) != 0;
}

/* --- oracle_journey.c --- */

struct oracle_journey { /* through this machine */
	enum eval_verdict verdict;
	uint32_t port; /* REWRITE: before the routing, to here */
	bool masked; /* leaves with another address */
	struct num ct_mark;
	uint64_t ceilings;
	struct eval at[3];
	unsigned stages;
};

/*
 * One packet through the rules of its hooks. limits: 0 no limit matches, 1 all do, then all
 * but each of the ceilings in turn, and at last all while nothing can be recorded.
 */
void oracle_ask(const struct oracle *o, const struct model *m, uint32_t hook,
		const struct packet *packet, unsigned limits, struct oracle_journey *j);

enum oracle_following { /* a first packet */
			FOLLOW_AGAIN, /* before there is an answer */
			FOLLOW_MORE,
			FOLLOW_ANSWER,
			FOLLOW_ERROR, /* something on the way cannot deliver it */
			FOLLOW_ERROR_BACK, /* nor an answer */
			FOLLOWING,
};

/* What can come after a first packet that passed; false: no such one. */
bool oracle_follow(const struct oracle *o, uint32_t hook, const struct packet *first,
		   enum oracle_following what, uint64_t ct_mark, uint32_t *ret_hook,
		   struct packet *ret);

/* The kernel tracks none of these. */
bool oracle_impossible(const struct packet *p);

#endif
