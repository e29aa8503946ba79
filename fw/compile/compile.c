/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order that everything rests on: mark the packet from its interface and MAC,
 * whatever mark it came with (no permit: drop); check the source address, together with
 * the connection (going.c) or before that. Every rule that lets something through is
 * positive, because a match that cannot be evaluated (another family, no Ethernet)
 * ends the rule, and a rule that ended must never be the one that would have dropped.
 */
#include "fw/compile/ruleset.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "fw/compile/parts.h"
#include "lib/mem.h"
#include "lib/policy/when.h"
#include "lib/reason.h"

/* A chain that records a refusal and drops. */
static uint32_t compile_refusal(struct builder *b, const char *name, enum reason reason)
{
	uint32_t chain = builder_chain(b, name, "");
	struct fw_rule r = {
		.log_group = FW_LOG_DENY,
		.log_prefix = FW_LOG_DENY_PREFIX,
	};
	size_t at = sizeof(FW_LOG_DENY_PREFIX) - 1;

	builder_about(b, FW_COMMENT_SYSTEM, name);
	builder_name(r.log_prefix + at, sizeof(r.log_prefix) - at, reason_name(reason));
	builder_rule(b, chain, r);
	builder_rule(b, chain, (struct fw_rule){ .verdict = FW_VERDICT_DROP });
	return chain;
}

/* A chain that records a device without a permit, and goes on. */
static uint32_t compile_sighting(struct builder *b)
{
	uint32_t chain = builder_chain(b, "detected", "");
	struct fw_rule r = {
		.log_group = FW_LOG_DENY,
		.log_prefix = FW_LOG_DENY_PREFIX,
	};
	size_t at = sizeof(FW_LOG_DENY_PREFIX) - 1;

	builder_about(b, FW_COMMENT_SYSTEM, "detected");
	builder_name(r.log_prefix + at, sizeof(r.log_prefix) - at,
		     reason_name(REASON_WOULD_NOT_ADMIT));
	builder_rule(b, chain, r);
	return chain;
}

void compile_established(struct builder *b, uint32_t chain)
{
	builder_rule(b, chain,
		     (struct fw_rule){ .ct_state = FW_CT_ESTABLISHED,
				       .ct_direction = FW_DIR_REPLY,
				       .lookup = FW_LOOKUP_LIVE,
				       .verdict = FW_VERDICT_ACCEPT });
}

void compile_related(struct builder *b, uint32_t chain, const char *out)
{
	struct fw_rule r = { .ct_state = FW_CT_RELATED,
			     .lookup = FW_LOOKUP_LIVE,
			     .verdict = FW_VERDICT_ACCEPT };

	builder_name(r.oifname, sizeof(r.oifname), out);
	builder_rule(b, chain, r);
}

void compile_answers(struct builder *b, uint32_t chain)
{
	compile_established(b, chain);
	compile_related(b, chain, "");
}

/*
 * Besides the zone's networks the machine's own routes count: networks of a zone may lie
 * behind different interfaces. Asked for new connections only, since it costs a look-up.
 */
static uint32_t compile_way_back(struct builder *b)
{
	uint32_t chain = builder_chain(b, "way-back", "");

	builder_about(b, FW_COMMENT_SYSTEM, "way-back");
	builder_rule(b, chain,
		     (struct fw_rule){ .match = FW_MATCH_WAY_BACK,
				       .verdict = FW_VERDICT_RETURN });
	builder_goto(b, chain, b->spoofed);
	return chain;
}

/* Connections to this machine: the daemon records what comes of them. */
static uint32_t compile_local(struct builder *b)
{
	uint32_t chain = builder_chain(b, "local", "");

	builder_about(b, FW_COMMENT_SYSTEM, "local");
	builder_rule(b, chain,
		     (struct fw_rule){ .ct_state = FW_CT_ESTABLISHED,
				       .ct_direction = FW_DIR_ORIGINAL,
				       .lookup = FW_LOOKUP_LIVE,
				       .verdict = FW_VERDICT_ACCEPT });
	builder_rule(b, chain,
		     (struct fw_rule){ .ct_state = FW_CT_NEW,
				       .set_mark = FW_SET_CT_META,
				       .verdict = FW_VERDICT_ACCEPT });
	builder_goto(b, chain, b->deny);
	return chain;
}

static int compile_all(struct builder *b, const struct revision *rev,
		       const struct inventory *inv, struct diags *diags)
{
	const struct policy *p = rev->policy;
	uint32_t local;

	compile_note_limited(b, rev);
	b->deny = compile_refusal(b, "deny", REASON_NO_FLOW);
	b->stranger = compile_refusal(b, "stranger", REASON_NOT_ADMITTED);
	b->flood = compile_refusal(b, "flood", REASON_OVERLOAD);
	b->spoofed = compile_refusal(b, "spoofed", REASON_SPOOFED);
	b->quarantined = compile_refusal(b, "quarantined", REASON_QUARANTINED);
	b->detected = compile_sighting(b);
	b->bound = compile_bound(b);
	b->unknown = compile_unknown(b);
	b->way_back = compile_way_back(b);
	local = compile_local(b);
	builder_about(b, FW_COMMENT_SYSTEM, "base");
	builder_iif(b, FW_CHAIN_INPUT, "lo", 0, FW_VERDICT_ACCEPT);
	for (size_t z = 0; z < p->zone_count; z++)
		compile_zone(b, p, z, local, inv->now, diags);
	compile_redirects(b, p);
	compile_nat(b, p, inv->now);
	builder_about(b, FW_COMMENT_SYSTEM, "base");
	builder_goto(b, FW_CHAIN_INPUT, b->deny);
	builder_goto(b, FW_CHAIN_FORWARD, b->deny);
	if (compile_output(b, rev, inv, diags) < 0)
		return -ENOMEM;
	return b->error;
}

static void free_ruleset_p(struct ruleset **rs)
{
	ruleset_free(*rs);
}

int ruleset_compile(const struct revision *rev, const struct inventory *inv,
		    struct ruleset **ret_ruleset, struct diags *diags)
{
	CLEANUP(free_ruleset_p) struct ruleset *rs = calloc(1, sizeof(*rs));
	struct builder b = { .rs = rs };
	size_t before = diags->count;
	int r;

	if (rs == NULL)
		return -ENOMEM;
	rs->revision = rev->number;
	rs->next_change = when_next_change(rev->policy, inv->now);
	compile_check_interfaces(rev->policy, inv, diags);
	for (size_t i = 0; i < rev->policy->assertion_count; i++)
		compile_check_assertion(rev->policy, &rev->policy->assertion[i], diags);
	r = compile_all(&b, rev, inv, diags);
	if (r == -E2BIG)
		diag_add(diags, (struct place){ 0 },
			 "this policy needs more than %u rules or %u chains: use fewer, "
			 "larger networks",
			 FW_RULES_MAX, FW_CHAINS_MAX);
	if (r == -ENOMEM || compile_ports(rs, rev->policy) < 0)
		return -ENOMEM;
	r = ruleset_compile_permits(rs, rev, inv->now);
	if (r == -E2BIG)
		diag_add(diags, (struct place){ 0 },
			 "the permits have more than %u cards altogether",
			 FW_PERMITS_MAX);
	else if (r < 0)
		return r;
	if (diags->count != before)
		return -EINVAL;
	*ret_ruleset = STEAL(rs);
	return 0;
}
