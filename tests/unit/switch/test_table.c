/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fw/switch/table.h"
#include "lib/fdio.h"
#include "lib/mem.h"
#include "tests/support/revision_parts.h"

static char dir[] = "/tmp/sekisho-table.XXXXXX";

static const char *below(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void store(unsigned number, const char *permits)
{
	char text[2048], secret[128];

	(void)snprintf(
		text, sizeof(text),
		"{ \"format\": 2, \"number\": %u, "
		"\"created\": \"2026-11-21T00:00:00Z\", \"policy\": \"version: 1\\n"
		"site: { name: x }\\nzones:\\n  office:\\n    kind: office\\n"
		"    interfaces: [office0]\\n    networks: [192.0.2.0/24]\\n"
		"    vlan: 20\\n\"," REVISION_PARTS("") ", \"permits\": [%s] }",
		number, permits);
	(void)snprintf(secret, sizeof(secret), "%s", below("secret"));
	assert_int_equal(revision_key_ensure(dir, secret), 0);
	assert_int_equal(revision_store(dir, secret, number, text, strlen(text)), 0);
	assert_int_equal(revision_set_current(dir, number), 0);
}

#define PERMIT(until) \
	"{ \"id\": \"p0000000000000001\", \"number\": 1, " \
	"\"device\": \"d0000000000000001\", \"mac\": \"02:00:00:00:00:01\", " \
	"\"interface\": \"office0\", \"zone\": \"office\", " until "\"user\": \"\", " \
	"\"group\": \"\", \"destinations\": [] }"

static void expect(const char *name, const char *text)
{
	CLEANUP(free_p) char *got = NULL;
	size_t len = 0;

	assert_int_equal(fdio_read_file(below(name), 4096, &got, &len), 0);
	assert_string_equal(got, text);
}

static void age(const char *name)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_int_equal(utimensat(AT_FDCWD, below(name), old, 0), 0);
}

static bool is_old(const char *name)
{
	struct stat st;

	assert_int_equal(stat(below(name), &st), 0);
	return st.st_mtime == 1000;
}

static const char *wrong(const struct table *t)
{
	static char text[128];

	table_describe(t, text, sizeof(text));
	return text;
}

static void test_follow(void **state)
{
	struct table t = { 0 };

	(void)state;
	(void)snprintf(t.revisions, sizeof(t.revisions), "%s", dir);
	(void)snprintf(t.dir, sizeof(t.dir), "%s", dir);
	table_follow(&t, 100); /* no revision: no file */
	assert_string_equal(wrong(&t), "no revision is loaded");
	assert_int_equal(access(below("cards"), F_OK), -1);

	store(1, PERMIT("\"until\": 200, "));
	table_follow(&t, 100);
	expect("cards", "sekisho-cards 2\n020000000001 20 0 200\nend\n");
	expect("hostapd.accept", "02:00:00:00:00:01 20\n");
	assert_int_equal(t.cards, 1);
	assert_string_equal(wrong(&t), "");

	/* renewed now and then, not written again */
	age("cards");
	table_follow(&t, 101);
	assert_true(is_old("cards"));
	table_follow(&t, 105);
	assert_false(is_old("cards"));
	age("cards");
	table_follow(&t, 50); /* the clock was set back */
	assert_false(is_old("cards"));

	/* its end takes the card out */
	table_follow(&t, 199);
	expect("hostapd.accept", "02:00:00:00:00:01 20\n");
	table_follow(&t, 200);
	expect("hostapd.accept", "");
	expect("cards", "sekisho-cards 2\nend\n");

	store(2, PERMIT(""));
	table_follow(&t, 200);
	expect("cards", "sekisho-cards 2\n020000000001 20 0 0\nend\n");
	assert_int_equal(unlink(below("cards")), 0);
	table_follow(&t, 205);
	table_follow(&t, 206);
	expect("cards", "sekisho-cards 2\n020000000001 20 0 0\nend\n");

	/* a revision that cannot be read: the table is left to go stale */
	store(3, "");
	assert_int_equal(fdio_replace_file(below("0000000003.json"), 0640, "{", 1), 0);
	age("cards");
	table_follow(&t, 300);
	table_follow(&t, 400);
	assert_true(is_old("cards"));
	assert_string_not_equal(t.refused, "");
	assert_non_null(strstr(wrong(&t), "cannot be loaded"));
	store(4, "");
	table_follow(&t, 401);
	expect("cards", "sekisho-cards 2\nend\n");
	table_clear(&t);
}

static void test_unwritable(void **state)
{
	struct table t = { 0 };

	(void)state;
	(void)snprintf(t.revisions, sizeof(t.revisions), "%s", dir);
	(void)snprintf(t.dir, sizeof(t.dir), "%s/nowhere", dir);
	table_follow(&t, 100);
	table_follow(&t, 101);
	assert_false(t.written);
	assert_string_equal(wrong(&t), "the table cannot be written");
	(void)snprintf(t.dir, sizeof(t.dir), "%s", dir);
	table_follow(&t, 102);
	assert_true(t.written);
	table_clear(&t);
}

static void test_fresh(void **state)
{
	(void)state;
	assert_true(table_is_fresh(1000, 1000));
	assert_true(table_is_fresh(1000, 1060));
	assert_false(table_is_fresh(1000, 1061));
	assert_true(table_is_fresh(1060, 1000));
	assert_false(table_is_fresh(1061, 1000));
}

static void remove_all(void)
{
	static const char *const files[] = { "revision.pub", "secret", "current", "cards",
					     "hostapd.accept" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(below(files[i]));
	for (unsigned i = 1; i <= 4; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%010u.json", i);
		(void)unlink(below(name));
		(void)snprintf(name, sizeof(name), "%010u.sig", i);
		(void)unlink(below(name));
	}
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_fresh),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_all();
	return failed;
}
