/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flowtable - connections that were recorded as open and have not ended yet
 *
 * It joins the record of an end to that of the beginning. It has a ceiling;
 * what it cannot hold is still recorded, only with a connection number of its own.
 */
#ifndef FW_GATED_FLOWTABLE_H
#define FW_GATED_FLOWTABLE_H

#include "fw/gated/events/ctevent.h"
#include "lib/policy/policy.h"

#define FLOWTABLE_MAX 65536

struct flow_open {
	struct ctevent_tuple key; /* flowtable_key() of its tuple */
	uint64_t conn;
	int64_t opened_us; /* UTC */
	char rule[POLICY_NAME_MAX + 1];
};

struct flowtable;

struct flowtable *flowtable_new(void);
void flowtable_free(struct flowtable *t);

/* What is compared: an ICMP exchange is known by addresses and type alone. */
struct ctevent_tuple flowtable_key(const struct ctevent_tuple *tuple);

/* NULL when it is not there. The pointer is good until the next add or remove. */
const struct flow_open *flowtable_find(const struct flowtable *t,
				       const struct ctevent_tuple *key);

/* Add, or replace what has the same key. Returns 0 or -ENOSPC. */
int flowtable_add(struct flowtable *t, const struct flow_open *flow);
void flowtable_remove(struct flowtable *t, const struct ctevent_tuple *key);
size_t flowtable_count(const struct flowtable *t);

#endif
