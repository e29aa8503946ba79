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

#include "fw/gated/lockdown.h"
#include "fw/verify/num.h"
#include "fw/verify/report.h"
#include "lib/fdio.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"
#include "tests/unit/fw/model_of.h"

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
	static const char *const names[] = {
		"smallest",
		"union",
		"clinic",
		"transparent",
		"timed",
		"switches",
		"admission",
		"bridged",
		"limited",
		"vpn",
		"nat",
		"example-policy",
		"example-branch",
		"example-dual-stack",
		"example-pinned-terminals",
	};

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

/* In a lockdown only the management is expected, and nothing else may pass. */
static void test_locked(void **state)
{
	static const char *const names[] = { "smallest",    "union", "clinic",
					     "transparent", "timed", "nat",
					     "limited",     "vpn" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct diags diags = { 0 };
		struct lockdown_bare bare;
		struct ruleset *rules;
		struct model *m;
		struct site s;
		struct proof p;

		load(&s, names[i]);
		assert_int_equal(lockdown_bare(s.rev, &bare), 0);
		assert_int_equal(
			lockdown_compile(s.rev, &golden_inventory, &rules, &diags), 0);
		m = model_of(rules, GOLDEN_NOW);
		prove(m, &bare.rev, &facts, &p);
		if (p.result != PROOF_PROVED)
			show(&p);
		assert_int_equal(p.result, PROOF_PROVED);
		proof_free(&p);
		if (i != 0) { /* what is in force otherwise is too much now */
			prove(s.model, &bare.rev, &facts, &p);
			assert_int_equal(p.result, PROOF_BROKEN);
			assert_true(p.difference[0].more);
			proof_free(&p);
		}
		model_drop(m);
		ruleset_free(rules);
		lockdown_bare_free(&bare);
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

static struct step *find_rewrite(struct model *m, const char *chain)
{
	struct chain *c = &m->chain[find_chain(m, chain)];

	for (size_t r = 0; r < c->rule_count; r++) {
		for (size_t i = 0; i < c->rule[r].step_count; i++) {
			if (c->rule[r].step[i].kind == STEP_REWRITE)
				return &c->rule[r].step[i];
		}
	}
	fail_msg("nothing is rewritten in %s", chain);
	return NULL;
}

static void expect_less(const struct site *s, const char *flow)
{
	struct proof p;

	prove(s->model, s->rev, &facts, &p);
	assert_int_equal(p.result, PROOF_BROKEN);
	assert_false(p.difference[0].more);
	assert_string_equal(p.difference[0].flow, flow);
	proof_free(&p);
}

/* Addresses have to change as the policy says, where it says so. */
static void test_translation(void **state)
{
	static const char objects[] =
		"{\"ports\": [], \"permits\": [{\"id\": \"p0000000000000001\", "
		"\"number\": 1, \"device\": \"d0000000000000001\", \"mac\": "
		"\"02:00:00:00:0a:10\", \"interface\": \"core0\", \"zone\": \"core\", "
		"\"user\": \"\", \"group\": \"\", \"destinations\": []}]}";
	struct diags diags = { 0 };
	struct site s;
	struct step *st;
	char path[512], *policy = NULL;
	size_t len;

	(void)state;
	golden_path(path, sizeof(path), "nat", "yaml");
	assert_int_equal(fdio_read_file(path, POLICY_FILE_MAX, &policy, &len), 0);
	s.rev = golden_make(policy, objects);
	free(policy);
	assert_int_equal(ruleset_compile(s.rev, &golden_inventory, &s.rules, &diags), 0);
	s.model = model_of(s.rules, GOLDEN_NOW);
	assert_int_equal(result_of(&s), PROOF_PROVED);
	st = find_rewrite(s.model, "nat-core-claims");
	st->kind = STEP_MAYBE; /* nothing happens there any more */
	expect_less(&s, "core-claims");
	st->kind = STEP_REWRITE;
	st = find_rewrite(s.model, "publish-www");
	st->address.lo++; /* another server */
	expect_less(&s, "www");
	st->address.lo--;
	st->kind = STEP_MAYBE;
	expect_less(&s, "www");
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
	struct rule *mark;
	struct site s;
	size_t chain;

	(void)state;
	load(&s, "clinic");
	chain = model_chain(s.model, "mangle", "F", NF_INET_FORWARD, -150,
			    VERDICT_ACCEPT);
	mark = model_rule(s.model, chain, 0);
	model_match(mark, FIELD_CT_STATE, STATE_NEW, STATE_NEW);
	model_step(mark, set);
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	/* those that are open already may go either way, depending on the packet before */
	model_step(model_rule(s.model, chain, 1), set);
	assert_int_equal(result_of(&s), PROOF_NOT);
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

/* A flow of a limited permit that is missing or too many; the mark of another permit. */
static void test_limited(void **state)
{
	struct element was;
	struct site s;
	struct set *set;

	(void)state;
	load(&s, "limited");
	set = &s.model->set[9]; /* of the flow "login" */
	assert_int_equal(set->element_count, 2);
	was = set->element[0];
	set->element[0].key[0] = range_of(0x03000004, 0x03000004);
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	set->element[0] = was;
	set->element[1].timeout_ms = 0; /* it does not end with its permit */
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	set->element[1].timeout_ms = 3600 * 1000;
	assert_int_equal(result_of(&s), PROOF_PROVED);
	was = s.model->set[0].element[4];
	s.model->set[0].element[4].data = 0x03000002; /* of the one without flows */
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	s.model->set[0].element[4] = was;
	set->element_count = 1;
	assert_int_equal(result_of(&s), PROOF_BROKEN);
	set->element_count = 2;
	unload(&s);
}

/* The verdict of a rule that lets errors of connections through, or NULL. */
static struct step *verdict_on_errors(const struct rule *r)
{
	bool errors = false;

	for (size_t i = 0; i < r->step_count; i++) {
		struct step *st = &r->step[i];

		if (st->kind == STEP_MATCH && st->field[0] == FIELD_CT_STATE)
			errors = errors || st->range[0].min.lo == STATE_RELATED;
		if (st->kind == STEP_VERDICT && st->verdict == VERDICT_ACCEPT && errors)
			return st;
	}
	return NULL;
}

/*
 * Path MTU and the like, to either side of a connection: each rule about them is needed,
 * but for two, where nobody can have a connection with this machine.
 */
static void test_errors(void **state)
{
	size_t needed = 0, left_open = 0;
	struct site s;

	(void)state;
	load(&s, "limited");
	for (size_t c = 0; c < s.model->chain_count; c++) {
		for (size_t i = 0; i < s.model->chain[c].rule_count; i++) {
			struct step *verdict =
				verdict_on_errors(&s.model->chain[c].rule[i]);

			if (verdict == NULL)
				continue;
			verdict->verdict = VERDICT_DROP;
			if (result_of(&s) == PROOF_BROKEN)
				needed++;
			else
				left_open++;
			verdict->verdict = VERDICT_ACCEPT;
		}
	}
	assert_int_equal(needed, 8);
	assert_int_equal(left_open, 2);
	assert_int_equal(result_of(&s), PROOF_PROVED);
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
			assert_true(n > 1);
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
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_assertion),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_translation),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_admission),
		cmocka_unit_test(test_limited),
		cmocka_unit_test(test_marks_of_others),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_revision),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
