/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct fw_rule) == 256, "struct fw_rule has padding");
_Static_assert(sizeof(struct fw_chain) == 52, "struct fw_chain has padding");
_Static_assert(sizeof(struct fw_permit) == 56, "struct fw_permit has padding");
_Static_assert(sizeof(struct fw_port) == 36, "struct fw_port has padding");
_Static_assert((REVISION_MARK_LIMITED & FW_MARK_LESSER) == REVISION_MARK_RESTRICTED,
	       "those without their zone's full rights are told by one mask");

static const char *const base_names[FW_CHAIN_FIRST_FREE] = {
	[FW_CHAIN_INPUT] = "input",
	[FW_CHAIN_FORWARD] = "forward",
	[FW_CHAIN_OUTPUT] = "output",
	[FW_CHAIN_PREROUTING] = "prerouting",
	[FW_CHAIN_POSTROUTING] = "postrouting",
};

void ruleset_free(struct ruleset *rs)
{
	if (rs == NULL)
		return;
	free(rs->chain);
	free(rs->rule);
	free(rs->permit);
	free(rs->port);
	free(rs->quarantine);
	free(rs);
}

const char *ruleset_chain_name(const struct ruleset *rs, uint32_t id)
{
	if (id < FW_CHAIN_FIRST_FREE)
		return base_names[id];
	if (id - FW_CHAIN_FIRST_FREE < rs->chain_count)
		return rs->chain[id - FW_CHAIN_FIRST_FREE].name;
	return "?";
}

void ruleset_counter_name(const struct fw_rule *r, char dst[FW_COUNTER_NAME_MAX])
{
	(void)snprintf(dst, FW_COUNTER_NAME_MAX, "flow-%s",
		       r->comment + strlen(FW_COMMENT_FLOW));
}

/* The short way (accept) counts with what the long way has named. */
static bool names_counter(const struct fw_rule *r)
{
	return r->counter == FW_COUNTER_FLOW && r->verdict == FW_VERDICT_GOTO;
}

const struct fw_rule *ruleset_next_counter(const struct ruleset *rs, size_t *at)
{
	for (size_t i = *at; i < rs->rule_count; i++) {
		const struct fw_rule *r = &rs->rule[i];

		if (!names_counter(r))
			continue;
		/* a flow's rules stand together */
		if (i > 0 && names_counter(&r[-1]) &&
		    strcmp(r[-1].comment, r->comment) == 0)
			continue;
		*at = i + 1;
		return r;
	}
	return NULL;
}

void ruleset_meter_name(const struct fw_rule *r, char dst[FW_METER_NAME_MAX])
{
	(void)snprintf(dst, FW_METER_NAME_MAX, "%s%u-%u",
		       r->meter == FW_METER_RATE ? "rate" : "count", r->family, r->slot);
}

void ruleset_flow_set_name(uint16_t flow, char dst[FW_SET_NAME_MAX])
{
	(void)snprintf(dst, FW_SET_NAME_MAX, FW_SET_LIMITED "%u", flow);
}

void ruleset_flow_sets(const struct ruleset *rs, bool *has)
{
	for (size_t i = 0; i < POLICY_FLOWS_MAX; i++)
		has[i] = false;
	for (size_t i = 0; i < rs->rule_count; i++) {
		if (rs->rule[i].lookup == FW_LOOKUP_LIMITED)
			has[rs->rule[i].flow] = true;
	}
	/* a flow that is closed now has no rules */
	for (size_t i = 0; i < rs->permit_count; i++) {
		if (rs->permit[i].kind == FW_PERMIT_FLOW)
			has[rs->permit[i].flow] = true;
	}
}

bool ruleset_has_flows(const struct ruleset *rs, const struct fw_permit *permit,
		       size_t count)
{
	bool has[POLICY_FLOWS_MAX];

	ruleset_flow_sets(rs, has);
	for (size_t i = 0; i < count; i++) {
		if (permit[i].kind == FW_PERMIT_FLOW && !has[permit[i].flow])
			return false;
	}
	return true;
}

bool ruleset_has_rules(const struct ruleset *rs, uint32_t chain)
{
	for (size_t i = 0; i < rs->rule_count; i++) {
		if (rs->rule[i].chain == chain)
			return true;
	}
	return false;
}
