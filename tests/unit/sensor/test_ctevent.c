/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/gated/events/ctevent.h"
#include "tests/unit/sensor/seed.h"

static struct ctevent load(const char *name)
{
	struct seed s = seed_load(name);
	struct ctevent e;

	assert_int_equal(ctevent_parse(s.data, s.len, &e), 0);
	return e;
}

static void assert_addr(struct addr a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	assert_string_equal(text, expected);
}

static void test_tcp(void **state)
{
	struct ctevent e = load("ctevent/new-tcp4");
	uint32_t id = e.id;

	(void)state;
	assert_int_equal(e.type, CTEVENT_NEW);
	assert_addr(e.orig.src, "10.9.0.2");
	assert_addr(e.orig.dst, "10.9.0.1");
	assert_addr(e.reply.src, "10.9.0.1");
	assert_int_equal(e.orig.proto, 6);
	assert_int_equal(e.orig.src_port, 40352);
	assert_int_equal(e.orig.dst_port, 443);
	assert_int_equal(e.mark, 0x01000007);
	assert_int_equal(e.stop_ns, 0);

	e = load("ctevent/destroy-tcp4");
	assert_int_equal(e.type, CTEVENT_DESTROY);
	assert_int_equal(e.id, id);
	assert_int_equal(e.mark, 0x01000007);
	assert_int_equal(e.status, 0x208);
	assert_int_equal(e.up.packets, 1);
	assert_int_equal(e.up.bytes, 60);
	assert_int_equal(e.down.packets, 1);
	assert_int_equal(e.down.bytes, 40);
	assert_true(e.start_ns > 1700000000000000000ull);
	assert_true(e.stop_ns > e.start_ns);
}

static void test_others(void **state)
{
	struct ctevent e = load("ctevent/destroy-icmp6");

	(void)state;
	assert_addr(e.orig.src, "fd09::2");
	assert_int_equal(e.orig.proto, 58);
	assert_int_equal(e.orig.icmp_type, 128);
	assert_int_equal(e.reply.icmp_type, 129);
	assert_int_equal(e.orig.icmp_id, e.reply.icmp_id);
	assert_int_equal(e.orig.src_port, 0);
	assert_int_equal(e.up.bytes, 104);
	e = load("ctevent/new-icmp4");
	assert_int_equal(e.orig.icmp_type, 8);
	e = load("ctevent/destroy-udp4");
	assert_int_equal(e.orig.dst_port, 53);
	assert_int_equal(e.up.packets, 1);
	assert_int_equal(e.down.packets, 0);
}

/* New is only what carries both flags: anything else on that type is a change. */
static void test_update(void **state)
{
	static const uint16_t flags[] = { 0, 0x400, 0x200 };
	struct seed s = seed_load("ctevent/new-tcp4");
	struct ctevent e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		memcpy(s.data + 6, &flags[i], sizeof(flags[i]));
		assert_int_equal(ctevent_parse(s.data, s.len, &e), 0);
		assert_int_equal(e.type, CTEVENT_UPDATE);
	}
}

static void test_truncation(void **state)
{
	static const char *const seeds[] = { "ctevent/destroy-tcp4",
					     "ctevent/destroy-icmp6" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seed s = seed_load(seeds[i]);

		for (size_t len = 0; len < s.len; len++) {
			struct seed shorter = s;
			uint32_t value = (uint32_t)len;
			struct ctevent e;
			uint8_t *cut = seed_cut(&s, len);
			int r;

			assert_int_equal(ctevent_parse(cut, len, &e), -EBADMSG);
			free(cut);
			memcpy(shorter.data, &value, sizeof(value));
			cut = seed_cut(&shorter, len);
			r = ctevent_parse(cut, len, &e); /* the sanitizer looks on */
			assert_true(r == 0 || r == -EBADMSG);
			free(cut);
		}
	}
}

static void test_refused(void **state)
{
	struct seed s = seed_load("ctevent/new-tcp4"), log = seed_load("nflog/tcp4");
	const uint32_t head_only = 20;
	struct ctevent e;

	(void)state;
	assert_int_equal(ctevent_parse(log.data, log.len, &e), -ENOMSG);
	memcpy(s.data, &head_only, sizeof(head_only)); /* no tuple */
	assert_int_equal(ctevent_parse(s.data, head_only, &e), -EBADMSG);
	s = seed_load("ctevent/new-tcp4");
	s.data[0x26] = 3; /* the second address becomes another family's, too short */
	assert_int_equal(ctevent_parse(s.data, s.len, &e), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),     cmocka_unit_test(test_others),
		cmocka_unit_test(test_update),  cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
