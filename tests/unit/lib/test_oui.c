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

#include "lib/oui.h"
#include "tests/support/alloc_fail.h"

static const char list[] =
	"Registry,Assignment,Organization Name,Organization Address\r\n"
	"MA-L,002272,American Micro-Fuel Device Corp.,2181 Loop\r\n"
	"MA-L,70B3D5,IEEE Registration Authority,x\n"
	"MA-S,70B3D5F2F,\"Tele, \"\"Platforms\"\"\",y\n"
	"MA-M,70B3D51,Middle,\n"
	"MA-L,12345,too short,\nMA-L,12345G,no digits,\n"
	"MA-L,0000A1,Bad\x1b[2J\xff,\nMA-L,0000A2,,\nMA-L\n\n\"\n";

static struct mac mac_of(const char *text)
{
	struct mac m;

	assert_int_equal(mac_parse(text, &m), 0);
	return m;
}

static struct oui *parse(void)
{
	struct oui *o = NULL;

	assert_int_equal(oui_parse(list, sizeof(list) - 1, &o), 0);
	return o;
}

static void test_longest(void **state)
{
	struct oui *o = parse();

	(void)state;
	assert_int_equal(oui_count(o), 5);
	assert_string_equal(oui_find(o, mac_of("00:22:72:01:02:03")),
			    "American Micro-Fuel Device Corp.");
	assert_string_equal(oui_find(o, mac_of("70:b3:d5:f2:f0:01")),
			    "Tele, \"Platforms\"");
	assert_string_equal(oui_find(o, mac_of("70:b3:d5:1f:f0:01")), "Middle");
	assert_string_equal(oui_find(o, mac_of("70:b3:d5:f2:e0:01")),
			    "IEEE Registration Authority");
	assert_null(strchr(oui_find(o, mac_of("00:00:a1:00:00:00")), 0x1b));
	oui_free(o);
}

static void test_nobody(void **state)
{
	struct oui *o = parse();

	(void)state;
	assert_null(oui_find(o, mac_of("00:22:73:00:00:00")));
	assert_null(oui_find(o, mac_of("02:22:72:00:00:00"))); /* locally administered */
	assert_null(oui_find(o, mac_of("01:22:72:00:00:00"))); /* a group */
	assert_null(oui_find(NULL, mac_of("00:22:72:00:00:00")));
	oui_free(o);
}

/* Every prefix of the file is read without looking behind its end. */
static void test_truncation(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(list); len++) {
		char *p = malloc(len != 0 ? len : 1);
		struct oui *o = NULL;

		assert_non_null(p);
		memcpy(p, list, len);
		assert_int_equal(oui_parse(p, len, &o), 0);
		oui_free(o);
		free(p);
	}
}

static void test_allocation_failures(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct oui *o = NULL;
		int r;

		alloc_fail_at(n);
		r = oui_parse(list, sizeof(list) - 1, &o);
		if (!alloc_fail_fired()) {
			alloc_fail_at(0);
			assert_int_equal(r, 0);
			oui_free(o);
			return;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(o);
	}
}

static void test_files(void **state)
{
	char dir[] = "/tmp/sekisho-oui-XXXXXX", path[64];
	struct oui *o = NULL;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(oui_load(dir, &o), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/mam.csv", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(list, 1, sizeof(list) - 1, f), sizeof(list) - 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(oui_load(dir, &o), 0);
	assert_int_equal(oui_count(o), 5);
	oui_free(o);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_allocation_failures),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
