/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ceilings of each source address: rules that let go on, and behind them one that
 * does not. A source for which there is no room left in a set is refused as well.
 */
#include "fw/compile/parts.h"

static void add_meters(struct builder *b, uint32_t chain, size_t zone,
		       enum fw_meter meter, uint32_t ceiling, uint32_t next)
{
	for (uint8_t family = 4; family <= 6; family += 2)
		builder_rule(b, chain,
			     (struct fw_rule){ .family = family,
					       .meter = (uint8_t)meter,
					       .slot = (uint8_t)zone,
					       .ceiling = ceiling,
					       .target = next,
					       .verdict = next != 0
								  ? FW_VERDICT_GOTO
								  : FW_VERDICT_RETURN });
	builder_goto(b, chain, b->flood);
}

uint32_t compile_limits(struct builder *b, const struct policy *p, size_t zone)
{
	const struct policy_zone *z = &p->zone[zone];
	uint32_t rate = 0, count = 0;

	builder_about(b, FW_COMMENT_SYSTEM "limit-", z->name);
	if (z->limits.connections != 0) {
		count = builder_chain(b, "count", z->name);
		add_meters(b, count, zone, FW_METER_COUNT, z->limits.connections, 0);
	}
	if (z->limits.new_per_second != 0) {
		rate = builder_chain(b, "rate", z->name);
		add_meters(b, rate, zone, FW_METER_RATE, z->limits.new_per_second, count);
	}
	return rate != 0 ? rate : count;
}
