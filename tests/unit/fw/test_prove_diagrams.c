/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The box engine against decision diagrams (BuDDy), for all packets that the golden
 * rulesets can meet: every bit of every field, with each mark that a connection can have.
 * Random small rulesets are compared in test_prove_random.c.
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

#include "fw/verify/num.h"
#include "fw/verify/reach.h"
#include "tests/unit/fw/golden.h"
#include "tests/unit/fw/model_of.h"

#define MARKS_MAX 64

/* Marks are no variables: packets are told apart by the two that they have now. */
static const struct {
	enum field f;
	unsigned bits;
} fields[] = {
	{ FIELD_FAMILY, 3 },    { FIELD_IIF, 6 },      { FIELD_OIF, 6 },
	{ FIELD_CT_STATE, 3 },  { FIELD_CT_DIR, 1 },   { FIELD_PROTO, 8 },
	{ FIELD_DPORT, 16 },    { FIELD_SPORT, 16 },   { FIELD_ICMP_TYPE, 8 },
	{ FIELD_ICMP_CODE, 8 }, { FIELD_HOPLIMIT, 8 }, { FIELD_LOCAL, 1 },
	{ FIELD_RPF, 1 },       { FIELD_SKUID, 32 },   { FIELD_MAC, 49 },
	{ FIELD_DADDR, 128 },   { FIELD_SADDR, 128 },
};

static const struct model *m; /* looked at */
static uint32_t mark[MARKS_MAX]; /* one for each that a rule or a set tells apart */
static unsigned mark_count;

static int place_of(enum field f, unsigned *ret_bits)
{
	int at = 0;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		*ret_bits = fields[i].bits;
		if (fields[i].f == f)
			return at;
		at += (int)fields[i].bits;
	}
	fail();
	return 0;
}

/* Values up to v, or from v on. */
static bdd bound(enum field f, struct num v, bool upper)
{
	unsigned bits;
	int at = place_of(f, &bits);
	bdd b = bddtrue;

	for (unsigned i = 0; i < bits; i++) { /* the lowest bit first */
		int var = at + (int)(bits - 1 - i);
		bool one = ((i < 64 ? v.lo >> i : v.hi >> (i - 64)) & 1) != 0;

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

static struct num most(enum field f)
{
	switch (f) {
	case FIELD_IIF:
	case FIELD_OIF:
		return num_from(m->name_count - 1);
	case FIELD_SKUID:
		return num_from(UINT32_MAX);
	default:
		return field_max(f);
	}
}

static bdd within(enum field f, struct range r)
{
	struct num top = most(f);

	if (num_cmp(r.min, top) > 0)
		return bddfalse;
	return bdd_addref(bdd_and(bound(f, r.min, false),
				  bound(f, num_cmp(r.max, top) > 0 ? top : r.max, true)));
}

static bool is_mark(enum field f)
{
	return f == FIELD_MARK || f == FIELD_CT_MARK;
}

/* --- marks --- */

static void add_mark(uint32_t v)
{
	for (unsigned i = 0; i < mark_count; i++) {
		if (mark[i] == v)
			return;
	}
	assert_true(mark_count < MARKS_MAX);
	mark[mark_count++] = v;
}

static unsigned mark_index(uint32_t v)
{
	for (unsigned i = 0; i < mark_count; i++) {
		if (mark[i] == v)
			return i;
	}
	fail();
	return 0;
}

static void add_step_marks(const struct step *st)
{
	for (size_t i = 0; st->kind == STEP_MATCH && i < st->range_count; i++) {
		add_mark((uint32_t)st->range[i].min.lo);
		add_mark((uint32_t)st->range[i].max.lo);
		if (st->range[i].max.lo < UINT32_MAX)
			add_mark((uint32_t)st->range[i].max.lo + 1);
	}
	if (st->kind == STEP_SET)
		add_mark(st->value);
	for (size_t e = 0; st->kind == STEP_LOOKUP && e < m->set[st->set].element_count;
	     e++)
		add_mark((uint32_t)m->set[st->set].element[e].key[0].min.lo);
}

static void find_marks(void)
{
	mark_count = 0;
	add_mark(0);
	for (size_t c = 0; c < m->chain_count; c++) {
		for (size_t r = 0; r < m->chain[c].rule_count; r++) {
			const struct rule *rule = &m->chain[c].rule[r];

			for (size_t i = 0; i < rule->step_count; i++) {
				if (rule->step[i].field_count != 0 &&
				    is_mark(rule->step[i].field[0]))
					add_step_marks(&rule->step[i]);
			}
		}
	}
	for (size_t s = 0; s < m->set_count; s++) {
		for (size_t e = 0; m->set[s].map && e < m->set[s].element_count; e++)
			add_mark(m->set[s].element[e].data);
	}
}

/* --- decision diagrams --- */

struct flow { /* packets, by the marks that they have now */
	bdd set[MARKS_MAX][MARKS_MAX];
};

struct walk {
	bdd accept;
	struct flow passed;
};

static void flow_add(struct flow *f, unsigned a, unsigned c, bdd b)
{
	if (b != bddfalse)
		f->set[a][c] = bdd_addref(bdd_or(f->set[a][c], b));
}

static bdd key_of(const struct step *st, const struct element *e, unsigned a, unsigned c)
{
	bdd b = bddtrue;

	for (size_t k = 0; k < st->field_count && b != bddfalse; k++) {
		enum field f = st->field[k];
		uint32_t now = mark[f == FIELD_MARK ? a : c];

		if (is_mark(f))
			b = range_has(e->key[k], num_from(now)) ? b : bddfalse;
		else
			b = bdd_addref(bdd_and(b, within(f, e->key[k])));
	}
	return b;
}

/* The set of families is the switch that says whether flows can be recorded: on. */
static bool is_switch(const struct step *st)
{
	return st->kind == STEP_LOOKUP && st->field_count == 1 &&
	       st->field[0] == FIELD_FAMILY;
}

static bdd hit_of(const struct step *st, unsigned a, unsigned c)
{
	bdd hit = bddfalse;

	if (is_switch(st) || st->kind == STEP_MAYBE)
		return bddtrue;
	for (size_t i = 0; st->kind == STEP_MATCH && i < st->range_count; i++) {
		struct element e = { .key = { st->range[i] } };

		hit = bdd_addref(bdd_or(hit, key_of(st, &e, a, c)));
	}
	for (size_t i = 0; st->kind != STEP_MATCH && i < m->set[st->set].element_count;
	     i++)
		hit = bdd_addref(
			bdd_or(hit, key_of(st, &m->set[st->set].element[i], a, c)));
	return st->negated ? bdd_addref(bdd_not(hit)) : hit;
}

struct spot { /* where packets of a rule go */
	const struct rule *rule;
	struct walk *walk;
	struct flow *rest; /* the next rule */
	struct flow *back; /* behind the chain */
};

static void run_chain(size_t chain, const struct flow *in, struct walk *w,
		      struct flow *back);

static void leave(const struct spot *at, const struct step *st, bdd b, unsigned a,
		  unsigned c)
{
	struct flow *one = calloc(1, sizeof(*one));

	assert_non_null(one);
	flow_add(one, a, c, b);
	switch (st->verdict) {
	case VERDICT_ACCEPT:
		flow_add(&at->walk->passed, a, c, b);
		break;
	case VERDICT_RETURN:
		flow_add(at->back, a, c, b);
		break;
	case VERDICT_JUMP:
		run_chain(st->chain, one, at->walk, at->rest);
		break;
	case VERDICT_GOTO:
		run_chain(st->chain, one, at->walk, at->back);
		break;
	case VERDICT_DROP:
		break;
	}
	free(one);
}

/* From step i of a rule on, packets of two known marks. */
static void run_steps(const struct spot *at, size_t i, bdd b, unsigned a, unsigned c)
{
	const struct step *st = &at->rule->step[i];
	unsigned v;
	bdd hit;

	if (b == bddfalse)
		return;
	if (i == at->rule->step_count) {
		flow_add(at->rest, a, c, b);
		return;
	}
	switch (st->kind) {
	case STEP_VERDICT:
		leave(at, st, b, a, c);
		return;
	case STEP_SET:
	case STEP_COPY:
		v = st->kind == STEP_SET         ? mark_index(st->value)
		    : st->field[0] == FIELD_MARK ? c
						 : a;
		if (st->field[0] == FIELD_MARK)
			run_steps(at, i + 1, b, v, c);
		else
			run_steps(at, i + 1, b, a, v);
		return;
	case STEP_MATCH:
	case STEP_LOOKUP:
	case STEP_MAYBE:
	case STEP_MAP:
		break;
	case STEP_REWRITE:
	case STEP_UNKNOWN:
		fail();
	}
	hit = hit_of(st, a, c);
	for (size_t e = 0; st->kind == STEP_MAP && e < m->set[st->set].element_count;
	     e++) {
		const struct element *el = &m->set[st->set].element[e];

		run_steps(at, i + 1, bdd_addref(bdd_and(b, key_of(st, el, a, c))),
			  mark_index(el->data), c);
	}
	if (st->kind != STEP_MAP)
		run_steps(at, i + 1, bdd_addref(bdd_and(b, hit)), a, c);
	if (st->kind == STEP_MAYBE)
		hit = bddfalse;
	flow_add(at->rest, a, c, bdd_addref(bdd_and(b, bdd_not(hit))));
}

static void run_chain(size_t chain, const struct flow *in, struct walk *w,
		      struct flow *back)
{
	struct flow *now = malloc(sizeof(*now)), *rest = malloc(sizeof(*rest));

	assert_non_null(now);
	assert_non_null(rest);
	*now = *in;
	for (size_t r = 0; r < m->chain[chain].rule_count; r++) {
		struct spot at = { &m->chain[chain].rule[r], w, rest, back };

		memset(rest, 0, sizeof(*rest)); /* bddfalse is 0 */
		for (unsigned a = 0; a < mark_count; a++) {
			for (unsigned c = 0; c < mark_count; c++)
				run_steps(&at, 0, now->set[a][c], a, c);
		}
		*now = *rest;
	}
	for (unsigned a = 0; a < mark_count; a++) {
		for (unsigned c = 0; c < mark_count; c++)
			flow_add(back, a, c, now->set[a][c]);
	}
	free(now);
	free(rest);
}

static bdd all_packets(void)
{
	bdd b = bddtrue;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		b = bdd_addref(bdd_and(b, bound(fields[i].f, most(fields[i].f), true)));
	return b;
}

/* What passes the one base chain of the hook, of packets whose connection has mark c. */
static bdd passing(uint32_t hook, unsigned c)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct flow *in = calloc(1, sizeof(*in)), *back = calloc(1, sizeof(*back));
	bdd all = bddfalse;

	assert_non_null(w);
	assert_non_null(in);
	assert_non_null(back);
	in->set[mark_index(0)][c] = all_packets();
	for (size_t i = 0; i < m->chain_count; i++) {
		if (m->chain[i].hook != hook)
			continue;
		assert_int_equal(m->chain[i].policy, VERDICT_DROP);
		run_chain(i, in, w, back);
	}
	for (unsigned i = 0; i < mark_count * mark_count; i++)
		all = bdd_addref(
			bdd_or(all, w->passed.set[i / mark_count][i % mark_count]));
	free(w);
	free(in);
	free(back);
	return all;
}

/* --- the box engine --- */

struct boxed {
	struct work w;
	struct ifnames names;
	struct devices devices;
	struct space s;
	struct program p;
};

static void box_begin(struct boxed *b)
{
	memset(b, 0, sizeof(*b));
	assert_int_equal(ifnames_new(&b->w, m, &b->names), 0);
	b->s = (struct space){
		.w = &b->w, .model = m, .names = &b->names, .devices = &b->devices
	};
	assert_int_equal(space_build(&b->s), 0);
	assert_int_equal(program_new(&b->s, &b->p), 0);
}

static void box_hook(struct boxed *b, uint32_t hook, struct outcomes *ret)
{
	struct box start;

	for (size_t f = 0; f < FIELD_COUNT; f++)
		start.f[f] = space_all(&b->s, (enum field)f);
	start.f[FIELD_MARK].min = start.f[FIELD_MARK].max =
		space_atom(&b->s, FIELD_MARK, num_from(0));
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(reach_hook(&b->s, &b->p, hook, &start, ret), 0);
}

/* All values of a span of atoms; groups are taken apart. */
static bdd spanned(struct boxed *b, enum field f, struct span s)
{
	const struct axis *a = &b->s.axis[f == FIELD_DADDR   ? FIELD_SADDR
					  : f == FIELD_DPORT ? FIELD_SPORT
							     : f];
	struct span whole = space_all(&b->s, f);
	bdd all = bddfalse;

	if (s.min == whole.min && s.max == whole.max)
		return bddtrue;
	if (f == FIELD_IIF || f == FIELD_OIF)
		return within(f, range_of(s.min, s.max));
	for (size_t i = 0; i < a->count; i++) {
		uint32_t atom = a->class != NULL ? a->class[i] : (uint32_t)i;
		struct range r = { a->start[i], most(f) };

		if (atom < s.min || atom > s.max)
			continue;
		if (i + 1 < a->count) {
			r.max = a->start[i + 1];
			r.max.hi -= r.max.lo == 0;
			r.max.lo--;
		}
		all = bdd_addref(bdd_or(all, within(f, r)));
	}
	return all;
}

/* Those of its packets whose connection has the mark. */
static bdd box_of(struct boxed *b, const struct box *box, uint32_t value)
{
	uint32_t atom = space_atom(&b->s, FIELD_CT_MARK, num_from(value));
	uint32_t zero = space_atom(&b->s, FIELD_MARK, num_from(0));
	bdd all = bddtrue;

	if (atom < box->f[FIELD_CT_MARK].min || atom > box->f[FIELD_CT_MARK].max ||
	    zero < box->f[FIELD_MARK].min || zero > box->f[FIELD_MARK].max)
		return bddfalse;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		all = bdd_addref(
			bdd_and(all, spanned(b, fields[i].f, box->f[fields[i].f])));
	return all;
}

/* Elements that may have gone by themselves are taken as they are now. */
static bdd accepted(struct boxed *b, const struct outcomes *o, uint32_t value)
{
	bdd all = bddfalse;

	for (size_t i = 0; i < o->count; i++) {
		const struct region *r = &o->item[i].region;
		bdd one;

		if (o->item[i].kind != OUTCOME_ACCEPT || r->doubtful)
			continue;
		one = box_of(b, &r->box, value);
		for (size_t k = 0; k < r->holes.count && one != bddfalse; k++)
			one = bdd_addref(bdd_and(
				one, bdd_not(box_of(b, &r->holes.item[k], value))));
		all = bdd_addref(bdd_or(all, one));
	}
	return bdd_addref(bdd_and(all, all_packets()));
}

static void compare(const char *name, size_t *passing_some)
{
	static const uint32_t hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD,
					  NF_INET_LOCAL_OUT };
	struct boxed b;

	find_marks();
	box_begin(&b);
	for (size_t h = 0; h < ARRAY_LEN(hooks); h++) {
		struct outcomes o;

		box_hook(&b, hooks[h], &o);
		for (unsigned c = 0; c < mark_count; c++) {
			bdd pass = passing(hooks[h], c);

			if (pass != accepted(&b, &o, mark[c]))
				fail_msg("%s, hook %u, connections with mark %#x", name,
					 hooks[h], mark[c]);
			*passing_some += pass != bddfalse && pass != all_packets();
		}
	}
	work_free(&b.w);
}

static void test_goldens(void **state)
{
	static const char *const names[] = {
		"smallest",
		"union",
		"clinic",
		"transparent",
		"timed",
		"admission",
		"nat",
		"switches",
		"bridged",
		"example-policy",
		"example-branch",
		"example-dual-stack",
		"example-pinned-terminals",
	};
	unsigned bits;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct revision *rev = golden_load(names[i]);
		struct ruleset *rules = NULL;
		struct diags diags = { 0 };
		struct model *made;
		size_t some = 0;

		assert_non_null(rev);
		assert_int_equal(ruleset_compile(rev, &golden_inventory, &rules, &diags),
				 0);
		made = model_of(rules, GOLDEN_NOW);
		m = made;
		(void)bdd_init(4000000, 400000);
		(void)bdd_setvarnum(place_of(FIELD_SADDR, &bits) + 128);
		(void)bdd_setmaxincrease(2000000);
		(void)bdd_gbc_hook(NULL);
		compare(names[i], &some);
		assert_true(some > 0);
		bdd_done();
		model_drop(made);
		ruleset_free(rules);
		revision_free(rev);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
