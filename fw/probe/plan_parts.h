/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan_parts - a plan in the making: what plan.c and plan_block.c share */
#ifndef FW_PROBE_PLAN_PARTS_H
#define FW_PROBE_PLAN_PARTS_H

#include "fw/probe/plan_pick.h"

struct making {
	struct pick pick;
	const struct policy *policy;
	struct plan plan;
	size_t room;
	int error; /* sticky */
	uint32_t used[POLICY_ZONES_MAX][2]; /* probes of one source, by family */
};

void plan_add(struct making *m, const struct plan_item *item);

/* The same, within what the ceilings of the zone that it comes from leave. */
void plan_add_tried(struct making *m, struct plan_item *item);

void plan_put_source(struct probe *p, const struct pick_source *s);
void plan_put_tcp(struct probe *p, struct addr to, uint16_t port);

/* --- plan_block.c: what is behind them uses what is planned already --- */

void plan_doors(struct making *m, size_t zone, uint8_t family);
void plan_spoofed(struct making *m, size_t zone, uint8_t family);
void plan_strangers(struct making *m, size_t zone, uint8_t family);

#endif
