/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flowtable - connections that were recorded as open and have not ended yet
 *
 * It joins the record of an end to that of the beginning. It has a ceiling; past it
 * the oldest is forgotten, which the caller puts on record: both its ends are still
 * recorded, only under two connection numbers.
 */
#ifndef FW_GATED_FLOWTABLE_H
#define FW_GATED_FLOWTABLE_H

#include "fw/gated/events/ctevent.h"
#include "lib/policy/policy.h"

#define FLOWTABLE_MAX  262144 /* the kernel's own ceiling on machines like ours */
#define FLOWTABLE_SAME 4 /* of one tuple: the end of an earlier one may be on its way */

struct flow_open {
	struct ctevent_tuple key; /* flowtable_key() of its tuple */
	uint64_t conn;
	int64_t opened_us; /* UTC: when its first packet was seen */
	char rule[POLICY_NAME_MAX + 1];
};

struct flowtable;

struct flowtable *flowtable_new(void);
void flowtable_free(struct flowtable *t);

/* What is compared: addresses, protocol, ports; type and identifier of ICMP. */
struct ctevent_tuple flowtable_key(const struct ctevent_tuple *tuple);

/*
 * The connection as the rules saw its first packet: who asked for a published address had
 * been led to the server by then, and a masqueraded one still had its own source.
 */
struct ctevent_tuple flowtable_seen(const struct ctevent *e);

/*
 * The latest flow with that key that was opened at by_us (UTC) or before. A connection
 * is tracked from after its first packet was seen, so that with the kernel's time of its
 * beginning the end of one is not taken for that of the next with the same ports. NULL
 * when it is not there. The pointer is good until the next add or remove.
 */
const struct flow_open *flowtable_find(const struct flowtable *t,
				       const struct ctevent_tuple *key, int64_t by_us);
void flowtable_remove(struct flowtable *t, const struct ctevent_tuple *key,
		      int64_t by_us);

/* Returns how many others had to be forgotten: 0 or 1. */
unsigned flowtable_add(struct flowtable *t, const struct flow_open *flow);
size_t flowtable_count(const struct flowtable *t);

#endif
