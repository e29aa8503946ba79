/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/prove.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"

#define OWN_TABLE   "sekisho"
#define OWN_GUARD   "sekisho-guard"
#define FOREIGN_MAX 64

static const struct policy no_policy;
static const struct revision no_revision = { .policy = (struct policy *)&no_policy };

enum phase { /* states of connection that are judged together */
	     PHASE_FRESH,
	     PHASE_AGAIN, /* first packets, once more, before there is an answer */
	     PHASE_OPEN,
	     PHASE_LOOSE, /* without a connection */
};

void prover_reason(struct prover *v, const char *fmt, ...)
{
	struct proof *p = v->p;
	char text[PROOF_TEXT_MAX];
	va_list args;

	p->result = PROOF_NOT;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < p->reason_count; i++) {
		if (strcmp(p->reason[i], text) == 0)
			return;
	}
	if (p->reason_count < PROOF_REASONS_MAX)
		memcpy(p->reason[p->reason_count++], text, sizeof(text));
}

static void set(struct prover *v, struct box *b, enum field f, uint64_t min, uint64_t max)
{
	b->f[f] = (struct span){ space_atom(&v->s, f, num_from(min)),
				 space_atom(&v->s, f, num_from(max)) };
}

/* Every packet that can be on the hook in these states. */
static struct box start_box(struct prover *v, uint32_t hook, enum phase phase)
{
	const struct cube any = cube_any(hook);
	struct box b = bounds_box(v, &any);
	uint32_t last = v->p->names.count - 1;

	if (hook == NF_INET_LOCAL_OUT)
		b.f[FIELD_IIF] = (struct span){ NAME_NONE, NAME_NONE };
	else if (hook != NF_INET_POST_ROUTING)
		b.f[FIELD_IIF] = (struct span){ NAME_OTHER, last };
	if (hook == NF_INET_LOCAL_IN)
		b.f[FIELD_OIF] = (struct span){ NAME_NONE, NAME_NONE };
	else if (hook != NF_INET_PRE_ROUTING)
		b.f[FIELD_OIF] = (struct span){ NAME_OTHER, last };
	if (hook == NF_INET_FORWARD)
		set(v, &b, FIELD_LOCAL, 0, 0);
	if (hook == NF_INET_LOCAL_OUT)
		set(v, &b, FIELD_MAC, UINT64_C(1) << 48, UINT64_C(1) << 48);
	else if (hook != NF_INET_POST_ROUTING)
		set(v, &b, FIELD_SKUID, UID_NONE, UID_NONE);
	if (phase == PHASE_FRESH || phase == PHASE_AGAIN) {
		set(v, &b, FIELD_CT_STATE, STATE_NEW, STATE_NEW);
		set(v, &b, FIELD_CT_DIR, 0, 0);
	} else if (phase == PHASE_OPEN)
		set(v, &b, FIELD_CT_STATE, STATE_ESTABLISHED, STATE_RELATED);
	else
		set(v, &b, FIELD_CT_STATE, STATE_INVALID, STATE_UNTRACKED);
	if (phase == PHASE_LOOSE || (phase == PHASE_FRESH && !v->marks_elsewhere))
		set(v, &b, FIELD_CT_MARK, 0, 0);
	if (phase == PHASE_AGAIN) /* the mark 0 is the first atom */
		b.f[FIELD_CT_MARK].min =
			space_atom(&v->s, FIELD_CT_MARK, num_from(0)) + 1;
	return b;
}

static bool sets_ct_mark(const struct chain *c)
{
	for (size_t r = 0; r < c->rule_count; r++) {
		for (size_t i = 0; i < c->rule[r].step_count; i++) {
			const struct step *st = &c->rule[r].step[i];

			if ((st->kind == STEP_SET || st->kind == STEP_COPY) &&
			    st->field[0] == FIELD_CT_MARK)
				return true;
		}
	}
	return false;
}

static bool is_not_understood(const struct chain *c)
{
	for (size_t r = 0; r < c->rule_count; r++) {
		for (size_t i = 0; i < c->rule[r].step_count; i++) {
			if (c->rule[r].step[i].kind == STEP_UNKNOWN ||
			    c->rule[r].step[i].kind == STEP_REWRITE)
				return true;
		}
	}
	return false;
}

/* What happens where packets are not followed: before and behind the three hooks. */
static void look_around(struct prover *v)
{
	const struct model *m = v->p->model;
	bool *around = work_alloc(v->w, m->chain_count + 1, sizeof(*around));
	bool *below = work_alloc(v->w, m->chain_count + 1, sizeof(*below));

	if (around == NULL || below == NULL)
		return;
	for (size_t c = 0; c < m->chain_count; c++) {
		const struct chain *b = &m->chain[c];
		bool ip = b->family == NFPROTO_INET || b->family == NFPROTO_IPV4 ||
			  b->family == NFPROTO_IPV6;

		if (b->hook == HOOK_NONE)
			continue;
		if (b->family == NFPROTO_NETDEV || (ip && b->hook >= HOOKS))
			order_follow(m, c, below);
		else if (ip && (b->hook == NF_INET_PRE_ROUTING ||
				b->hook == NF_INET_POST_ROUTING))
			order_follow(m, c, around);
	}
	for (size_t c = 0; c < m->chain_count; c++) {
		if (around[c] && sets_ct_mark(&m->chain[c])) {
			v->marks_elsewhere = true;
			prover_reason(v,
				      "table %s, chain %s: marks connections before or "
				      "behind the rules",
				      m->chain[c].table, m->chain[c].name);
		}
		if (below[c] && is_not_understood(&m->chain[c]))
			prover_reason(v, "table %s, chain %s: not understood",
				      m->chain[c].table, m->chain[c].name);
	}
}

static void list_foreign(struct proof *p)
{
	const struct model *m = p->model;

	p->foreign = work_alloc(&p->w, FOREIGN_MAX, sizeof(*p->foreign));
	for (size_t c = 0; c < m->chain_count && p->foreign != NULL; c++) {
		static const char *const families[] = {
			[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",
			[NFPROTO_ARP] = "arp",       [NFPROTO_NETDEV] = "netdev",
			[NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
		};
		const struct chain *ch = &m->chain[c];
		const char *family =
			ch->family < sizeof(families) / sizeof(families[0]) &&
					families[ch->family] != NULL
				? families[ch->family]
				: "?";
		char text[128];
		bool seen =
			(ch->family == NFPROTO_INET &&
			 strcmp(ch->table, OWN_GUARD) == 0) ||
			((ch->family == NFPROTO_INET || ch->family == NFPROTO_NETDEV) &&
			 strcmp(ch->table, OWN_TABLE) == 0);

		(void)snprintf(text, sizeof(text), "%s %s", family, ch->table);
		for (size_t i = 0; i < p->foreign_count && !seen; i++)
			seen = strcmp(p->foreign[i], text) == 0;
		if (!seen && p->foreign_count < FOREIGN_MAX)
			memcpy(p->foreign[p->foreign_count++], text, sizeof(text));
	}
}

static void walk(struct prover *v, uint32_t hook, enum phase phase, struct outcomes *o)
{
	struct box start = start_box(v, hook, phase);

	for (uint64_t family = 4; family <= 6 && v->w->error == 0; family += 2) {
		set(v, &start, FIELD_FAMILY, family, family);
		start.f[FIELD_SADDR] = start.f[FIELD_DADDR] =
			space_all(&v->s, FIELD_SADDR);
		if (family == 4) {
			set(v, &start, FIELD_SADDR, 0, UINT32_MAX);
			set(v, &start, FIELD_DADDR, 0, UINT32_MAX);
		}
		(void)reach_hook(&v->s, &v->program, hook, &start, o);
	}
}

static const uint32_t judged[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT };

/* Rules before and behind the three hooks: they must not rewrite, or hide, anything. */
static void judge_around(struct prover *v)
{
	struct outcomes first = { 0 }, rest = { 0 }, last = { 0 };

	v->around = true;
	walk(v, NF_INET_PRE_ROUTING, PHASE_FRESH, &first);
	walk(v, NF_INET_PRE_ROUTING, PHASE_OPEN, &rest);
	walk(v, NF_INET_PRE_ROUTING, PHASE_LOOSE, &rest);
	judge_unknown(v, &first, false);
	judge_unknown(v, &rest, true);
	judge_redirects(v, &first);
	for (size_t h = 0; h < 2; h++) {
		judge(v, judged[h], &first, NULL, &v->sure[judged[h]]);
		judge(v, judged[h], &rest, NULL, &v->sure[judged[h]]);
	}
	walk(v, NF_INET_POST_ROUTING, PHASE_FRESH, &last);
	walk(v, NF_INET_POST_ROUTING, PHASE_OPEN, &last);
	walk(v, NF_INET_POST_ROUTING, PHASE_LOOSE, &last);
	judge_unknown(v, &last, false);
	judge_rewrites(v, NF_INET_POST_ROUTING, &last);
	judge_masquerade(v);
	for (size_t h = 1; h < 3; h++)
		judge(v, judged[h], &last, NULL, &v->sure[judged[h]]);
}

/* What is found is kept; what it was found in is not. */
static void judge_later(struct prover *v, uint32_t hook, enum phase phase)
{
	struct work_mark m = work_mark(v->w);
	size_t kept = v->p->service_room;
	struct outcomes later = { 0 };

	walk(v, hook, phase, &later);
	judge_unknown(v, &later, true);
	judge(v, hook, &later, &v->may[hook], &v->sure[hook]);
	if (phase == PHASE_OPEN)
		judge_marks(v, &later);
	if (phase != PHASE_AGAIN && hook != NF_INET_LOCAL_OUT)
		judge_manner(v, hook, &later, false);
	if (phase == PHASE_LOOSE && hook == NF_INET_FORWARD)
		judge_assertions(v, &later);
	if (v->p->service_room == kept)
		work_reset(v->w, m);
}

static void judge_hooks(struct prover *v)
{
	for (size_t h = 0; h < 3; h++)
		walk(v, judged[h], PHASE_FRESH, &v->fresh[judged[h]]);
	for (size_t h = 0; h < 3 && v->w->error == 0; h++)
		matrix_add(v, judged[h]);
	later_make(v);
	judge_assertions(v, &v->fresh[NF_INET_FORWARD]);
	for (size_t h = 0; h < 3 && v->w->error == 0; h++) {
		uint32_t hook = judged[h];

		box_index_make(v->w, &v->may[hook].boxes, &v->may[hook].index);
		box_index_make(v->w, &v->sure[hook].boxes, &v->sure[hook].index);
		judge_unknown(v, &v->fresh[hook], true);
		judge(v, hook, &v->fresh[hook], &v->may[hook], &v->sure[hook]);
		if (hook != NF_INET_LOCAL_OUT)
			judge_manner(v, hook, &v->fresh[hook], true);
		if (!v->marks_elsewhere)
			judge_later(v, hook, PHASE_AGAIN);
		judge_later(v, hook, PHASE_OPEN);
		judge_later(v, hook, PHASE_LOOSE);
	}
}

static void prepare(struct prover *v, const struct facts *facts)
{
	struct proof *p = v->p;
	const struct policy *policy = p->rev->policy;

	p->reason = work_alloc(v->w, PROOF_REASONS_MAX, sizeof(*p->reason));
	p->difference = work_alloc(v->w, PROOF_DIFFERENCES_MAX, sizeof(*p->difference));
	p->assertion =
		work_alloc(v->w, policy->assertion_count + 1, sizeof(*p->assertion));
	if (v->w->error < 0 || ifnames_new(v->w, p->model, &p->names) < 0 ||
	    expect_new(v->w, p->rev, facts, &p->names, &p->expect) < 0)
		return;
	for (size_t i = 0; i < policy->assertion_count; i++)
		p->assertion[i] = (struct proof_assertion){
			.from = (uint32_t)policy->assertion[i].from,
			.to = (uint32_t)policy->assertion[i].to,
			.holds = true,
		};
	p->assertion_count = policy->assertion_count;
	v->s = (struct space){ .w = v->w,
			       .model = p->model,
			       .names = &p->names,
			       .devices = &p->expect.devices };
	for (size_t z = 0; z < policy->zone_count; z++)
		v->s.ceilings = v->s.ceilings ||
				policy->zone[z].limits.new_per_second != 0 ||
				policy->zone[z].limits.connections != 0;
	bounds_borders(v);
	if (space_build(&v->s) == 0 && program_new(&v->s, &v->program) == 0)
		bounds_make(v);
}

static void run(struct prover *v, const struct facts *facts)
{
	prepare(v, facts);
	if (v->w->error == 0)
		look_around(v);
	if (v->w->error == 0)
		order_check(v);
	if (v->w->error == 0)
		judge_hooks(v);
	if (v->w->error == 0)
		judge_around(v);
	if (v->w->error == 0)
		judge_permits(v);
	matrix_sort(v->p);
	list_foreign(v->p);
}

void prove(const struct model *m, const struct revision *rev, const struct facts *facts,
	   struct proof *ret_proof)
{
	struct prover v = { .p = ret_proof, .w = &ret_proof->w };

	*ret_proof =
		(struct proof){ .model = m, .rev = rev != NULL ? rev : &no_revision };
	for (size_t c = 0; c < m->chain_count; c++)
		ret_proof->rule_count += m->chain[c].rule_count;
	run(&v, facts);
	if (v.w->error < 0)
		ret_proof->result = PROOF_NOT;
}

void proof_free(struct proof *p)
{
	work_free(&p->w);
	*p = (struct proof){ 0 };
}
