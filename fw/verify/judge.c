/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"
#include "lib/str.h"

static uint32_t zone_at(const struct prover *v, uint64_t interface)
{
	return interface >= NAME_OTHER && interface < v->p->names.count
		       ? v->p->expect.zone_of[interface]
		       : EXPECT_NOBODY;
}

static void ends_of(const struct prover *v, uint32_t hook, const struct packet *p,
		    uint32_t *from, uint32_t *to)
{
	*from = hook == NF_INET_LOCAL_OUT ? EXPECT_GATEWAY
					  : zone_at(v, p->v[FIELD_IIF].lo);
	*to = hook == NF_INET_LOCAL_IN || hook == NF_INET_PRE_ROUTING
		      ? EXPECT_GATEWAY
		      : zone_at(v, p->v[FIELD_OIF].lo);
}

/* "flow:ID" of the rule that sent the packet on its way, else what the policy says. */
static void flow_of(const struct prover *v, struct where at, const char *policy,
		    char *dst, size_t size)
{
	const struct model *m = v->p->model;
	const char *id = "";

	if (at.chain < m->chain_count && at.rule < m->chain[at.chain].rule_count)
		id = m->chain[at.chain].rule[at.rule].id;
	if (strncmp(id, "flow:", 5) == 0)
		id += 5;
	(void)str_copy(dst, size, policy[0] != '\0' ? policy : id);
}

void judge_add(struct prover *v, const struct proof_difference *d)
{
	struct proof *p = v->p;

	p->result = p->result == PROOF_NOT ? PROOF_NOT : PROOF_BROKEN;
	for (size_t i = 0; i < p->difference_count; i++) {
		const struct proof_difference *o = &p->difference[i];

		if (o->more == d->more && o->from == d->from && o->to == d->to &&
		    o->at.chain == d->at.chain && o->at.rule == d->at.rule &&
		    strcmp(o->flow, d->flow) == 0)
			return;
	}
	if (p->difference_count < PROOF_DIFFERENCES_MAX)
		p->difference[p->difference_count++] = *d;
}

/* Has the example been found rightly? The other engine is asked too. */
static void confirm(struct prover *v, uint32_t hook, const struct proof_difference *d)
{
	struct eval e = { .model = v->p->model, .names = &v->p->names };

	for (int mode = 0; mode < 4; mode++) {
		e.limits = mode < 2;
		e.switches = mode % 2 == 0;
		e.off = !e.switches;
		eval_packet(&e, hook, &d->packet);
		if ((e.verdict == EVAL_ACCEPT) == d->more)
			return;
	}
	prover_reason(v, "the checker contradicts itself about an example");
}

void judge_differ(struct prover *v, uint32_t hook, const struct outcome *o,
		  const struct box *b, bool more, const char *flow)
{
	struct proof_difference d = { .more = more,
				      .packet = pick_packet(v, b),
				      .at = o->at };
	char text[32];
	struct range r[FIELD_COUNT];

	ends_of(v, hook, &d.packet, &d.from, &d.to);
	flow_of(v, o->region.via, flow, d.flow, sizeof(d.flow));
	judge_add(v, &d);
	if (!o->region.doubtful && !v->around)
		confirm(v, hook, &d);
	if (!more || d.packet.v[FIELD_CT_STATE].lo != STATE_NEW)
		return;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		r[f] = (struct range){ d.packet.v[f], d.packet.v[f] };
	matrix_text(r, text, sizeof(text));
	matrix_service(v, d.from, d.to, text, "");
}

struct gathering { /* what is near a box */
	struct prover *v;
	const struct boxes *from;
	const struct box *box;
	struct boxes to;
	bool covered;
};

static bool gather(void *user, size_t i)
{
	struct gathering *g = user;

	g->covered = box_covers(&g->from->item[i], g->box);
	if (!g->covered)
		boxes_add(g->v->w, &g->to, &g->from->item[i]);
	return !g->covered;
}

/* Is there a packet of b that the outcome has and that may not be? */
static bool find_more(struct prover *v, const struct outcome *o, const struct box *b,
		      struct bound *may, struct box *ret_rest)
{
	struct gathering g = { .v = v, .from = &may->boxes, .box = b };

	boxes_each(v->w, &may->boxes, &may->index, b, gather, &g);
	return !g.covered && boxes_filter(v->w, &o->region.holes, b, &g.to) &&
	       boxes_rest(v->w, b, &g.to, ret_rest);
}

static void judge_more(struct prover *v, uint32_t hook, const struct outcome *o,
		       struct bound *may)
{
	struct span in = o->region.box.f[FIELD_IIF], out = o->region.box.f[FIELD_OIF];
	struct box rest;

	if (!find_more(v, o, &o->region.box, may, &rest))
		return;
	for (uint32_t i = in.min; i <= in.max; i++) {
		for (uint32_t k = out.min; k <= out.max && v->w->error == 0; k++) {
			struct box b = o->region.box;

			b.f[FIELD_IIF] = (struct span){ i, i };
			b.f[FIELD_OIF] = (struct span){ k, k };
			if (find_more(v, o, &b, may, &rest))
				judge_differ(v, hook, o, &rest, true, "");
			if (v->p->difference_count == PROOF_DIFFERENCES_MAX)
				return;
		}
	}
}

struct lesser {
	struct prover *v;
	uint32_t hook;
	const struct outcome *o;
	const struct bound *sure;
};

static bool check_less(void *user, size_t i)
{
	struct lesser *l = user;
	uint32_t cube = l->sure->cube[i];
	struct box b, rest;

	if (box_meet(&l->o->region.box, &l->sure->boxes.item[i], &b) &&
	    boxes_rest(l->v->w, &b, &l->o->region.holes, &rest))
		judge_differ(l->v, l->hook, l->o, &rest, false,
			     cube == UINT32_MAX ? "" : l->v->p->expect.cube[cube].flow);
	return l->v->w->error == 0;
}

static void judge_less(struct prover *v, uint32_t hook, const struct outcome *o,
		       struct bound *sure)
{
	struct lesser l = { v, hook, o, sure };

	boxes_each(v->w, &sure->boxes, &sure->index, &o->region.box, check_less, &l);
}

void judge(struct prover *v, uint32_t hook, const struct outcomes *o, struct bound *may,
	   struct bound *sure)
{
	for (size_t i = 0; i < o->count && v->w->error == 0; i++) {
		if (may != NULL && o->item[i].kind == OUTCOME_ACCEPT)
			judge_more(v, hook, &o->item[i], may);
		if (o->item[i].kind == OUTCOME_DROP && !o->item[i].region.doubtful)
			judge_less(v, hook, &o->item[i], sure);
	}
}

static const char *table_of(const struct prover *v, struct where at)
{
	return at.chain < v->p->model->chain_count ? v->p->model->chain[at.chain].table
						   : "?";
}

void judge_unknown(struct prover *v, const struct outcomes *o, bool rewrite_too)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct outcome *c = &o->item[i];
		const struct chain *in = &v->p->model->chain[c->at.chain];
		const char *what = "";
		struct box rest;

		if (c->kind != OUTCOME_UNKNOWN &&
		    (c->kind != OUTCOME_REWRITE || !rewrite_too))
			continue;
		if (!boxes_rest(v->w, &c->region.box, &c->region.holes, &rest))
			continue;
		for (size_t s = 0; s < in->rule[c->at.rule].step_count; s++) {
			if (in->rule[c->at.rule].step[s].kind == STEP_UNKNOWN ||
			    in->rule[c->at.rule].step[s].kind == STEP_REWRITE)
				what = in->rule[c->at.rule].step[s].what;
		}
		prover_reason(v,
			      "table %s, chain %s, rule %u: '%s' is not understood here",
			      table_of(v, c->at), in->name, c->at.rule + 1u, what);
	}
}

static bool is_redirect(const struct prover *v, const struct outcome *o)
{
	return o->port != 0 && o->port == v->p->rev->policy->proxy.port;
}

/* What is led to the proxy is what the policy's transparent zones say. */
void judge_redirects(struct prover *v, const struct outcomes *o)
{
	struct bound *may = &v->may[NF_INET_PRE_ROUTING];

	for (size_t i = 0; i < o->count && v->w->error == 0; i++) {
		if (o->item[i].kind == OUTCOME_REWRITE)
			judge_more(v, NF_INET_PRE_ROUTING, &o->item[i],
				   is_redirect(v, &o->item[i]) ? may
							       : &v->may[EXPECT_PUBLISH]);
		if (o->item[i].kind == OUTCOME_UNKNOWN || o->item[i].region.doubtful)
			continue;
		if (o->item[i].kind != OUTCOME_REWRITE)
			judge_less(v, NF_INET_PRE_ROUTING, &o->item[i],
				   &v->sure[NF_INET_PRE_ROUTING]);
		if (o->item[i].kind != OUTCOME_REWRITE || is_redirect(v, &o->item[i]))
			judge_less(v, NF_INET_PRE_ROUTING, &o->item[i],
				   &v->sure[EXPECT_PUBLISH]);
		else
			judge_server(v, &o->item[i]);
	}
}

static bool is_masquerade(const struct prover *v, struct where at)
{
	const struct rule *r = &v->p->model->chain[at.chain].rule[at.rule];

	for (size_t i = 0; i < r->step_count; i++) {
		if (r->step[i].kind == STEP_REWRITE)
			return strcmp(r->step[i].what, "masquerade") == 0;
	}
	return false;
}

/* Addresses are changed behind the rules only where a flow says so, and to our own. */
void judge_rewrites(struct prover *v, uint32_t hook, const struct outcomes *o)
{
	struct bound none = { 0 };

	for (size_t i = 0; i < o->count && v->w->error == 0; i++) {
		if (o->item[i].kind == OUTCOME_REWRITE)
			judge_more(v, hook, &o->item[i],
				   is_masquerade(v, o->item[i].at) ? &v->may[hook]
								   : &none);
	}
}

static bool breaks(struct prover *v, const struct outcome *o, uint32_t in, uint32_t out,
		   struct proof_assertion *a)
{
	struct box b = o->region.box, rest;

	if (!box_cut(&b, FIELD_IIF, (struct span){ in, in }) ||
	    !box_cut(&b, FIELD_OIF, (struct span){ out, out }) ||
	    !boxes_rest(v->w, &b, &o->region.holes, &rest))
		return false;
	a->holds = false;
	a->has_packet = true;
	a->packet = pick_packet(v, &rest);
	return true;
}

static void judge_assertion(struct prover *v, const struct outcome *o,
			    struct proof_assertion *a)
{
	const struct policy *p = v->p->rev->policy;

	for (size_t i = 0; i < p->zone[a->from].interface_count; i++) {
		for (size_t k = 0; k < p->zone[a->to].interface_count; k++) {
			if (breaks(v, o, v->p->expect.interface[a->from][i],
				   v->p->expect.interface[a->to][k], a))
				return;
		}
	}
}

void judge_assertions(struct prover *v, const struct outcomes *o)
{
	for (size_t i = 0; i < v->p->assertion_count; i++) {
		struct proof_assertion *a = &v->p->assertion[i];

		for (size_t k = 0; k < o->count && a->holds; k++) {
			if (o->item[k].kind == OUTCOME_ACCEPT)
				judge_assertion(v, &o->item[k], a);
		}
		if (!a->holds && v->p->result == PROOF_PROVED)
			v->p->result = PROOF_BROKEN;
	}
}
