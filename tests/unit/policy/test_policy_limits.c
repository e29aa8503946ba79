/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ceilings, and files made to exhaust the reader. */
#include "lib/policy/policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mem.h"
#include "tests/unit/policy/base.h"

#define ROOM (10u << 20)

static char out[DIAG_MAX * (DIAG_TEXT_MAX + 32)];

struct text {
	char *s;
	size_t len;
};

static void add(struct text *t, const char *fmt, ...) PRINTF_FMT(2, 3);

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, ROOM - t->len, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < ROOM - t->len);
	t->len += (size_t)n;
}

static void fill(struct text *t, const char *piece, size_t until)
{
	size_t n = strlen(piece);

	while (t->len + n <= until) {
		memcpy(t->s + t->len, piece, n);
		t->len += n;
	}
}

static int parse(const struct text *t)
{
	struct policy *p = NULL;
	struct diags d = { 0 };
	int r = policy_parse(t->s, t->len, &p, &d);

	(void)diag_print(&d, "p", out, sizeof(out));
	assert_true((r == 0) == (p != NULL));
	assert_true((r == 0) == (d.count == 0));
	policy_free(p);
	return r;
}

static void expect(struct text *t, const char *message)
{
	int r = parse(t);

	if (r != -EINVAL || strstr(out, message) == NULL)
		fail_msg("%d, expected %s, found:\n%s", r, message, out);
	t->len = 0;
}

static int set_up(void **state)
{
	static struct text t;

	t.s = malloc(ROOM);
	*state = &t;
	return t.s != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct text *t = *state;

	free(t->s);
	return 0;
}

/* The list or mapping of count members is accepted at the ceiling and refused above. */
static void zones(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD "zones:\n");
	for (size_t i = 0; i < count; i++)
		add(t,
		    "  z%zu: { kind: office, interfaces: [e%zu], networks: "
		    "[10.0.%zu.0/24] }\n",
		    i, i, i);
}

static void groups(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "networks:\n");
	for (size_t i = 0; i < count; i++)
		add(t, "  g%zu: [10.2.0.1]\n", i);
}

static void services(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "services:\n");
	for (size_t i = 0; i < count; i++)
		add(t, "  s%zu: [tcp/%zu]\n", i, i + 1);
}

static void flows(struct text *t, size_t count)
{
	t->len = 0;
	add(t, BASE "flows:\n");
	for (size_t i = 0; i < count; i++)
		add(t,
		    "  - { id: f%zu, from: core, to: claims, destination: [servers], "
		    "services: [web]" PAPERS " }\n",
		    i);
}

static void interfaces(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD "zones:\n  a: { kind: internet, interfaces: [e0");
	for (size_t i = 1; i < count; i++)
		add(t, ", e%zu", i);
	add(t, "] }\n");
}

static void prefixes(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "networks:\n  g: [10.2.0.0");
	for (size_t i = 1; i < count; i++)
		add(t, ", 10.2.%zu.%zu", i / 256, i % 256);
	add(t, "]\n");
}

static void matches(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "services:\n  s: [tcp/1");
	for (size_t i = 1; i < count; i++)
		add(t, ", tcp/%zu", i + 1);
	add(t, "]\n");
}

static void assertions(struct text *t, size_t count)
{
	t->len = 0;
	add(t, BASE "assertions:\n");
	for (size_t i = 0; i < count; i++)
		add(t, "  - never: { from: core, to: net }\n");
}

static void schedules(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "schedules:\n");
	for (size_t i = 0; i < count; i++)
		add(t, "  s%zu: { hours: [mon 08:00-09:00] }\n", i);
}

static void spans(struct text *t, size_t count)
{
	t->len = 0;
	add(t, HEAD ZONES "schedules: { s: { hours: [mon 08:00-09:00");
	for (size_t i = 1; i < count; i++)
		add(t, ", mon 09:%02zu-09:%02zu", i, i + 1);
	add(t, "] } }\n");
}

static void pins(struct text *t, size_t count)
{
	t->len = 0;
	add(t, BASE "pinned:\n");
	for (size_t i = 0; i < count; i++)
		add(t, "  - { id: p%zu, zone: core, pinned_to: [servers] }\n", i);
}

/* Pins and flows that would take hours to compare. */
static void too_many_to_compare(void **state)
{
	struct text *t = *state;

	t->len = 0;
	add(t, HEAD ZONES "networks:\n");
	for (unsigned g = 0; g < 2; g++) {
		add(t, "  g%u: [10.1.%u.0", g, 2 * g);
		for (unsigned i = 1; i < POLICY_PREFIXES_MAX; i++)
			add(t, ", 10.1.%u.%u", 2 * g, i);
		add(t, "]\n");
	}
	add(t, "  to: [10.2.0.1]\n" SERVICES "flows:\n");
	for (unsigned i = 0; i < 1000; i++)
		add(t,
		    "  - { id: f%u, from: core, to: claims, source: [g0], services: "
		    "[web]" PAPERS " }\n",
		    i);
	add(t, "pinned: [{ id: p, zone: core, devices: [g1], pinned_to: [to] }]\n");
	expect(t, "pin 'p' cannot be checked: its groups and those of the flows list too "
		  "many networks");
}

static void name(struct text *t, size_t count)
{
	t->len = 0;
	add(t, "version: 1\nsite: { name: ");
	fill(t, "n", t->len + count);
	add(t, " }\n" ZONES);
}

static void ceilings(void **state)
{
	static const struct {
		void (*make)(struct text *t, size_t count);
		size_t max;
		const char *message;
	} rows[] = {
		{ zones, POLICY_ZONES_MAX,
		  "p:4:3: zones has 65 members; 64 are accepted" },
		{ groups, POLICY_GROUPS_MAX,
		  "networks has 1025 members; 1024 are accepted" },
		{ services, POLICY_SERVICES_MAX, "services has 1025 members; 1024" },
		{ flows, POLICY_FLOWS_MAX, "flows has 4097 members; 4096 are accepted" },
		{ interfaces, POLICY_INTERFACES_MAX, "interfaces has 17 members; 16" },
		{ prefixes, POLICY_PREFIXES_MAX, "group 'g' has 257 members; 256" },
		{ matches, POLICY_MATCHES_MAX, "service 's' has 65 members; 64" },
		{ assertions, POLICY_ASSERTIONS_MAX, "assertions has 257 members; 256" },
		{ schedules, POLICY_SCHEDULES_MAX, "schedules has 65 members; 64" },
		{ spans, ALLOW_SPANS_MAX, "hours has 33 members; 32" },
		{ pins, POLICY_PINS_MAX, "pinned has 65 members; 64" },
		{ name, 127, "p:2:15: name has 128 bytes; 127 are accepted" },
	};
	struct text *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rows[i].make(t, rows[i].max);
		if (parse(t) != 0)
			fail_msg("row %zu:\n%s", i, out);
		rows[i].make(t, rows[i].max + 1);
		expect(t, rows[i].message);
	}
}

static void size_of_the_file(void **state)
{
	struct text *t = *state;

	t->len = 0;
	add(t, BASE "# ");
	fill(t, "x", POLICY_FILE_MAX);
	assert_int_equal(t->len, POLICY_FILE_MAX);
	assert_int_equal(parse(t), 0);
	fill(t, "x", POLICY_FILE_MAX + 1);
	assert_int_equal(parse(t), -EFBIG);
	assert_string_equal(out,
			    "p: the file has 1048577 bytes; a policy may have 1048576\n");
	fill(t, "x", ROOM);
	assert_int_equal(parse(t), -EFBIG);
	assert_string_equal(
		out, "p: the file has 10485760 bytes; a policy may have 1048576\n");
}

/* A whole file of one piece. */
static void floods(void **state)
{
	static const struct {
		const char *piece;
		const char *message;
	} rows[] = {
		{ "[", "p:1:13: nested too deeply: more than 12 levels" },
		{ "{", "p:1:" },
		{ "- ", "p:1:25: nested too deeply" },
		{ "? ", "p:1:3: a key must be text" },
		{ "a: {", "nested too deeply" },
		{ "a: [", "nested too deeply" },
		{ "- a\n", "the file has more values than any policy needs" },
		{ "a:\n", "the file has more values than any policy needs" },
		{ "&a ", "p:1:" },
		{ "*a ", "p:1:" },
		{ "! ", "p:1:" },
		{ "---\n", "p:2:1: a policy is one document" },
		{ "a ", "p:1:1: the policy must be a mapping" },
		{ "\n", "p: the file is empty" },
		{ "#\n", "p: the file is empty" },
		{ "\"", "p:" },
		{ "'", "p:1:1: the policy must be a mapping" },
		{ "\\", "p:1:1: the policy must be a mapping" },
		{ "]", "p:1:1: not valid YAML" },
		{ ":", "p:1:1: unknown key ':::" },
		{ "\t", "p:" },
		{ "%", "p:1:1: directives" },
		{ " %", "p:" },
		{ "- %\n", "p:" },
		{ "|\n", "p:" },
		{ "漢", "p:1:1: the policy must be a mapping" },
	};
	struct text *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		t->len = 0;
		fill(t, rows[i].piece, POLICY_FILE_MAX);
		expect(t, rows[i].message);
	}
}

static void nul_byte(void **state)
{
	struct text *t = *state;

	t->len = 0;
	add(t, BASE);
	t->s[20] = '\0';
	expect(t, "p:2:10: a NUL byte is not accepted");
}

/* Many different keys, many references to nothing, many zones in one place. */
static void wide(void **state)
{
	struct text *t = *state;

	t->len = 0;
	for (size_t i = 0; t->len < POLICY_FILE_MAX - 32; i++)
		add(t, "k%zu: 1\n", i);
	expect(t, "unknown key 'k0' in the policy");
	services(t, POLICY_SERVICES_MAX);
	add(t, "flows:\n  - id: f\n    services: [s0");
	fill(t, ",s1023", POLICY_FILE_MAX - 8);
	add(t, "]\n");
	expect(t, "; 1024 are accepted");
}

static void many_messages_are_counted(void **state)
{
	struct text *t = *state;
	struct policy *p = NULL;
	struct diags d = { 0 };

	t->len = 0;
	add(t, BASE);
	for (unsigned i = 0; i < 1000; i++)
		add(t, "key%u: x\n", i);
	assert_int_equal(policy_parse(t->s, t->len, &p, &d), -EINVAL);
	assert_int_equal(d.count, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_to_compare),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(size_of_the_file),
		cmocka_unit_test(floods),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(wide),
		cmocka_unit_test(many_messages_are_counted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
