/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/lldp.h"
#include "tests/unit/sensor/seed.h"

static const struct {
	const char *seed;
	int result;
	const char *chassis, *port, *name;
	uint16_t ttl;
} rows[] = {
	{ "lldp/switch", 0, "020000000022", "ge-0/0/1", "sw-2f-east", 120 },
	{ "lldp/zero-length", 0, "sw", "p1", "late", 120 },
	{ "lldp/beyond", 0, "sw", "p1", "", 120 },
	{ "lldp/no-end", 0, "sw", "p1", NULL, 0 },
	{ "lldp/empty-chassis", -EBADMSG, NULL, NULL, NULL, 0 },
	{ "lldp/subtype-only", -EBADMSG, NULL, NULL, NULL, 0 },
	{ "lldp/short-ttl", -EBADMSG, NULL, NULL, NULL, 0 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);
		struct lldp l;
		int r = lldp_parse(rd_of(s.data, s.len), &l);

		if (r != rows[i].result)
			fail_msg("%s: %d", rows[i].seed, r);
		if (r < 0)
			continue;
		assert_string_equal(l.chassis, rows[i].chassis);
		assert_string_equal(l.port, rows[i].port);
		assert_int_equal(l.ttl, rows[i].ttl);
		if (rows[i].name != NULL)
			assert_string_equal(l.name, rows[i].name);
		else
			assert_int_equal(strlen(l.name), LLDP_TEXT_MAX - 1); /* cut */
	}
}

static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);

		for (size_t len = 0; len < s.len; len++) {
			uint8_t *p = seed_cut(&s, len);
			struct lldp l = { 0 };

			if (lldp_parse(rd_of(p, len), &l) == 0)
				assert_string_not_equal(l.chassis, "");
			else
				assert_string_equal(l.chassis, "");
			free(p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
