/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parts - the compiler's own parts; see compile.c for the order of things */
#ifndef FW_COMPILE_PARTS_H
#define FW_COMPILE_PARTS_H

#include "fw/compile/builder.h"
#include "lib/policy/when.h"

/* The class of marks whose devices have the zone's full rights. */
static inline uint32_t zone_class(const struct policy_zone *z)
{
	return z->admission == POLICY_ADMISSION_ENFORCE ? REVISION_MARK_FULL
							: FW_MARK_ZONE;
}

/* The rules that mark a zone's packet, into chain. No permit: the mark stays 0. */
void compile_mark(struct builder *b, const struct policy_zone *z, uint32_t chain);

/* The chain that looks for permits that are bound to an address. */
uint32_t compile_bound(struct builder *b);
/* The chain that those go through who have none for their card; needs b->bound. */
uint32_t compile_unknown(struct builder *b);

/* What it hears and says itself begins with: answers, and errors about connections. */
void compile_answers(struct builder *b, uint32_t chain);
void compile_established(struct builder *b, uint32_t chain); /* the former only */
/* The latter only, by that interface; "": any. */
void compile_related(struct builder *b, uint32_t chain, const char *out);

/*
 * One zone: where its packets are marked and checked, what they may do here and
 * beyond. local: the chain of connections to this machine.
 */
void compile_zone(struct builder *b, const struct policy *p, size_t zone, uint32_t local,
		  int64_t now, struct diags *diags);
/* What the zone's packets, marked and checked, may ask of this machine, into chain. */
void compile_listeners(struct builder *b, const struct policy *p, size_t zone,
		       uint32_t chain, uint32_t local);
/* Where transparent zones' connections to the web are led to the proxy. */
void compile_redirects(struct builder *b, const struct policy *p);

/* Where open flows change addresses: published servers, masquerading. */
void compile_nat(struct builder *b, const struct policy *p, int64_t now);
void compile_masquerade(struct builder *b, const struct policy *p,
			const struct policy_flow *f);
/* The chain that a zone's new connections go through first; 0: it has no ceilings. */
uint32_t compile_limits(struct builder *b, const struct policy *p, size_t zone);

/* What this machine itself may say. Returns 0 or -ENOMEM. */
int compile_output(struct builder *b, const struct revision *rev,
		   const struct inventory *inv, struct diags *diags) MUST_CHECK;
/* The part of it that the policy's section "gateway" is about. */
void compile_gateway(struct builder *b, const struct policy *p,
		     const struct inventory *inv, struct diags *diags);
/* A rule on packets to that address, for each interface of the zone it lies in. */
void compile_to_server(struct builder *b, const struct policy *p, struct fw_rule r,
		       struct addr server);

/* Which flows permits are limited to, in zones that admit. */
void compile_note_limited(struct builder *b, const struct revision *rev);

/* What can only be told on this machine, and what must never be. */
void compile_check_interfaces(const struct policy *p, const struct inventory *inv,
			      struct diags *diags);
void compile_check_assertion(const struct policy *p, const struct policy_assertion *a,
			     struct diags *diags);

/*
 * Rules of the flows that begin in zone and are open now, into its forward chain. A
 * flow whose time can be over carries its end in the rules. Devices of permits that are
 * limited to flows have a chain of their own, so that the others do not pay for them.
 */
void compile_flows(struct builder *b, const struct policy *p, size_t zone, uint32_t chain,
		   int64_t now, struct diags *diags);

/* Of a service: the match of its protocol and ports, and no verdict. */
struct fw_rule compile_service(const struct policy_match *m);
/* The second at which an open flow ends; 0: it does not, or too far away. */
int64_t compile_flow_end(const struct policy *p, const struct policy_flow *f,
			 int64_t now);
/* Can a flow to zone end by itself? */
bool compile_has_timed_flow(const struct policy *p, size_t zone);

/*
 * Into zone's forward chain, behind the rules that mark its packets: the short way of
 * connections that go on, from a zone with networks of its own. Always as the long way
 * would decide.
 */
void compile_going(struct builder *b, const struct policy *p, size_t zone,
		   uint32_t forward, int64_t now);
/* Are all answers from zone let through there? */
bool compile_has_short_replies(const struct policy *p, size_t zone);

/*
 * Errors and answers from zone. Where a flow to it can end, each flow's answers have
 * rules of their own, with its end: else they would go on after it.
 */
void compile_flow_answers(struct builder *b, const struct policy *p, size_t zone,
			  uint32_t chain, int64_t now);

/* The ports of bridged zones. Returns 0 or -ENOMEM. */
int compile_ports(struct ruleset *rs, const struct policy *p);

/*
 * What follows from the FW_PERMIT_PORT records of rs for their bridges and ports, and
 * all of them in order; rs has room for as many records again and two for each port.
 */
void compile_bridges(struct ruleset *rs);

#endif
