/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"
#include "lib/str.h"

#define LATE_MS 3000 /* a clock that is set, and the time between load and dump */

/* Said beside a difference that its packet does not explain. */
static PRINTF_FMT(2, 3) void judge_note(struct prover *v, const char *fmt, ...)
{
	char text[PROOF_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < v->p->reason_count; i++) {
		if (strcmp(v->p->reason[i], text) == 0)
			return;
	}
	if (v->p->reason_count < PROOF_REASONS_MAX)
		memcpy(v->p->reason[v->p->reason_count++], text, sizeof(text));
}

/* --- ceilings --- */

/* Below exactly these ceilings: 0; without one of them: 1; below others as well: -1. */
static int compare_ceilings(const struct region *r, const struct policy_source_limits *l)
{
	uint32_t wanted[2] = { l->new_per_second, l->connections };
	bool used[REACH_CEILINGS] = { 0 };

	for (size_t k = 0; k < 2; k++) {
		size_t i = 0;

		if (wanted[k] == 0)
			continue;
		while (i < REACH_CEILINGS && (used[i] || r->ceiling[i] != wanted[k]))
			i++;
		if (i == REACH_CEILINGS)
			return 1;
		used[i] = true;
	}
	for (size_t i = 0; i < REACH_CEILINGS; i++) {
		if (!used[i] && r->ceiling[i] != 0)
			return -1;
	}
	return 0;
}

struct manner { /* in which an outcome's packets pass */
	struct prover *v;
	uint32_t hook;
	const struct outcome *o;
	int more; /* 1: freely, -1: below other ceilings */
	const char *what;
	const char *zone;
	struct box box; /* of the outcome, at one interface */
};

/* Only what has to pass counts. */
static bool judge_sure(void *user, size_t i)
{
	struct manner *m = user;
	struct prover *v = m->v;
	struct box b, rest;

	if (!box_meet(&m->box, &v->sure[m->hook].boxes.item[i], &b) ||
	    !boxes_rest(v->w, &b, &m->o->region.holes, &rest))
		return v->w->error == 0;
	v->around = true; /* that it passes is right */
	judge_differ(v, m->hook, m->o, &rest, m->more > 0, "");
	v->around = false;
	judge_note(v, "packets from zone %s %s", m->zone, m->what);
	return false;
}

static void judge_box(struct manner *m, uint32_t in)
{
	struct prover *v = m->v;

	m->box = m->o->region.box;
	if (box_cut(&m->box, FIELD_IIF, (struct span){ in, in }))
		boxes_each(v->w, &v->sure[m->hook].boxes, &v->sure[m->hook].index,
			   &m->box, judge_sure, m);
}

/* A connection with a mark that is no permit's does not end with its permit. */
static bool is_tied(const struct prover *v, const struct region *r)
{
	struct range mark;

	if (!r->set[1])
		return true;
	mark = space_values(&v->s, FIELD_CT_MARK, r->now[1]);
	return revision_is_permit_mark((uint32_t)mark.min.lo);
}

static void judge_from(struct prover *v, uint32_t hook, const struct outcome *o,
		       uint32_t in, bool fresh)
{
	static const struct policy_source_limits none;
	const struct policy *p = v->p->rev->policy;
	uint32_t zone = v->p->expect.zone_of[in];
	struct manner m = { .v = v, .hook = hook, .o = o };

	if (zone >= p->zone_count)
		return;
	m.zone = p->zone[zone].name;
	m.more = compare_ceilings(&o->region, fresh ? &p->zone[zone].limits : &none);
	m.what = m.more > 0 ? "pass without the ceilings of the zone"
			    : "pass only below ceilings that they have not";
	if (m.more != 0)
		judge_box(&m, in);
	m.more = 1;
	m.what = "open connections that do not end with their permits";
	if (expect_admits(&v->p->expect, zone) && !is_tied(v, &o->region))
		judge_box(&m, in);
	m.what = "pass also when they cannot be recorded";
	if (fresh && hook == NF_INET_FORWARD && !o->region.recorded)
		judge_box(&m, in);
}

void judge_manner(struct prover *v, uint32_t hook, const struct outcomes *o, bool fresh)
{
	for (size_t i = 0; i < o->count && v->w->error == 0; i++) {
		struct span in = o->item[i].region.box.f[FIELD_IIF];

		for (uint32_t k = in.min;
		     o->item[i].kind == OUTCOME_ACCEPT && k <= in.max; k++)
			judge_from(v, hook, &o->item[i], k, fresh);
	}
}

void judge_marks(struct prover *v, const struct outcomes *o)
{
	for (size_t i = 0; i < o->count && v->w->error == 0; i++) {
		const struct region *r = &o->item[i].region;
		const struct span *own = &r->box.f[FIELD_CT_MARK];
		struct box rest;

		if (r->set[1] && (own->min != r->now[1] || own->max != r->now[1]) &&
		    boxes_rest(v->w, &r->box, &r->holes, &rest))
			prover_reason(v, "connections that are open get another mark");
	}
}

/* --- addresses that change --- */

static void judge_leaving(struct prover *v, const struct outcome *passed,
			  const struct cube *c)
{
	struct box start = bounds_box(v, c), rest;
	struct outcomes left = { 0 };

	if (!box_meet(&start, &passed->region.box, &start) ||
	    !boxes_rest(v->w, &start, &passed->region.holes, &rest))
		return;
	for (size_t m = 0; m < 2; m++) {
		if (passed->region.set[m])
			start.f[m == 0 ? FIELD_MARK : FIELD_CT_MARK] =
				(struct span){ passed->region.now[m],
					       passed->region.now[m] };
	}
	(void)reach_hook(&v->s, &v->program, NF_INET_POST_ROUTING, &start, &left);
	for (size_t i = 0; i < left.count && v->w->error == 0; i++) {
		const struct outcome *o = &left.item[i];
		struct boxes holes = { 0 };

		for (size_t k = 0; k < o->region.holes.count; k++)
			boxes_add(v->w, &holes, &o->region.holes.item[k]);
		for (size_t k = 0; k < passed->region.holes.count; k++)
			boxes_add(v->w, &holes, &passed->region.holes.item[k]);
		if (o->kind == OUTCOME_ACCEPT && !o->region.doubtful &&
		    boxes_rest(v->w, &o->region.box, &holes, &rest))
			judge_differ(v, NF_INET_FORWARD, o, &rest, false, c->flow);
	}
}

void judge_masquerade(struct prover *v)
{
	const struct expect *x = &v->p->expect;
	const struct outcomes *o = &v->fresh[NF_INET_FORWARD];

	for (size_t i = 0; i < x->count; i++) {
		if (x->cube[i].hook != NF_INET_POST_ROUTING || !x->cube[i].sure)
			continue;
		for (size_t k = 0; k < o->count && v->w->error == 0; k++) {
			if (o->item[k].kind == OUTCOME_ACCEPT &&
			    !o->item[k].region.doubtful)
				judge_leaving(v, &o->item[k], &x->cube[i]);
		}
	}
}

static const struct policy_flow *flow_by_id(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		if (strcmp(p->flow[i].id, id) == 0)
			return &p->flow[i];
	}
	return NULL;
}

/* Is it the one address of that family which the flow is for? */
static bool is_server(const struct policy *p, const struct cube *c, struct num address)
{
	const struct policy_flow *f = flow_by_id(p, c->flow);

	for (size_t i = 0; f != NULL && i < f->destination_count; i++) {
		const struct policy_prefixes *nets =
			&p->group[f->destination[i]].networks;

		for (size_t k = 0; k < nets->count; k++) {
			if (nets->item[k].addr.family == c->r[FIELD_FAMILY].min.lo)
				return num_cmp(num_of_addr(nets->item[k].addr),
					       address) == 0;
		}
	}
	return false;
}

void judge_server(struct prover *v, const struct outcome *o)
{
	const struct expect *x = &v->p->expect;
	const struct rule *r = &v->p->model->chain[o->at.chain].rule[o->at.rule];
	struct num address = { 0 };

	for (size_t i = 0; i < r->step_count; i++) {
		if (r->step[i].kind == STEP_REWRITE)
			address = r->step[i].address;
	}
	for (size_t i = 0; i < x->count && v->w->error == 0; i++) {
		struct box b, rest;

		if (x->cube[i].hook != EXPECT_PUBLISH || !x->cube[i].sure ||
		    is_server(v->p->rev->policy, &x->cube[i], address))
			continue;
		b = bounds_box(v, &x->cube[i]);
		if (box_meet(&b, &o->region.box, &b) &&
		    boxes_rest(v->w, &b, &o->region.holes, &rest))
			judge_differ(v, NF_INET_PRE_ROUTING, o, &rest, false,
				     x->cube[i].flow);
	}
}

/* --- time --- */

/* An element that outlives its permit, or ends before it. */
static void judge_end(struct prover *v, const struct device *d, uint64_t timeout_ms)
{
	struct proof_difference diff = { .from = v->p->expect.zone_of[d->iif],
					 .to = EXPECT_GATEWAY,
					 .at = { REACH_NOWHERE, 0 } };
	int64_t end_ms = v->p->expect.facts.now * 1000 + (int64_t)timeout_ms;
	bool early =
		timeout_ms != 0 && (d->until == 0 || end_ms < d->until * 1000 - LATE_MS);
	bool late =
		d->until != 0 && (timeout_ms == 0 || end_ms > d->until * 1000 + LATE_MS);

	if (!early && !late)
		return;
	diff.more = late;
	diff.packet.v[FIELD_FAMILY] = num_from(4);
	diff.packet.v[FIELD_IIF] = num_from(d->iif);
	diff.packet.v[FIELD_MAC] = num_from(d->mac);
	(void)str_copy(diff.flow, sizeof(diff.flow), d->permit->id);
	judge_add(v, &diff);
	judge_note(v, "permit %s %s in the kernel than the policy says", d->permit->id,
		   late ? "lasts longer" : "ends earlier");
}

/* What is no permit's stays for good. */
static void judge_constant(struct prover *v, const struct element *e)
{
	uint64_t mark = e->key[0].min.lo;
	struct proof_difference diff = { .from = EXPECT_GATEWAY,
					 .to = EXPECT_GATEWAY,
					 .at = { REACH_NOWHERE, 0 } };

	if (e->timeout_ms == 0 || revision_is_permit_mark((uint32_t)mark) ||
	    !v->given[space_atom(&v->s, FIELD_CT_MARK, e->key[0].min)])
		return;
	diff.packet.v[FIELD_FAMILY] = num_from(4);
	diff.packet.v[FIELD_CT_STATE] = num_from(STATE_ESTABLISHED);
	diff.packet.v[FIELD_CT_MARK] = e->key[0].min;
	judge_add(v, &diff);
	judge_note(v,
		   "connections with the mark 0x%llx, which has no end in the policy, "
		   "end by themselves in the kernel",
		   (unsigned long long)mark);
}

static const struct device *by_mark(const struct devices *d, uint64_t mark)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->item[i].mark == mark)
			return &d->item[i];
	}
	return NULL;
}

static void judge_set(struct prover *v, const struct step *st)
{
	const struct set *set = &v->p->model->set[st->set];
	const struct devices *devices = &v->p->expect.devices;

	for (size_t i = 0; i < set->element_count; i++) {
		const struct element *e = &set->element[i];
		const struct device *d = NULL;

		if (st->kind == STEP_MAP && st->field_count >= 2 &&
		    st->field[0] == FIELD_IIF && st->field[1] == FIELD_MAC)
			d = devices_find(devices, (uint32_t)e->key[0].min.lo,
					 e->key[1].min.lo);
		if (st->kind == STEP_MAP && st->field_count == 2 &&
		    st->field[0] == FIELD_IIF && st->field[1] == FIELD_SADDR)
			d = by_mark(devices, e->data);
		if (d != NULL)
			judge_end(v, d, e->timeout_ms);
	}
	if (st->kind != STEP_LOOKUP || st->field_count != 1 ||
	    (st->field[0] != FIELD_CT_MARK && st->field[0] != FIELD_MARK) ||
	    work_step(v->w, set->element_count) < 0)
		return;
	for (size_t i = 0; i < set->element_count; i++) {
		const struct element *e = &set->element[i];
		const struct device *d = by_mark(devices, e->key[0].min.lo);

		if (d != NULL)
			judge_end(v, d, e->timeout_ms);
		else if (st->field[0] == FIELD_CT_MARK)
			judge_constant(v, e);
	}
}

void judge_permits(struct prover *v)
{
	const struct model *m = v->p->model;
	bool *seen = work_alloc(v->w, m->set_count + 1, sizeof(*seen));

	for (size_t c = 0; c < m->chain_count && v->w->error == 0; c++) {
		for (size_t r = 0; r < m->chain[c].rule_count; r++) {
			const struct rule *rule = &m->chain[c].rule[r];

			for (size_t i = 0; i < rule->step_count; i++) {
				const struct step *st = &rule->step[i];

				if ((st->kind != STEP_MAP && st->kind != STEP_LOOKUP) ||
				    seen[st->set])
					continue;
				seen[st->set] = true;
				judge_set(v, st);
			}
		}
	}
}
