/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "fw/switch/answer.h"

static void test_mac(void **state)
{
	static const char *const good[] = {
		"02aabbccdd0e",      "02AABBCCDD0E",      "02:aa:bb:cc:dd:0e",
		"02-AA-BB-CC-DD-0E", "02aa.bbcc.dd0e",    "02AA-BBCC-DD0E",
		"02aabb-ccdd0e",     "02.aa.bb.cc.dd.0e", "02aabb:ccdd0e",
	};
	static const char *const bad[] = {
		"",
		"02aabbccdd0",
		"02aabbccdd0e0",
		":02aabbccdd0e",
		"02aabbccdd0e:",
		"02::aabbccdd0e",
		"0:2aabbccdd0e",
		"02 aabbccdd0e",
		"02aabbccdd0g",
		"000000000000",
		"ffffffffffff",
		"01005e000001",
		"02:aa:bb:cc:dd:0e:",
		"02:aa:bb:cc:dd:0e\n",
		"02:aa:bb:cc:dd:0e 1",
		"%{User-Name}",
		"\xff\xfe",
	};
	const struct mac want = { { 2, 0xaa, 0xbb, 0xcc, 0xdd, 0x0e } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct mac m = { 0 };

		assert_int_equal(answer_mac(good[i], "", &m), 0);
		assert_true(mac_equal(m, want));
		assert_int_equal(answer_mac(good[i], good[0], &m), 0);
		assert_int_equal(answer_mac(good[0], good[i], &m), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mac m = { { 9 } };

		assert_int_equal(answer_mac(bad[i], "", &m), -EINVAL);
		if (bad[i][0] != '\0')
			assert_int_equal(answer_mac(good[0], bad[i], &m), -EINVAL);
		assert_int_equal(m.b[0], 9);
	}
	/* who asks about another card than the one that speaks */
	assert_int_equal(answer_mac(good[0], "02aabbccdd0f", &(struct mac){ 0 }),
			 -EINVAL);
}

static void test_text(void **state)
{
	char text[ANSWER_TEXT_MAX];

	(void)state;
	answer_text(&(struct card){ .vlan = 20 }, 1000, text);
	assert_string_equal(text, "Tunnel-Type = VLAN, Tunnel-Medium-Type = IEEE-802, "
				  "Tunnel-Private-Group-Id = \"20\", "
				  "Session-Timeout = 600, "
				  "Termination-Action = RADIUS-Request\n");
	answer_text(&(struct card){ .vlan = 4094, .until = 1007 }, 1000, text);
	assert_non_null(strstr(text, "Session-Timeout = 7,"));
	assert_non_null(strstr(text, "\"4094\""));
	answer_text(&(struct card){ .vlan = 1, .until = INT64_MAX }, 1000, text);
	assert_non_null(strstr(text, "Session-Timeout = 600,"));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
