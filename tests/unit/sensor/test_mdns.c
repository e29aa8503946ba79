/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/mdns.h"
#include "tests/unit/sensor/seed.h"

static const struct {
	const char *seed;
	const char *source;
	int result;
	const char *name;
} rows[] = {
	{ "mdns/answer", "192.0.2.11", 0, "jimu-pc-9" },
	{ "mdns/answer", "fe80::11", 0, "jimu-pc-9" },
	{ "mdns/answer", "192.0.2.12", -ENOMSG, NULL }, /* answers for another */
	{ "mdns/compressed", "192.0.2.11", 0, "jimu-pc-9" },
	{ "mdns/llmnr", "192.0.2.11", 0, "JIMU-PC-9" },
	{ "mdns/question", "192.0.2.11", -ENOMSG, NULL },
	{ "mdns/loop", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/loop-two", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/forward", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/reserved-label", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/many", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/too-long", "192.0.2.11", -EBADMSG, NULL },
	{ "mdns/chain", "192.0.2.11", -EBADMSG,
	  NULL }, /* more jumps than any sender makes */
};

static struct addr address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);
		char name[LABEL_MAX] = "untouched";
		int r = mdns_parse(rd_of(s.data, s.len), address(rows[i].source), name);

		if (r != rows[i].result)
			fail_msg("%s from %s: %d", rows[i].seed, rows[i].source, r);
		assert_string_equal(name, r == 0 ? rows[i].name : "untouched");
	}
}

static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);

		for (size_t len = 0; len < s.len; len++) {
			uint8_t *p = seed_cut(&s, len);
			char name[LABEL_MAX];

			if (mdns_parse(rd_of(p, len), address(rows[i].source), name) == 0)
				assert_string_equal(name, rows[i].name);
			free(p);
		}
	}
}

/* Without a message to point into, a pointer is refused. */
static void test_pointer_alone(void **state)
{
	static const uint8_t pointer[] = { 0xc0, 0 };
	struct rd r = rd_of(pointer, sizeof(pointer));
	char first[LABEL_MAX];

	(void)state;
	assert_int_equal(label_read_name(&r, (struct rd){ 0 }, first), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_pointer_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
