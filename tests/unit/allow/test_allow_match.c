/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/allow/match.h"
#include "lib/attr.h"
#include "lib/host.h"
#include "tests/unit/allow/made.h"

#define ENTRIES 60
#define ROUNDS  300
#define ASKED   150
#define LISTS   3
#define NOW     1000

static const char *pick(const char *const *from, size_t count)
{
	return from[(size_t)rand() % count];
}

#define PICK(array) pick(array, ARRAY_LEN(array))

static const char *const labels[] = { "a", "b", "aa", "a-b", "jp" };
static const char *const addresses[] = { "192.0.2.1", "10.1.2.3", "2001:db8::1" };
static const char *const methods[] = { "GET", "HEAD", "POST", "GETS" };
static const char *const prefixes[] = { "", "", "", "/", "/a", "/a/", "/a/b", "/ab" };
static const char *const paths[] = { "/",      "/a",      "/a/",     "/a/b",
				     "/a/b/c", "/ab",     "/a?x=//", "/a?/../",
				     "/a//b",  "/a/../b", "/a/..",   "/a/%2e%2E/b",
				     "/a%2Fb", "/a/b\\c", "/a/./b",  "/a/..;/b",
				     "/a/.b",  "/a/b?x",  "/A",      "" };
static const int64_t moments[] = { 0, 0, 0, NOW - 1, NOW, NOW + 1 };

/* A few labels and depths, so that names meet each other often. */
static void random_host(char dst[HOST_PATTERN_MAX + 1], bool wildcard)
{
	int depth = 1 + rand() % 4 + (wildcard ? 1 : 0);

	(void)snprintf(dst, HOST_PATTERN_MAX + 1, "%s", wildcard ? "*" : PICK(labels));
	for (int i = 0; i < depth; i++) {
		size_t len = strlen(dst);

		(void)snprintf(dst + len, HOST_PATTERN_MAX + 1 - len, ".%s",
			       PICK(labels));
	}
}

static void random_ports(struct allow_entry *e)
{
	static const uint16_t port[] = { 80, 443, 8080 };
	size_t first = (size_t)rand() % 3;

	e->port_count = 1 + (size_t)rand() % 3;
	for (size_t i = 0; i < e->port_count; i++)
		e->port[i] = port[(first + i) % 3];
}

struct texts {
	char host[HOST_PATTERN_MAX + 1], id[ID_TEXT_MAX];
};

static void random_entry(struct allow_entry *e, struct texts *t, unsigned n)
{
	const char *what = "";

	*e = (struct allow_entry){ .id = t->id, .host = t->host, .path = "" };
	made_id(t->id, n);
	if (rand() % 8 == 0)
		(void)snprintf(t->host, sizeof(t->host), "%s", PICK(addresses));
	else
		random_host(t->host, rand() % 2 == 0);
	random_ports(e);
	e->scheme = (enum allow_scheme)(rand() % 3);
	e->tls_any = e->scheme != ALLOW_SCHEME_HTTP && rand() % 2 == 0;
	e->list = (uint16_t)(rand() % LISTS);
	e->from = moments[rand() % 6];
	e->until = moments[rand() % 6];
	if (e->until != 0 && e->until <= e->from)
		e->until = 0;
	if (e->scheme != ALLOW_SCHEME_HTTPS) {
		e->path = PICK(prefixes);
		e->method_count = (size_t)(rand() % 3);
		for (size_t i = 0; i < e->method_count; i++)
			e->method[i] = PICK(methods);
	}
	if (!allow_entry_is_valid(e, &what))
		fail_msg("%s: %s", e->host, what);
}

static bool naive_host(const struct allow_entry *e, const struct allow_question *q)
{
	if (q->literal)
		return strcmp(e->host, q->host) == 0;
	return host_pattern_matches(e->host, q->host);
}

static bool naive_port(const struct allow_entry *e, const struct allow_question *q)
{
	bool found = false;

	for (size_t i = 0; i < e->port_count; i++)
		found = found || e->port[i] == q->port;
	switch (e->scheme) {
	case ALLOW_SCHEME_ANY:
		return found && q->port != (q->connect ? 80 : 443);
	case ALLOW_SCHEME_HTTP:
		return found && !q->connect;
	case ALLOW_SCHEME_HTTPS:
		return found && q->connect;
	}
	return false;
}

/* By splitting the path into segments. */
static bool naive_path(const char *prefix, const char *path)
{
	static const char *const bad[] = { "//", "/./", "/../", "/..;", "\\" };
	char low[64], only[64];
	size_t len = strlen(prefix);

	if (len == 0)
		return true;
	(void)snprintf(only, sizeof(only), "%.*s/", (int)strcspn(path, "?"), path);
	if (len > 1 && prefix[len - 1] == '/')
		len--;
	if (path[0] == '\0' ||
	    (len > 1 && (strncmp(only, prefix, len) != 0 || only[len] != '/')))
		return false;
	/* "/a/" is not for "/a" itself */
	if (prefix[strlen(prefix) - 1] == '/' && strcspn(path, "?") < strlen(prefix))
		return false;
	if (strlen(only) > 2 && strcmp(only + strlen(only) - 2, "//") == 0)
		only[strlen(only) - 1] = '\0'; /* ours, behind a final one */
	for (size_t i = 0; i <= strlen(only); i++)
		low[i] =
			only[i] >= 'A' && only[i] <= 'Z' ? (char)(only[i] + 32) : only[i];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (strcmp(only, "//") != 0 && strstr(only, bad[i]) != NULL)
			return false;
	}
	return strstr(low, "%2e") == NULL && strstr(low, "%2f") == NULL &&
	       strstr(low, "%5c") == NULL;
}

static bool naive_request(const struct allow_entry *e, const struct allow_question *q)
{
	bool found = e->method_count == 0;

	if (q->connect)
		return e->path[0] == '\0' && e->method_count == 0;
	for (size_t i = 0; i < e->method_count; i++)
		found = found || strcmp(e->method[i], q->method) == 0;
	return found && naive_path(e->path, q->path);
}

/* What should come out, by looking at every entry. */
static enum reason naive(const struct allow_entry *entry, size_t count,
			 const struct allow_lists *lists, const struct allow_question *q)
{
	enum reason best = REASON_NOT_LISTED;

	for (size_t i = 0; i < count; i++) {
		const struct allow_entry *e = &entry[i];

		if (!naive_host(e, q) || (lists->fits[0] >> e->list & 1) == 0)
			continue;
		if (!naive_port(e, q)) {
			best = best == REASON_NOT_LISTED ? REASON_PORT : best;
		} else if (!naive_request(e, q)) {
			best = best == REASON_NOT_NOW ? best : REASON_METHOD;
		} else if ((lists->counts[0] >> e->list & 1) == 0 || e->from > q->now_s ||
			   (e->until != 0 && e->until <= q->now_s)) {
			best = REASON_NOT_NOW;
		} else {
			return REASON_ENTRY;
		}
	}
	return best;
}

static void check_answer(const struct allow_entry *entry, size_t count,
			 const struct allow_lists *lists, const struct allow_question *q,
			 const struct allow_answer *a)
{
	unsigned n;

	assert_int_equal(a->permitted, a->reason == REASON_ENTRY);
	if (a->reason == REASON_NOT_LISTED) {
		assert_string_equal(a->id, "");
		assert_int_equal(a->list, ALLOW_LIST_NONE);
		return;
	}
	assert_int_equal(sscanf(a->id, "a%u", &n), 1);
	assert_true(n < count);
	assert_string_equal(a->id, entry[n].id);
	assert_int_equal(a->list, entry[n].list);
	assert_int_equal(naive(&entry[n], 1, lists, q), a->reason);
	assert_int_equal(a->tls_any, a->permitted && entry[n].tls_any);
	assert_int_equal(a->until, a->permitted ? entry[n].until : 0);
}

static void ask(const struct allow_image *image, const struct allow_entry *entry,
		size_t count)
{
	static const uint16_t port[] = { 80, 443, 8080, 22 };
	char host[HOST_PATTERN_MAX + 1];
	struct allow_lists lists = { .fits = { (unsigned)rand() % 8 } };
	struct allow_question q = { .host = host,
				    .literal = rand() % 8 == 0,
				    .port = port[rand() % 4],
				    .connect = rand() % 2 == 0,
				    .path = PICK(paths),
				    .method = PICK(methods),
				    .now_s = NOW };
	struct allow_answer a;
	enum reason want;

	lists.counts[0] = lists.fits[0] & (unsigned)rand();
	if (q.literal)
		(void)snprintf(host, sizeof(host), "%s", PICK(addresses));
	else
		random_host(host, false);
	want = naive(entry, count, &lists, &q);
	a = allow_match(image, &lists, &q);
	if (a.reason != want)
		fail_msg("%s %s port %u connect %d path %s: %s, not %s", q.method, host,
			 q.port, q.connect, q.path, reason_name(a.reason),
			 reason_name(want));
	check_answer(entry, count, &lists, &q, &a);
}

static void test_property(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct allow_entry entry[ENTRIES];
		struct texts text[ENTRIES];
		size_t count = (size_t)(rand() % ENTRIES);
		struct allow_image *image;
		struct made m;

		for (size_t i = 0; i < count; i++)
			random_entry(&entry[i], &text[i], (unsigned)i);
		assert_int_equal(made_new(entry, count, &m), 0);
		image = made_image(&m);
		assert_int_equal(allow_image_entries(image), count);
		for (int i = 0; i < ASKED; i++)
			ask(image, entry, count);
		allow_image_free(image);
		made_close(&m);
	}
}

/* The exact name before wildcards, longer wildcards before shorter, first before later. */
static void test_order(void **state)
{
	static const struct {
		const char *host, *id;
	} rows[] = { { "b.a.example.jp", "a0000000000000002" },
		     { "c.a.example.jp", "a0000000000000001" },
		     { "a.example.jp", "a0000000000000000" },
		     { "example.jp", "" },
		     { "xexample.jp", "" },
		     { ".example.jp", "" },
		     { "", "" } };
	struct allow_entry entry[] = { made_entry("*.example.jp"),
				       made_entry("*.a.example.jp"),
				       made_entry("b.a.example.jp"),
				       made_entry("b.a.example.jp") };
	struct allow_lists lists = made_lists(1);
	char id[ARRAY_LEN(entry)][ID_TEXT_MAX];
	struct allow_image *image;
	struct made m;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(entry); i++) {
		made_id(id[i], i);
		entry[i].id = id[i];
	}
	assert_int_equal(made_new(entry, ARRAY_LEN(entry), &m), 0);
	assert_int_equal(m.built.duplicates, 1);
	assert_int_equal(m.built.terms, 1);
	image = made_image(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct allow_question q = { .host = rows[i].host,
					    .port = 443,
					    .connect = true };
		struct allow_answer a = allow_match(image, &lists, &q);

		assert_string_equal(a.id, rows[i].id);
	}
	allow_image_free(image);
	made_close(&m);
}

/* Names deeper than the depth mask tells apart are found all the same. */
static void test_deep(void **state)
{
	char host[HOST_PATTERN_MAX + 1] = "*", name[HOST_PATTERN_MAX + 1];
	struct allow_lists lists = made_lists(1);
	struct allow_question q = { .host = name, .port = 443, .connect = true };
	struct allow_entry entry;
	struct allow_image *image;
	struct made m;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(host + 1 + 2 * i, ".x", 3);
	(void)snprintf(name, sizeof(name), "y%s", host + 1);
	entry = made_entry(host);
	assert_int_equal(made_new(&entry, 1, &m), 0);
	image = made_image(&m);
	assert_true(allow_match(image, &lists, &q).permitted);
	name[1] = 'y';
	name[2] = 'y';
	assert_false(allow_match(image, &lists, &q).permitted);
	allow_image_free(image);
	made_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
