/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small mistakes in good rulesets, one at a time: what changes the fate of any packet has
 * to be reported, and what changes none must not be. MUTATE_EVERY=1 tries every one that
 * can be made (minutes), MUTATE_SITE=NAME only those of one ruleset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/report.h"
#include "tests/unit/fw/golden.h"
#include "tests/unit/fw/model_of.h"
#include "tests/unit/fw/oracle.h"

#define LATE_MS (UINT64_C(30) * 24 * 3600 * 1000) /* every permit with an end is over */

static const struct facts facts = { .uid_proxy = GOLDEN_UID_PROXY,
				    .uid_management = GOLDEN_UID_MANAGEMENT,
				    .uid_clock = GOLDEN_UID_CLOCK,
				    .now = GOLDEN_NOW };

struct site {
	const char *name;
	struct revision *rev;
	struct ruleset *rules;
	struct model *good;
	struct proof proof; /* of the good one */
	struct oracle oracle;
};

struct tally {
	size_t all, caught, same, open, open_caught;
	size_t missed, alarms;
	size_t of_kind[MUTATE_KINDS];
};

/* The ruleset as it is when time has passed. */
static void pass_time(struct model *m, uint64_t ms)
{
	for (size_t s = 0; s < m->set_count; s++) {
		struct set *set = &m->set[s];
		size_t left = 0;

		for (size_t i = 0; i < set->element_count; i++) {
			if (set->element[i].timeout_ms == 0 ||
			    set->element[i].timeout_ms > ms)
				set->element[left++] = set->element[i];
		}
		set->element_count = left;
	}
}

static void load(struct site *s, const char *name)
{
	struct diags diags = { 0 };

	s->name = name;
	s->rev = golden_load(name);
	assert_non_null(s->rev);
	assert_int_equal(ruleset_compile(s->rev, &golden_inventory, &s->rules, &diags),
			 0);
	s->good = model_of(s->rules, GOLDEN_NOW);
	prove(s->good, s->rev, &facts, &s->proof);
	assert_int_equal(s->proof.result, PROOF_PROVED);
	oracle_new(&s->oracle, s->good, &s->proof.expect);
}

static void unload(struct site *s)
{
	oracle_free(&s->oracle);
	proof_free(&s->proof);
	model_drop(s->good);
	ruleset_free(s->rules);
	revision_free(s->rev);
}

static void tell(const struct site *s, const struct mutation *mu, const char *what,
		 uint32_t hook, const struct packet *k, const struct proof *p)
{
	bool rule = mu->chain != SIZE_MAX;

	(void)fprintf(stderr, "%s: %s: %s in %s, rule %zd, step %zu", s->name, what,
		      mutation_names[mu->kind],
		      rule ? s->good->chain[mu->chain].name : s->good->set[mu->set].name,
		      rule ? (ssize_t)mu->rule : (ssize_t)mu->element, mu->step);
	if (k != NULL) {
		(void)fprintf(stderr, "; hook %u:", hook);
		for (size_t f = 0; f < FIELD_COUNT; f++)
			(void)fprintf(stderr, " %llx:%llx",
				      (unsigned long long)k->v[f].hi,
				      (unsigned long long)k->v[f].lo);
	}
	(void)fprintf(stderr, "\n");
	if (p != NULL) {
		char *text = report_proof(p, 0);

		(void)fprintf(stderr, "%.1200s\n", text != NULL ? text : "");
		free(text);
	}
}

/* Some time after now, in both rulesets. */
static enum oracle_answer ask_later(struct site *s, const struct mutation *mu,
				    uint64_t after_ms, struct packet *k, uint32_t *hook)
{
	struct model *good = model_of(s->rules, GOLDEN_NOW);
	struct model *bad = model_of(s->rules, GOLDEN_NOW);
	enum oracle_answer a;

	mutation_make(bad, mu);
	pass_time(good, after_ms);
	pass_time(bad, after_ms);
	a = oracle_compare(&s->oracle, good, bad, mu, after_ms, k, hook);
	model_drop(good);
	model_drop(bad);
	return a;
}

/*
 * A permit's end stands in several sets, and in zones that only detect it ends nothing but
 * a record. The proof wants each of them right; packets need not notice.
 */
static bool is_end(const struct mutation *mu)
{
	return mu->kind == MUTATE_TIMEOUT || mu->kind == MUTATE_NO_TIMEOUT;
}

/* Now, when every permit with an end is over, and around the ends of a changed one. */
static enum oracle_answer ask_oracle(struct site *s, const struct model *bad,
				     const struct mutation *mu, struct packet *k,
				     uint32_t *hook)
{
	uint64_t times[3] = { LATE_MS };
	size_t count = 1;
	enum oracle_answer best =
		oracle_compare(&s->oracle, s->good, bad, mu, 0, k, hook);

	if (is_end(mu)) {
		times[count++] =
			s->good->set[mu->set].element[mu->element].timeout_ms + 5000;
		times[count++] = bad->set[mu->set].element[mu->element].timeout_ms + 5000;
	}
	for (size_t i = 0; i < count && best != ORACLE_OTHER; i++) {
		struct packet k2;
		uint32_t hook2;
		enum oracle_answer a = ask_later(s, mu, times[i], &k2, &hook2);

		if (a <= best)
			continue;
		best = a;
		*k = k2;
		*hook = hook2;
	}
	return best;
}

/* Does plain evaluation agree that one of the examples fares otherwise now? */
static bool is_confirmed(const struct site *s, const struct model *bad,
			 const struct proof *p)
{
	struct eval a = { .model = s->good, .names = &s->proof.names, .switches = true },
		    b = { .model = bad, .names = &s->proof.names, .switches = true };

	for (size_t i = 0; i < p->difference_count; i++) {
		const struct packet *k = &p->difference[i].packet;

		for (uint32_t n = 0; n < 2 * NF_INET_NUMHOOKS; n++) {
			a.limits = b.limits = n % 2 == 1;
			eval_packet(&a, n / 2, k);
			eval_packet(&b, n / 2, k);
			if (a.verdict != b.verdict)
				return true;
		}
	}
	return false;
}

static void try_one(struct site *s, const struct mutation *mu, struct tally *t)
{
	struct model *bad = model_of(s->rules, GOLDEN_NOW);
	enum oracle_answer a;
	struct packet k;
	struct proof p;
	uint32_t hook;

	mutation_make(bad, mu);
	if (mutation_loops(bad)) { /* no kernel takes that */
		model_drop(bad);
		return;
	}
	prove(bad, s->rev, &facts, &p);
	a = ask_oracle(s, bad, mu, &k, &hook);
	if (a == ORACLE_SAME && is_end(mu))
		a = ORACLE_OPEN;
	t->all++;
	t->of_kind[mu->kind]++;
	if (a == ORACLE_OTHER && p.result == PROOF_PROVED) {
		tell(s, mu, "missed", hook, &k, NULL);
		t->missed++;
	} else if (a == ORACLE_SAME && p.result != PROOF_PROVED &&
		   !is_confirmed(s, bad, &p)) {
		tell(s, mu, "changes nothing", 0, NULL, &p);
		t->alarms++;
	}
	t->caught += a == ORACLE_OTHER && p.result != PROOF_PROVED;
	t->same += a == ORACLE_SAME && p.result == PROOF_PROVED;
	t->open += a == ORACLE_OPEN;
	t->open_caught += a == ORACLE_OPEN && p.result != PROOF_PROVED;
	proof_free(&p);
	model_drop(bad);
}

static void run(const char *name, size_t every, struct tally *t)
{
	struct site s;
	struct mutation mu;

	load(&s, name);
	(void)fprintf(stderr, "%s: %zu packets\n", name, s.oracle.count);
	for (size_t n = 0; mutation_nth(s.good, n, &mu); n += every)
		try_one(&s, &mu, t);
	unload(&s);
}

static void test_mutations(void **state)
{
	static const struct {
		const char *name;
		size_t every;
	} sites[] = { { "smallest", 7 },  { "clinic", 17 },      { "union", 89 },
		      { "nat", 41 },      { "transparent", 89 }, { "timed", 89 },
		      { "limited", 131 }, { "vpn", 89 } };
	const char *only = getenv("MUTATE_SITE"), *every = getenv("MUTATE_EVERY");
	struct tally t = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		if (only == NULL || strcmp(only, sites[i].name) == 0)
			run(sites[i].name,
			    every != NULL ? strtoul(every, NULL, 10) : sites[i].every,
			    &t);
	}
	(void)fprintf(stderr,
		      "%zu mutations: %zu change a packet's fate and are caught, %zu "
		      "missed; %zu change none and are proved, %zu reported; %zu change "
		      "what the policy leaves open, %zu of them reported\n",
		      t.all, t.caught, t.missed, t.same, t.alarms, t.open, t.open_caught);
	assert_true(only != NULL || every != NULL || t.caught >= 100);
	assert_int_equal(t.missed, 0);
	assert_int_equal(t.alarms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
