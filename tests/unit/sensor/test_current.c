/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fw/sensor/current.h"
#include "lib/fdio.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/revision_parts.h"

static char dir[] = "/tmp/sekisho-current.XXXXXX";

static const char *below(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void store(uint64_t number)
{
	static const char head[] = "{ \"format\": 2, \"number\": ";
	static const char tail[] =
		", \"created\": \"2026-11-21T00:00:00Z\", \"policy\": \"version: 1\\n"
		"site: { name: x }\\nzones:\\n  office:\\n    kind: office\\n"
		"    interfaces: [office0]\\n    networks: "
		"[192.0.2.0/24]\\n\"," REVISION_PARTS("") ", \"permits\": [] }";
	char text[1024], secret[128];

	(void)snprintf(text, sizeof(text), "%s%llu%s", head, (unsigned long long)number,
		       tail);
	(void)snprintf(secret, sizeof(secret), "%s", below("secret"));
	assert_int_equal(revision_key_ensure(dir, secret), 0);
	assert_int_equal(revision_store(dir, secret, number, text, strlen(text)), 0);
	assert_int_equal(revision_set_current(dir, number), 0);
}

static void test_follow(void **state)
{
	struct revision *rev = NULL;
	struct current c = { 0 };

	(void)state;
	(void)snprintf(c.dir, sizeof(c.dir), "%s", dir);
	assert_int_equal(current_load(&c, NULL, &rev), -ENOENT); /* none yet */
	store(1);
	assert_int_equal(current_load(&c, NULL, &rev), 0);
	assert_int_equal(rev->number, 1);
	revision_free(rev);
	assert_int_equal(current_load(&c, NULL, &rev), -ENOENT); /* nothing new */

	store(2);
	assert_int_equal(fdio_replace_file(below("0000000002.json"), 0640, "{", 1), 0);
	assert_true(current_load(&c, NULL, &rev) < 0);
	assert_string_not_equal(c.refused, "");
	assert_int_equal(revision_set_current(dir, 1), 0); /* taken back */
	assert_int_equal(current_load(&c, NULL, &rev), -ENOENT);
	assert_string_equal(c.refused, "");

	store(2);
	alloc_fail_at(1);
	assert_int_equal(current_load(&c, NULL, &rev), -ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(current_load(&c, NULL, &rev), 0); /* tried again */
	assert_int_equal(rev->number, 2);
	revision_free(rev);
}

int main(void)
{
	static const char *const files[] = {
		"0000000001.json", "0000000001.sig", "0000000002.json", "0000000002.sig",
		"revision.pub",    "secret",         "current",
	};
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_follow) };
	int failed;

	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(below(files[i]));
	(void)rmdir(dir);
	return failed;
}
