/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/verify/num.h"
#include "fw/verify/report.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"
#include "tests/unit/fw/model_of.h"

#define SAMPLES 3000 /* first packets that a mutation is looked at with */

static const struct facts facts = { .uid_proxy = GOLDEN_UID_PROXY,
				    .uid_management = GOLDEN_UID_MANAGEMENT,
				    .uid_clock = GOLDEN_UID_CLOCK,
				    .now = GOLDEN_NOW };

struct site {
	struct revision *rev;
	struct ruleset *rules;
	struct model *model;
};

static void load(struct site *s, const char *name)
{
	struct diags diags = { 0 };

	s->rev = golden_load(name);
	assert_non_null(s->rev);
	assert_int_equal(ruleset_compile(s->rev, &golden_inventory, &s->rules, &diags),
			 0);
	s->model = model_of(s->rules, GOLDEN_NOW);
}

static void unload(struct site *s)
{
	model_drop(s->model);
	ruleset_free(s->rules);
	revision_free(s->rev);
}

static void show(const struct proof *p)
{
	char *text = report_proof(p, 0);

	(void)fprintf(stderr, "%s\n", text != NULL ? text : "");
	free(text);
}

static enum proof_result result_of(const struct site *s)
{
	struct proof p;
	enum proof_result r;

	prove(s->model, s->rev, &facts, &p);
	r = p.result;
	proof_free(&p);
	return r;
}

static void test_golden(void **state)
{
	static const char *const names[] = { "smallest",  "union",       "clinic",
					     "admission", "transparent", "timed",
					     "switches",  "bridged" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct site s;
		struct proof p;

		load(&s, names[i]);
		prove(s.model, s.rev, &facts, &p);
		if (p.result != PROOF_PROVED)
			show(&p);
		assert_int_equal(p.result, PROOF_PROVED);
		assert_int_equal(p.difference_count, 0);
		proof_free(&p);
		unload(&s);
	}
}

static size_t find_chain(const struct model *m, const char *name)
{
	for (size_t c = 0; c < m->chain_count; c++) {
		if (strcmp(m->chain[c].name, name) == 0)
			return c;
	}
	fail_msg("no chain %s", name);
	return 0;
}

/* An accept in front breaks the assertion, and the packet says how. */
static void test_assertion(void **state)
{
	struct site s;
	struct proof p;
	char *text;

	(void)state;
	load(&s, "clinic");
	model_verdict(model_rule(s.model, find_chain(s.model, "forward"), 0),
		      VERDICT_ACCEPT, 0);
	prove(s.model, s.rev, &facts, &p);
	assert_int_equal(p.result, PROOF_BROKEN);
	assert_int_equal(p.assertion_count, 1);
	assert_false(p.assertion[0].holds);
	assert_true(p.assertion[0].has_packet);
	assert_in_range(p.difference_count, 1, PROOF_DIFFERENCES_MAX);
	assert_true(p.difference[0].more);
	text = report_proof(&p, 1);
	assert_non_null(strstr(text, "\"result\":\"broken\""));
	assert_non_null(strstr(text, "\"holds\":false"));
	free(text);
	proof_free(&p);
	unload(&s);
}

/* A table of somebody else that can only drop more is named, and what it drops too. */
static void test_foreign(void **state)
{
	struct site s;
	struct proof p;
	struct rule *r;
	size_t chain;

	(void)state;
	load(&s, "clinic");
	chain = model_chain(s.model, "filter", "FORWARD", NF_INET_FORWARD, -10,
			    VERDICT_ACCEPT);
	r = model_rule(s.model, chain, 0);
	model_match(r, FIELD_PROTO, 132, 132);
	model_verdict(r, VERDICT_DROP, 0);
	prove(s.model, s.rev, &facts, &p);
	assert_int_equal(p.result, PROOF_PROVED);
	assert_int_equal(p.foreign_count, 1);
	assert_string_equal(p.foreign[0], "inet filter");
	proof_free(&p);

	r = model_rule(s.model, chain, 0);
	model_match(r, FIELD_DPORT, 443, 443);
	model_verdict(r, VERDICT_DROP, 0);
	prove(s.model, s.rev, &facts, &p);
	assert_int_equal(p.result, PROOF_BROKEN);
	assert_false(p.difference[0].more);
	assert_string_equal(p.difference[0].flow, "core-claims");
	proof_free(&p);
	unload(&s);
}

static void put_unknown(struct model *m, size_t chain, uint64_t port)
{
	struct step unknown = { .kind = STEP_UNKNOWN, .what = "osf" };
	struct rule *r = model_rule(m, chain, 0);

	model_match(r, FIELD_DPORT, port, port);
	model_step(r, unknown);
	model_verdict(r, VERDICT_ACCEPT, 0);
}

/* What is not understood is never fine, wherever a packet can meet it. */
static void test_unknown(void **state)
{
	static const char *const chains[] = { "input",        "forward",
					      "output",       "prerouting",
					      "forward-core", "flow-core-claims" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
		struct site s;

		load(&s, "clinic");
		put_unknown(s.model, find_chain(s.model, chains[i]), i == 5 ? 443 : 7777);
		assert_int_equal(result_of(&s), PROOF_NOT);
		unload(&s);
	}
}

/* Another table marks connections: an answer is no answer then. */
static void test_marks_of_others(void **state)
{
	struct step set = { .kind = STEP_SET,
			    .field = { FIELD_CT_MARK },
			    .field_count = 1,
			    .value = FW_MARK_ZONE };
	struct site s;
	size_t chain;

	(void)state;
	load(&s, "clinic");
	chain = model_chain(s.model, "mangle", "F", NF_INET_FORWARD, -150,
			    VERDICT_ACCEPT);
	model_step(model_rule(s.model, chain, 0), set);
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	unload(&s);
}

static void test_permits(void **state)
{
	struct site s;
	struct set *permits, *live;

	(void)state;
	load(&s, "clinic");
	permits = &s.model->set[0];
	live = &s.model->set[1];
	assert_in_range(permits->element_count, 3, 100);
	for (size_t i = 0; i < permits->element_count; i++) {
		struct element was = permits->element[i];

		permits->element[i].timeout_ms = was.timeout_ms == 0 ? 60000 : 0;
		assert_int_equal(result_of(&s), PROOF_BROKEN); /* ends at another time */
		permits->element[i] = was;
		permits->element[i].key[1].min.lo ^= 1; /* another card */
		permits->element[i].key[1].max.lo ^= 1;
		assert_int_equal(result_of(&s), PROOF_BROKEN);
		permits->element[i] = was;
		permits->element[i].data ^= 0x03000000; /* other rights */
		assert_int_equal(result_of(&s), PROOF_BROKEN);
		permits->element[i] = was;
		assert_int_equal(result_of(&s), PROOF_PROVED);
	}
	for (size_t i = 0; i < live->element_count; i++) {
		struct element was = live->element[i];

		if (was.key[0].min.lo == FW_MARK_GATEWAY) /* nothing uses it here */
			continue;
		live->element[i].key[0] = range_of(0x01777777, 0x01777777);
		if (was.key[0].min.lo >> 24 == 1)
			assert_int_equal(result_of(&s), PROOF_BROKEN);
		live->element[i] = was;
	}
	unload(&s);
}

/* Cards that are bound to an address, and those in quarantine. */
static void test_admission(void **state)
{
	static const size_t sets[] = { 3, 4, 5 }; /* permits4, permits6, bound6 */
	struct site s;
	struct set *isolated;

	(void)state;
	load(&s, "admission");
	assert_int_equal(result_of(&s), PROOF_PROVED);
	for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
		struct element *e = s.model->set[sets[k]].element, was = e[0];

		assert_true(s.model->set[sets[k]].element_count != 0);
		e[0].key[1].min.lo ^= 0x80; /* another card */
		e[0].key[1].max.lo ^= 0x80;
		assert_int_equal(result_of(&s), PROOF_BROKEN);
		e[0] = was;
		if (sets[k] == 5)
			continue;
		e[0].key[2].min.lo ^= 1; /* another address */
		e[0].key[2].max.lo ^= 1;
		assert_int_equal(result_of(&s), PROOF_BROKEN);
		e[0] = was;
		e[0].key[2].max = num_plus(was.key[2].max, 1); /* two of them */
		assert_int_equal(result_of(&s), PROOF_BROKEN);
		e[0] = was;
	}
	isolated = &s.model->set[6];
	assert_int_equal(isolated->element_count, 2);
	isolated->element[1].key[0].min.lo ^= 1;
	isolated->element[1].key[0].max.lo ^= 1;
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	unload(&s);
}

static void test_no_revision(void **state)
{
	struct model *m = model_make();
	struct proof p;
	size_t chain;

	(void)state;
	for (uint32_t hook = NF_INET_LOCAL_IN; hook <= NF_INET_LOCAL_OUT; hook++) {
		struct rule *r;

		chain = model_chain(m, "sekisho", "c", hook, 0, VERDICT_DROP);
		r = model_rule(m, chain, 0);
		model_match(r, hook == NF_INET_LOCAL_OUT ? FIELD_OIF : FIELD_IIF,
			    model_name(m, "lo"), model_name(m, "lo"));
		if (hook != NF_INET_FORWARD)
			model_verdict(r, VERDICT_ACCEPT, 0);
	}
	prove(m, NULL, &facts, &p);
	assert_int_equal(p.result, PROOF_PROVED);
	proof_free(&p);
	m->chain[1].policy = VERDICT_ACCEPT;
	prove(m, NULL, &facts, &p);
	assert_int_equal(p.result, PROOF_BROKEN);
	proof_free(&p);
	model_drop(m);
}

/* --- mutations: what changes the fate of a packet is seen --- */

static uint32_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(seed >> 8) * n) >> 24);
}

/* A first packet of the kind that hosts do send: values that the rules mention. */
static struct packet sample(const struct proof *p, uint32_t hook)
{
	static const uint64_t protos[] = { 6, 17, 1, 58 };
	const struct expect *x = &p->expect;
	const struct cube *c = &x->cube[pick((uint32_t)x->count)];
	const struct cube *d = &x->cube[pick((uint32_t)x->count)];
	struct packet k = { 0 };

	for (size_t f = 0; f < FIELD_COUNT; f++)
		k.v[f] = (pick(8) == 0 ? d : c)->r[f].min;
	k.v[FIELD_FAMILY] = num_from(pick(2) == 0 ? 4 : 6);
	if (k.v[FIELD_SADDR].hi != 0 || k.v[FIELD_DADDR].hi != 0)
		k.v[FIELD_FAMILY] = num_from(6);
	if (pick(6) == 0)
		k.v[FIELD_PROTO] = num_from(protos[pick(4)]);
	k.v[FIELD_IIF] =
		num_from(hook == NF_INET_LOCAL_OUT ? 0 : 1 + pick(p->names.count - 1));
	k.v[FIELD_OIF] =
		num_from(hook == NF_INET_LOCAL_IN ? 0 : 1 + pick(p->names.count - 1));
	if (x->devices.count != 0 && pick(4) != 0) {
		const struct device *dev =
			&x->devices.item[pick((uint32_t)x->devices.count)];

		k.v[FIELD_MAC] = num_from(dev->mac);
		if (hook != NF_INET_LOCAL_OUT)
			k.v[FIELD_IIF] = num_from(dev->iif);
	}
	k.v[FIELD_SPORT] = num_from(40000);
	k.v[FIELD_HOPLIMIT] = num_from(pick(4) == 0 ? 255 : 64);
	k.v[FIELD_RPF] = num_from(1);
	k.v[FIELD_LOCAL] = num_from(hook == NF_INET_LOCAL_IN);
	k.v[FIELD_CT_STATE] = num_from(STATE_NEW);
	k.v[FIELD_CT_DIR] = k.v[FIELD_CT_MARK] = k.v[FIELD_MARK] = num_from(0);
	if (hook != NF_INET_LOCAL_OUT)
		k.v[FIELD_SKUID] = num_from(UID_NONE);
	return k;
}

static bool in_cube(const struct cube *c, const struct packet *k)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (!range_has(c->r[f], k->v[f]))
			return false;
	}
	return true;
}

/* Something that the policy leaves open, so that either fate is right. */
static bool is_open(const struct expect *x, uint32_t hook, const struct packet *k)
{
	bool may = false, sure = false;

	for (size_t i = 0; i < x->count; i++) {
		const struct cube *c = &x->cube[i];

		if (c->hook == hook && in_cube(c, k)) {
			sure = sure || c->sure;
			may = may || !c->sure;
		}
	}
	return may && !sure;
}

/* Does some sample packet fare otherwise than before? */
static bool differs(const struct proof *p, const struct model *was,
		    const struct model *now)
{
	static const uint32_t hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD,
					  NF_INET_LOCAL_OUT };
	struct eval a = { .model = was, .names = &p->names, .switches = true },
		    b = { .model = now, .names = &p->names, .switches = true };

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint32_t hook = hooks[i % 3];
		struct packet k = sample(p, hook);

		eval_packet(&a, hook, &k);
		eval_packet(&b, hook, &k);
		if (a.verdict != b.verdict && !is_open(&p->expect, hook, &k))
			return true;
	}
	return false;
}

static struct rule *some_rule(struct model *m, size_t *chain, size_t *at)
{
	do {
		*chain = pick((uint32_t)m->chain_count);
	} while (m->chain[*chain].rule_count == 0);
	*at = pick((uint32_t)m->chain[*chain].rule_count);
	return &m->chain[*chain].rule[*at];
}

static void remove_rule(struct model *m, size_t chain, size_t at)
{
	struct chain *c = &m->chain[chain];

	for (size_t s = 0; s < c->rule[at].step_count; s++)
		free(c->rule[at].step[s].range);
	free(c->rule[at].step);
	memmove(&c->rule[at], &c->rule[at + 1],
		(c->rule_count - at - 1) * sizeof(*c->rule));
	c->rule_count--;
}

static void mutate(struct model *m)
{
	size_t chain, at;
	struct rule *r = some_rule(m, &chain, &at), tmp;
	struct step *st =
		r->step_count != 0 ? &r->step[pick((uint32_t)r->step_count)] : NULL;

	switch (pick(6)) {
	case 0:
		remove_rule(m, chain, at);
		return;
	case 1: /* a match less */
		if (st != NULL && st->kind == STEP_MATCH)
			st->range[0] = (struct range){ { 0 }, field_max(st->field[0]) };
		return;
	case 2: /* a wider one */
		if (st != NULL && st->kind == STEP_MATCH)
			st->range[0].max = num_plus(st->range[0].max, 1 + pick(3));
		return;
	case 3: /* another verdict */
		if (st != NULL)
			st = &r->step[r->step_count - 1];
		if (st != NULL && st->kind == STEP_VERDICT)
			st->verdict = pick(2) == 0 ? VERDICT_ACCEPT : VERDICT_DROP;
		return;
	case 4: /* another order */
		if (at != 0) {
			tmp = *r;
			*r = r[-1];
			r[-1] = tmp;
		}
		return;
	default:
		m->chain[pick(4)].policy = pick(2) == 0 ? VERDICT_ACCEPT : VERDICT_DROP;
		return;
	}
}

static void test_mutations(void **state)
{
	static const char *const names[] = { "clinic", "union", "transparent" };
	size_t changed = 0, caught = 0;

	(void)state;
	for (unsigned i = 0; i < 360; i++) {
		struct site good, bad;
		struct proof p;
		bool other;

		load(&good, names[i % 3]);
		load(&bad, names[i % 3]);
		seed = i * 2654435761u + 7;
		mutate(bad.model);
		prove(bad.model, bad.rev, &facts, &p);
		other = differs(&p, good.model, bad.model);
		changed += other;
		caught += p.result != PROOF_PROVED;
		if (other && p.result == PROOF_PROVED)
			fail_msg("mutation %u is not seen", i);
		if (p.reason_count != 0) {
			(void)fprintf(stderr, "mutation %u\n", i);
			show(&p);
		}
		assert_int_equal(p.reason_count, 0); /* engines agree on examples */
		proof_free(&p);
		unload(&good);
		unload(&bad);
	}
	(void)fprintf(stderr,
		      "%zu of 360 change a sampled packet's fate, %zu are caught\n",
		      changed, caught);
	assert_in_range(changed, 15, 360);
	assert_in_range(caught, 60, 360);
}

/* A site of this size, as the policy and the permits that a person would write. */
static struct revision *large(unsigned zones, unsigned flows, unsigned hosts,
			      unsigned devices)
{
	char *policy = NULL, *objects = NULL;
	size_t len;
	FILE *f = open_memstream(&policy, &len);
	struct revision *rev;

	(void)fprintf(f, "version: 1\nsite: { name: large }\nzones:\n");
	for (unsigned z = 0; z < zones; z++)
		(void)fprintf(f,
			      "  z%u: { kind: office, interfaces: [eth%u], networks: "
			      "[10.%u.0.0/16, \"fd%u::/64\"] }\n",
			      z, z, z + 1, z + 10);
	(void)fprintf(f, "networks:\n");
	for (unsigned i = 0; i < flows; i++) {
		(void)fprintf(f, "  g%u: [", i);
		for (unsigned h = 0; h < hosts; h++)
			(void)fprintf(f, "%s10.%u.%u.%u", h == 0 ? "" : ", ",
				      (i + 1) % zones + 1, i / 250 + h, i % 250 + 1);
		(void)fprintf(f, "]\n");
	}
	(void)fprintf(
		f,
		"services: { web: [tcp/443], files: [tcp/445, udp/137-139] }\nflows:\n");
	for (unsigned i = 0; i < flows; i++)
		(void)fprintf(f,
			      "  - { id: f%u, from: z%u, to: z%u, destination: [g%u], "
			      "services: [%s] }\n",
			      i, i % zones, (i + 1) % zones, i,
			      i % 3 == 0 ? "files" : "web");
	(void)fclose(f);
	f = open_memstream(&objects, &len);
	(void)fprintf(f, "{\"ports\": [], \"permits\": [");
	for (unsigned i = 0; i < devices; i++)
		(void)fprintf(f,
			      "%s{\"id\": \"p%016u\", \"number\": %u, \"device\": "
			      "\"d%016u\", \"mac\": \"02:00:00:00:%02x:%02x\", "
			      "\"interface\": \"eth%u\", \"zone\": \"z%u\", %s\"user\": "
			      "\"\", \"group\": \"\", \"destinations\": []}",
			      i == 0 ? "" : ", ", i, i + 1, i, i / 256, i % 256,
			      i % zones, i % zones,
			      i % 2 == 0 ? "\"until\": 1790003600, " : "");
	(void)fprintf(f, "]}");
	(void)fclose(f);
	rev = golden_make(policy, objects);
	free(policy);
	free(objects);
	assert_non_null(rev);
	return rev;
}

static void prove_large(const char *what, struct revision *rev)
{
	static char names[64][FW_IFNAME_MAX];
	struct inventory inv = golden_inventory;
	struct diags diags = { 0 };
	struct site s = { .rev = rev };
	clock_t start;
	struct proof p;

	for (unsigned i = 0; i < 64; i++)
		(void)snprintf(names[i], sizeof(names[i]), "eth%u", i);
	inv.interface = (const char(*)[FW_IFNAME_MAX])names;
	inv.interface_count = 64;
	assert_int_equal(ruleset_compile(rev, &inv, &s.rules, &diags), 0);
	s.model = model_of(s.rules, GOLDEN_NOW);
	start = clock();
	prove(s.model, s.rev, &facts, &p);
	(void)fprintf(stderr, "%s: %zu rules, %.1f ms of CPU, %llu steps, %zu MiB\n",
		      what, p.rule_count,
		      (double)(clock() - start) * 1000 / CLOCKS_PER_SEC,
		      (unsigned long long)p.w.steps, p.w.bytes >> 20);
	if (p.result != PROOF_PROVED)
		show(&p);
	assert_int_equal(p.result, PROOF_PROVED);
	proof_free(&p);
	unload(&s);
}

static void test_large(void **state)
{
	(void)state;
	prove_large("12 zones, 300 flows, 1,000 devices", large(12, 300, 1, 1000));
	prove_large("10,000 rules", large(12, 500, 14, 1000));
}

static void test_no_memory(void **state)
{
	struct site s;

	(void)state;
	load(&s, "smallest");
	for (unsigned n = 1;; n++) {
		struct proof p;
		bool failed;

		alloc_fail_at(n);
		prove(s.model, s.rev, &facts, &p);
		failed = alloc_fail_fired();
		alloc_fail_at(0);
		if (!failed) {
			assert_int_equal(p.result, PROOF_PROVED);
			proof_free(&p);
			break;
		}
		assert_int_equal(p.result, PROOF_NOT);
		proof_free(&p);
	}
	unload(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_assertion),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_admission),
		cmocka_unit_test(test_marks_of_others),
		cmocka_unit_test(test_no_revision),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
