/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oracle - do two rulesets treat any packet differently?
 *
 * Asks plain evaluation (fw/verify/eval.h) about a great many packets and knows nothing
 * of boxes. The packets come from the rules' and the policy's own values, one below and
 * one above each; after a first packet that passes come those of its connection, with
 * the mark that it got: the same again, the answer, an ICMP error, and both with the
 * mark of a permit that is gone.
 */
#ifndef TESTS_UNIT_FW_ORACLE_H
#define TESTS_UNIT_FW_ORACLE_H

#include "fw/verify/eval.h"
#include "fw/verify/expect.h"
#include "tests/unit/fw/mutate.h"

#define ORACLE_VALUES   96 /* of a field */
#define ORACLE_CEILINGS 6

struct oracle_packet {
	struct packet packet;
	uint32_t hook;
	uint64_t chains[4]; /* that it sees in the good ruleset, by number */
	uint64_t path; /* a sum of the rules on its way */
	bool stale; /* only another policy can have let its connection open */
};

struct oracle {
	const struct model *good;
	const struct expect *expect; /* and who has a permit */
	const struct ifnames *names;
	struct oracle_packet *item;
	size_t count, room;
	uint64_t *path; /* table of those known, and how many packets each has */
	uint8_t *of_path;
	struct num value[FIELD_COUNT][ORACLE_VALUES];
	size_t value_count[FIELD_COUNT];
	uint32_t ceiling[ORACLE_CEILINGS]; /* that the good ruleset has */
	size_t ceiling_count;
	uint32_t random;
};

enum oracle_answer {
	ORACLE_SAME, /* no packet was found */
	ORACLE_OPEN, /* only such that the policy leaves open */
	ORACLE_OTHER,
};

/* x: of a proof of the good ruleset; all are borrowed. */
void oracle_new(struct oracle *o, const struct model *good, const struct expect *x);
void oracle_free(struct oracle *o);

/*
 * good and bad: as they are late_ms from now. *ret_packet and *ret_hook: an example of
 * what is answered.
 */
enum oracle_answer oracle_compare(struct oracle *o, const struct model *good,
				  const struct model *bad, const struct mutation *mu,
				  uint64_t late_ms, struct packet *ret_packet,
				  uint32_t *ret_hook);

#endif
