/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/acl.h"
#include "tests/support/alloc_fail.h"

#define ENTRIES 60
#define ROUNDS  200
#define ASKED   100

/* A few labels and depths, so that names meet each other often. */
static void random_host(char dst[HOST_PATTERN_MAX + 1], bool wildcard)
{
	static const char *const label[] = { "a", "b", "aa", "a-b", "jp" };
	int depth = 1 + rand() % 4 + (wildcard ? 1 : 0);

	(void)snprintf(dst, HOST_PATTERN_MAX + 1, "%s",
		       wildcard ? "*" : label[rand() % 5]);
	for (int i = 0; i < depth; i++) {
		size_t len = strlen(dst);

		(void)snprintf(dst + len, HOST_PATTERN_MAX + 1 - len, ".%s",
			       label[rand() % 5]);
	}
}

static size_t some_zones[] = { 0, 1, 2 };

static void random_entry(struct revision_entry *e)
{
	static const uint16_t port[] = { 80, 443, 8080 };

	*e = (struct revision_entry){ .port_count = 1 + (size_t)rand() % 2 };
	random_host(e->host, rand() % 2 == 0);
	for (size_t i = 0; i < e->port_count; i++)
		e->port[i] = port[rand() % 3];
	e->zone_count = (size_t)rand() % 3;
	e->zone = some_zones +
		  rand() % (3 - (int)e->zone_count + (e->zone_count == 0 ? 0 : 1));
}

static bool in_zone(const struct revision_entry *e, size_t zone)
{
	bool found = e->zone_count == 0;

	for (size_t i = 0; i < e->zone_count; i++)
		found = found || e->zone[i] == zone;
	return found;
}

static bool at_port(const struct revision_entry *e, uint16_t port)
{
	bool found = false;

	for (size_t i = 0; i < e->port_count; i++)
		found = found || e->port[i] == port;
	return found;
}

/* What should come out, by looking at every entry. */
static enum reason naive(const struct revision *rev, size_t zone, const char *host,
			 uint16_t port)
{
	enum reason r = REASON_NOT_LISTED;

	for (size_t i = 0; i < rev->entry_count; i++) {
		const struct revision_entry *e = &rev->entry[i];

		if (!host_pattern_matches(e->host, host) || !in_zone(e, zone))
			continue;
		if (at_port(e, port))
			return REASON_ENTRY;
		r = REASON_PORT;
	}
	return r;
}

static void ask(const struct acl *acl, const struct revision *rev)
{
	char host[HOST_PATTERN_MAX + 1];
	size_t zone = (size_t)rand() % 3;
	uint16_t port = rand() % 2 == 0 ? 80 : 443;
	struct acl_match m;

	random_host(host, false);
	m = acl_match(acl, zone, host, port);
	assert_int_equal(m.reason, naive(rev, zone, host, port));
	assert_int_equal(m.reason == REASON_NOT_LISTED, m.entry == POLICY_NONE);
	if (m.entry == POLICY_NONE)
		return;
	assert_true(m.entry < rev->entry_count);
	assert_true(host_pattern_matches(rev->entry[m.entry].host, host));
	assert_true(in_zone(&rev->entry[m.entry], zone));
	assert_int_equal(at_port(&rev->entry[m.entry], port), m.reason == REASON_ENTRY);
}

static void test_property(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct revision_entry entry[ENTRIES];
		struct revision rev = { .entry = entry,
					.entry_count = (size_t)(rand() % ENTRIES) };
		struct acl *acl;

		for (size_t i = 0; i < rev.entry_count; i++)
			random_entry(&entry[i]);
		assert_int_equal(acl_new(&rev, &acl), 0);
		for (int i = 0; i < ASKED; i++)
			ask(acl, &rev);
		acl_free(acl);
	}
}

/* The exact name before wildcards, longer wildcards before shorter ones. */
static void test_order(void **state)
{
	struct revision_entry entry[] = {
		{ .host = "*.example.jp", .port = { 443 }, .port_count = 1 },
		{ .host = "*.a.example.jp", .port = { 443 }, .port_count = 1 },
		{ .host = "b.a.example.jp", .port = { 443 }, .port_count = 1 },
	};
	struct revision rev = { .entry = entry, .entry_count = 3 };
	struct acl *acl;

	(void)state;
	assert_int_equal(acl_new(&rev, &acl), 0);
	assert_int_equal(acl_match(acl, 0, "b.a.example.jp", 443).entry, 2);
	assert_int_equal(acl_match(acl, 0, "c.a.example.jp", 443).entry, 1);
	assert_int_equal(acl_match(acl, 0, "a.example.jp", 443).entry, 0);
	assert_int_equal(acl_match(acl, 0, "example.jp", 443).reason, REASON_NOT_LISTED);
	assert_int_equal(acl_match(acl, 0, "xexample.jp", 443).reason, REASON_NOT_LISTED);
	assert_int_equal(acl_match(acl, 0, "", 443).reason, REASON_NOT_LISTED);
	acl_free(acl);
}

static void test_allocation(void **state)
{
	struct revision_entry entry[] = { { .host = "a.jp", .port_count = 0 } };
	struct revision rev = { .entry = entry, .entry_count = 1 };
	bool fired = true;

	(void)state;
	for (unsigned n = 1; fired; n++) {
		struct acl *acl = NULL;
		int r;

		alloc_fail_at(n);
		r = acl_new(&rev, &acl);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_int_equal(r, fired ? -ENOMEM : 0);
		assert_int_equal(acl == NULL, fired);
		acl_free(acl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
