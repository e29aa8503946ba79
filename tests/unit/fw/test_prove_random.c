/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The box engine against two others: decision diagrams (BuDDy), for all packets of
 * random small rulesets, and plain evaluation, for many packets of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bdd.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/eval.h"
#include "fw/verify/num.h"
#include "fw/verify/reach.h"
#include "tests/unit/fw/model_of.h"

#define RULESETS  300
#define PACKETS   200 /* of each */
#define CHAINS    4 /* that can be jumped to */
#define MARKS     4
#define DEPTH_MAX 20

/* The fields in use, and their bits. */
static const struct {
	enum field f;
	unsigned bits;
} fields[] = { { FIELD_PROTO, 8 },   { FIELD_DPORT, 16 }, { FIELD_SPORT, 16 },
	       { FIELD_DADDR, 12 },  { FIELD_SADDR, 12 }, { FIELD_MAC, 6 },
	       { FIELD_HOPLIMIT, 8 } };

static uint32_t state_of_random;

static uint32_t pick(uint32_t n)
{
	state_of_random = state_of_random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(state_of_random >> 8) * n) >> 24);
}

/* --- random rulesets --- */

static void random_range(size_t i, uint64_t *min, uint64_t *max)
{
	uint64_t top = (UINT64_C(1) << fields[i].bits) - 1;

	*min = pick((uint32_t)top + 1);
	*max = pick(3) == 0 ? *min : *min + pick((uint32_t)(top - *min) + 1);
}

static void random_match(struct rule *r)
{
	size_t i = pick(ARRAY_LEN(fields));
	uint64_t min, max;

	random_range(i, &min, &max);
	model_match(r, fields[i].f, min, max);
}

static void random_lookup(struct rule *r)
{
	size_t set = pick(2);

	model_step(r, (struct step){ .kind = STEP_LOOKUP,
				     .field = { FIELD_MAC, FIELD_DADDR },
				     .field_count = 2,
				     .set = set,
				     .negated = pick(3) == 0 });
}

static void random_mark(struct rule *r)
{
	enum field f = pick(2) == 0 ? FIELD_MARK : FIELD_CT_MARK;

	switch (pick(4)) {
	case 0:
		model_step(r, (struct step){ .kind = STEP_SET,
					     .field = { f },
					     .field_count = 1,
					     .value = pick(MARKS) });
		return;
	case 1:
		model_step(r, (struct step){ .kind = STEP_COPY,
					     .field = { f },
					     .field_count = 1 });
		return;
	case 2:
		model_step(r, (struct step){ .kind = STEP_MAP,
					     .field = { FIELD_MAC, FIELD_DADDR },
					     .field_count = 2,
					     .set = 2 });
		return;
	default:
		model_match(r, f, pick(2), 1 + pick(MARKS - 1));
	}
}

static void random_rule(struct model *m, size_t chain)
{
	struct rule *r = model_rule(m, chain, SIZE_MAX);

	for (uint32_t n = pick(4); n > 0; n--) {
		if (pick(4) == 0)
			random_lookup(r);
		else
			random_match(r);
	}
	if (pick(4) == 0)
		random_mark(r);
	if (pick(8) == 0)
		return;
	/* a chain leads to later ones only: there are no loops */
	if (chain + 1 < CHAINS + 2 && pick(2) == 0 && chain != 1) {
		size_t first = chain == 0 ? 2 : chain + 1;

		if (first < CHAINS + 2) {
			model_verdict(r, pick(2) == 0 ? VERDICT_JUMP : VERDICT_GOTO,
				      first + pick((uint32_t)(CHAINS + 2 - first)));
			return;
		}
	}
	model_verdict(
		r,
		(enum verdict[]){ VERDICT_ACCEPT, VERDICT_DROP, VERDICT_RETURN }[pick(3)],
		0);
}

static struct model *random_model(void)
{
	struct model *m = model_make();

	for (size_t s = 0; s < 3; s++) {
		(void)model_set(m, "set", 2, s == 2);
		for (uint32_t n = pick(8); n > 0; n--) {
			struct element e = { .data = pick(MARKS) };
			uint64_t mac = pick(64), min, max;

			e.key[0] = range_of(mac, mac);
			random_range(3, &min, &max);
			e.key[1] = s == 0 ? range_of(min, max) : range_of(min, min);
			/* a key is in a map once */
			if (s != 2 || m->set[2].element_count == 0 ||
			    mac > m->set[2].element[m->set[2].element_count - 1]
					    .key[0]
					    .min.lo)
				model_element(m, s, e);
		}
	}
	(void)model_chain(m, "a", "first", NF_INET_FORWARD, 0,
			  pick(2) == 0 ? VERDICT_ACCEPT : VERDICT_DROP);
	(void)model_chain(m, "b", "second", NF_INET_FORWARD, 10,
			  pick(4) == 0 ? VERDICT_DROP : VERDICT_ACCEPT);
	for (size_t c = 0; c < CHAINS; c++)
		(void)model_chain(m, "a", "more", HOOK_NONE, 0, VERDICT_ACCEPT);
	for (size_t c = 0; c < m->chain_count; c++) {
		for (uint32_t n = 1 + pick(5); n > 0; n--)
			random_rule(m, c);
	}
	return m;
}

/* --- decision diagrams --- */

static int first_bit(enum field f)
{
	int at = 0;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (fields[i].f == f)
			return at;
		at += (int)fields[i].bits;
	}
	return -1;
}

static unsigned bits_of(enum field f)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (fields[i].f == f)
			return fields[i].bits;
	}
	return 0;
}

/* Values up to max, or from min on. */
static bdd bdd_bound(enum field f, uint64_t v, bool upper)
{
	int at = first_bit(f);
	unsigned bits = bits_of(f);
	bdd b = bddtrue;

	for (unsigned i = 0; i < bits; i++) { /* the lowest bit first */
		int var = at + (int)(bits - 1 - i);
		bool one = (v >> i & 1) != 0;

		if (upper)
			b = one ? bdd_or(bdd_nithvar(var), b)
				: bdd_and(bdd_nithvar(var), b);
		else
			b = one ? bdd_and(bdd_ithvar(var), b)
				: bdd_or(bdd_ithvar(var), b);
		bdd_addref(b);
	}
	return b;
}

static bdd bdd_range(enum field f, struct range r)
{
	uint64_t top = (UINT64_C(1) << bits_of(f)) - 1;

	if (r.min.hi != 0 || r.min.lo > top)
		return bddfalse;
	return bdd_addref(bdd_and(
		bdd_bound(f, r.min.lo, false),
		bdd_bound(f, r.max.hi != 0 || r.max.lo > top ? top : r.max.lo, true)));
}

struct flow { /* packets with the marks that they have now */
	bdd set[MARKS][MARKS];
};

static void flow_add(struct flow *f, unsigned mark, unsigned ct, bdd b)
{
	f->set[mark][ct] = bdd_addref(bdd_or(f->set[mark][ct], b));
}

static const struct flow nothing; /* bddfalse is 0 */

struct result {
	bdd accept, drop;
	struct flow passed;
};

static bdd bdd_key(const struct model *m, const struct step *st, size_t i)
{
	const struct element *e = &m->set[st->set].element[i];
	bdd b = bddtrue;

	for (size_t k = 0; k < st->field_count; k++)
		b = bdd_addref(bdd_and(b, bdd_range(st->field[k], e->key[k])));
	return b;
}

static void run_chain(const struct model *m, size_t chain, const struct flow *in,
		      struct result *res, struct flow *back);

/* One rule on packets of two known marks; what goes on with the next rule to rest. */
static void run_steps(const struct model *m, const struct rule *r, size_t i, bdd b,
		      unsigned mark, unsigned ct, struct result *res, struct flow *rest,
		      struct flow *back)
{
	const struct step *st;
	struct flow one = { { { 0 } } };
	bdd hit = bddfalse;
	unsigned v;

	if (b == bddfalse)
		return;
	if (i == r->step_count) {
		flow_add(rest, mark, ct, b);
		return;
	}
	st = &r->step[i];
	if (st->kind == STEP_SET) {
		if (st->field[0] == FIELD_MARK)
			run_steps(m, r, i + 1, b, st->value, ct, res, rest, back);
		else
			run_steps(m, r, i + 1, b, mark, st->value, res, rest, back);
		return;
	}
	if (st->kind == STEP_COPY) {
		v = st->field[0] == FIELD_MARK ? ct : mark;
		run_steps(m, r, i + 1, b, v, v, res, rest, back);
		return;
	}
	if (st->kind == STEP_VERDICT) {
		flow_add(&one, mark, ct, b);
		switch (st->verdict) {
		case VERDICT_ACCEPT:
			flow_add(&res->passed, mark, ct, b);
			return;
		case VERDICT_DROP:
			res->drop = bdd_addref(bdd_or(res->drop, b));
			return;
		case VERDICT_RETURN:
			flow_add(back, mark, ct, b);
			return;
		case VERDICT_JUMP:
			run_chain(m, st->chain, &one, res, rest);
			return;
		case VERDICT_GOTO:
			run_chain(m, st->chain, &one, res, back);
			return;
		}
	}
	if (st->kind == STEP_MATCH &&
	    (st->field[0] == FIELD_MARK || st->field[0] == FIELD_CT_MARK)) {
		v = st->field[0] == FIELD_MARK ? mark : ct;
		hit = range_has(st->range[0], num_from(v)) ? bddtrue : bddfalse;
	} else if (st->kind == STEP_MATCH)
		hit = bdd_range(st->field[0], st->range[0]);
	for (size_t e = 0; st->kind != STEP_MATCH && e < m->set[st->set].element_count;
	     e++) {
		bdd key = bdd_key(m, st, e);

		if (st->kind == STEP_MAP)
			run_steps(m, r, i + 1, bdd_addref(bdd_and(b, key)),
				  m->set[st->set].element[e].data, ct, res, rest, back);
		hit = bdd_addref(bdd_or(hit, key));
	}
	if (st->negated)
		hit = bdd_addref(bdd_not(hit));
	if (st->kind != STEP_MAP)
		run_steps(m, r, i + 1, bdd_addref(bdd_and(b, hit)), mark, ct, res, rest,
			  back);
	flow_add(rest, mark, ct, bdd_addref(bdd_and(b, bdd_not(hit))));
}

static void run_chain(const struct model *m, size_t chain, const struct flow *in,
		      struct result *res, struct flow *back)
{
	struct flow now = *in;

	for (size_t r = 0; r < m->chain[chain].rule_count; r++) {
		struct flow rest = nothing;

		for (unsigned a = 0; a < MARKS; a++) {
			for (unsigned c = 0; c < MARKS; c++)
				run_steps(m, &m->chain[chain].rule[r], 0, now.set[a][c],
					  a, c, res, &rest, back);
		}
		now = rest;
	}
	for (unsigned a = 0; a < MARKS; a++) {
		for (unsigned c = 0; c < MARKS; c++)
			flow_add(back, a, c, now.set[a][c]);
	}
}

static bdd bdd_pass(const struct model *m)
{
	struct flow now = nothing;
	bdd all = bddfalse;

	now.set[0][0] = bddtrue;
	for (size_t base = 0; base < 2; base++) {
		struct result res = { .accept = bddfalse, .drop = bddfalse };
		struct flow back = nothing;

		run_chain(m, base, &now, &res, &back);
		now = res.passed;
		for (unsigned a = 0; a < MARKS * MARKS; a++) {
			if (m->chain[base].policy == VERDICT_ACCEPT)
				flow_add(&now, a / MARKS, a % MARKS,
					 back.set[a / MARKS][a % MARKS]);
		}
	}
	for (unsigned a = 0; a < MARKS * MARKS; a++)
		all = bdd_addref(bdd_or(all, now.set[a / MARKS][a % MARKS]));
	return all;
}

/* --- the box engine --- */

struct boxed {
	struct work w;
	struct ifnames names;
	struct devices devices;
	struct space s;
	struct program p;
	struct outcomes o;
};

static void box_all(struct boxed *b, const struct model *m)
{
	struct box start;

	memset(b, 0, sizeof(*b));
	assert_int_equal(ifnames_new(&b->w, m, &b->names), 0);
	b->s = (struct space){
		.w = &b->w, .model = m, .names = &b->names, .devices = &b->devices
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		space_border(&b->s, fields[i].f,
			     range_of(0, (UINT64_C(1) << fields[i].bits) - 1));
	space_border(&b->s, FIELD_CT_STATE, range_of(0, 0));
	assert_int_equal(space_build(&b->s), 0);
	assert_int_equal(program_new(&b->s, &b->p), 0);
	for (size_t f = 0; f < FIELD_COUNT; f++)
		start.f[f] = space_all(&b->s, (enum field)f);
	start.f[FIELD_MARK].min = start.f[FIELD_MARK].max =
		space_atom(&b->s, FIELD_MARK, num_from(0));
	start.f[FIELD_CT_MARK] = start.f[FIELD_MARK];
	assert_int_equal(reach_hook(&b->s, &b->p, NF_INET_FORWARD, &start, &b->o), 0);
}

/* All values of a span of atoms; groups are taken apart. */
static bdd bdd_span(struct boxed *b, enum field f, struct span s)
{
	const struct axis *a = &b->s.axis[f == FIELD_DADDR   ? FIELD_SADDR
					  : f == FIELD_DPORT ? FIELD_SPORT
							     : f];
	bdd all = bddfalse;

	for (size_t i = 0; i < a->count; i++) {
		uint32_t atom = a->class != NULL ? a->class[i] : (uint32_t)i;
		struct range r = { a->start[i], field_max(f) };

		if (atom < s.min || atom > s.max)
			continue;
		if (i + 1 < a->count) {
			r.max = a->start[i + 1];
			r.max.hi -= r.max.lo == 0;
			r.max.lo--;
		}
		all = bdd_addref(bdd_or(all, bdd_range(f, r)));
	}
	return all;
}

static bdd bdd_box(struct boxed *b, const struct box *box)
{
	bdd all = bddtrue;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		all = bdd_addref(
			bdd_and(all, bdd_span(b, fields[i].f, box->f[fields[i].f])));
	return all;
}

static bdd bdd_boxed(struct boxed *b, enum outcome_kind kind)
{
	bdd all = bddfalse;

	for (size_t i = 0; i < b->o.count; i++) {
		const struct outcome *o = &b->o.item[i];
		bdd one;

		if (o->kind != kind)
			continue;
		one = bdd_box(b, &o->region.box);
		for (size_t k = 0; k < o->region.holes.count; k++)
			one = bdd_addref(bdd_and(
				one, bdd_not(bdd_box(b, &o->region.holes.item[k]))));
		all = bdd_addref(bdd_or(all, one));
	}
	return all;
}

/* --- plain evaluation --- */

static bool is_in(struct boxed *b, const struct box *box, const struct packet *p)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		enum field f = fields[i].f;
		uint32_t atom = space_atom(&b->s, f, p->v[f]);

		if (atom < box->f[f].min || atom > box->f[f].max)
			return false;
	}
	return true;
}

static bool is_accepted(struct boxed *b, const struct packet *p)
{
	for (size_t i = 0; i < b->o.count; i++) {
		const struct region *r = &b->o.item[i].region;
		bool in = b->o.item[i].kind == OUTCOME_ACCEPT && is_in(b, &r->box, p);

		for (size_t k = 0; k < r->holes.count && in; k++)
			in = !is_in(b, &r->holes.item[k], p);
		if (in)
			return true;
	}
	return false;
}

static void compare_packets(struct boxed *b, const struct model *m)
{
	struct eval e = { .model = m, .names = &b->names };

	for (unsigned n = 0; n < PACKETS; n++) {
		struct packet p = { .v[FIELD_FAMILY] = { .lo = 4 } };

		for (size_t i = 0; i < ARRAY_LEN(fields); i++)
			p.v[fields[i].f] = num_from(pick(1u << fields[i].bits));
		eval_packet(&e, NF_INET_FORWARD, &p);
		assert_int_equal(e.verdict == EVAL_ACCEPT, is_accepted(b, &p));
	}
}

static void test_random(void **state)
{
	size_t some = 0;

	(void)state;
	(void)bdd_init(400000, 40000);
	(void)bdd_setvarnum(78);
	(void)bdd_setmaxincrease(400000);
	(void)bdd_gbc_hook(NULL);
	for (uint32_t seed = 1; seed <= RULESETS; seed++) {
		struct model *m;
		struct boxed b;
		bdd pass, boxed;

		state_of_random = seed * 2654435761u;
		m = random_model();
		box_all(&b, m);
		pass = bdd_addref(bdd_pass(m));
		boxed = bdd_boxed(&b, OUTCOME_ACCEPT);
		if (pass != boxed)
			(void)fprintf(stderr, "seed %u\n", seed);
		assert_int_equal(pass, boxed);
		assert_int_equal(bdd_not(pass), bdd_boxed(&b, OUTCOME_DROP));
		some += pass != bddfalse && pass != bddtrue;
		compare_packets(&b, m);
		work_free(&b.w);
		model_drop(m);
	}
	assert_in_range(some, RULESETS / 3, RULESETS);
	bdd_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
