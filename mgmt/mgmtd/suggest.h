/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suggest - drafts of entries from what was observed or refused (pure)
 *
 * Records are added one by one; what comes out is grouped by registrable domain, the
 * most asked for first.
 */
#ifndef MGMT_MGMTD_SUGGEST_H
#define MGMT_MGMTD_SUGGEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/record.h"

#define SUGGEST_HOSTS_MAX 5000
#define SUGGEST_PORTS_MAX 16 /* a host */
#define SUGGEST_WHO_MAX   20 /* devices, users of a host that are named */

struct suggest;

/* Returns 0 or -ENOMEM. */
int suggest_new(struct suggest **ret_suggest) MUST_CHECK;
void suggest_free(struct suggest *s);

/* 0 or -ENOMEM. What names no host, or one too many, is only counted. */
int suggest_add(struct suggest *s, const struct record *rec) MUST_CHECK;

/*
 * [{domain, count, hosts: [{host, ports, scheme, count, devices, users, first, last,
 * observed, refused}]}]. *ret_left_out: records of hosts that had no room. NULL when
 * memory is short.
 */
json_t *suggest_json(struct suggest *s, uint64_t *ret_left_out);

#endif
