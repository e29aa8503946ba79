/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of one packet: questions about the golden case with translations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/gated/proof.h"
#include "lib/addr.h"
#include "lib/str.h"
#include "tests/unit/fw/golden.h"
#include "tests/unit/fw/model_of.h"

struct site {
	struct revision *rev;
	struct ruleset *rules;
	struct model *model;
};

/* Flows can be recorded. */
static void record(struct model *m)
{
	size_t set = 0;

	while (strcmp(m->set[set].name, "recording") != 0)
		set++;
	for (uint64_t family = 4; family <= 6; family += 2)
		model_element(m, set,
			      (struct element){ .key = { { { .lo = family },
							   { .lo = family } } } });
}

static int load(void **state)
{
	static struct site s;
	struct diags diags = { 0 };

	s.rev = golden_load("nat");
	if (s.rev == NULL ||
	    ruleset_compile(s.rev, &golden_inventory, &s.rules, &diags) < 0)
		return -1;
	s.model = model_of(s.rules, GOLDEN_NOW);
	record(s.model);
	*state = &s;
	return 0;
}

static int unload(void **state)
{
	struct site *s = *state;

	model_drop(s->model);
	ruleset_free(s->rules);
	revision_free(s->rev);
	return 0;
}

static struct proto_explain question(const char *src, const char *dst, uint16_t port)
{
	struct proto_explain q = { .l4proto = IPPROTO_TCP, .dst_port = port };
	struct addr a, b;

	assert_int_equal(addr_parse(src, &a), 0);
	assert_int_equal(addr_parse(dst, &b), 0);
	q.addr_family = a.family;
	memcpy(q.src, a.bytes, sizeof(q.src));
	memcpy(q.dst, b.bytes, sizeof(q.dst));
	return q;
}

static json_t *explain(const struct site *s, struct proto_explain q)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *answer;

	assert_non_null(out);
	assert_int_equal(explain_packet(s->rev, s->model, &q, out), 0);
	assert_int_equal(fclose(out), 0);
	answer = json_loads(text, 0, NULL);
	assert_non_null(answer);
	free(text);
	return answer;
}

static const char *string(const json_t *answer, const char *key)
{
	const char *s = json_string_value(json_object_get(answer, key));

	return s != NULL ? s : "";
}

/* The flow decides where the packet is led to, and the packet shows that place. */
static void test_published(void **state)
{
	static const char *const asked[][3] = {
		{ "203.0.113.9", "198.51.100.20", "10.30.0.80" },
		{ "2400::9", "2001:db8::20", "fd30::80" },
	};

	for (size_t i = 0; i < 2; i++) {
		json_t *a = explain(*state, question(asked[i][0], asked[i][1], 443));
		const json_t *p = json_object_get(a, "packet");

		assert_string_equal(string(a, "verdict"), "accept");
		assert_string_equal(string(a, "flow"), "www");
		assert_string_equal(string(a, "from"), "net");
		assert_string_equal(string(a, "to"), "office");
		assert_string_equal(string(a, "reason"), "");
		assert_string_equal(string(p, "dst"), asked[i][2]);
		assert_string_equal(string(p, "oif"), "office0");
		json_decref(a);
	}
}

static void test_not_published(void **state)
{
	json_t *a = explain(*state, question("203.0.113.9", "198.51.100.20", 22));

	assert_string_equal(string(a, "verdict"), "drop");
	assert_string_equal(string(a, "reason"), "no-flow");
	json_decref(a);
}

/* A rule that nobody understands is no refusal. */
static void test_unknown(void **state)
{
	struct site *s = *state;
	struct model *m = s->model;
	size_t forward = 0;
	json_t *a;

	while (strcmp(m->chain[forward].name, "flow-www") != 0)
		forward++;
	(void)str_copy(m->chain[forward].rule[0].id, sizeof(m->chain[forward].rule[0].id),
		       "flow:www");
	m->chain[forward].rule[0].step[0].kind = STEP_UNKNOWN;
	a = explain(s, question("203.0.113.9", "10.30.0.80", 443));
	assert_string_equal(string(a, "verdict"), "unknown");
	assert_string_equal(string(a, "reason"), "");
	json_decref(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_published, load, unload),
		cmocka_unit_test_setup_teardown(test_not_published, load, unload),
		cmocka_unit_test_setup_teardown(test_unknown, load, unload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
