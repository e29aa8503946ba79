/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/gated/denies.h"

struct seen {
	size_t sums;
	uint32_t packets;
};

static void on_sum(const struct deny *sum, void *user)
{
	struct seen *s = user;

	s->sums++;
	s->packets += sum->count;
}

static struct nflog_packet packet(uint16_t port)
{
	return (struct nflog_packet){ .src = { 4, { 10, 0, 0, 1 } },
				      .dst = { 4, { 10, 0, 0, 2 } },
				      .has_ports = true,
				      .src_port = 1000,
				      .dst_port = port,
				      .has_proto = true,
				      .proto = IPPROTO_TCP,
				      .mac = { { 2, 0, 0, 0, 0, 1 } } };
}

static void test_sums(void **state)
{
	struct denies *d = denies_new();
	struct nflog_packet p = packet(443);
	struct seen s = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		p.src_port++; /* the source port does not tell attempts apart */
		assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), 0);
	}
	assert_int_equal(denies_add(d, &p, REASON_SPOOFED), 0);
	p.dst_port = 80;
	assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), 0);
	p.mac.b[5] = 2;
	assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), 0);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, 4);
	assert_int_equal(s.packets, 6);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, 4);
	denies_free(d);
}

static void test_ceiling(void **state)
{
	struct denies *d = denies_new();
	struct nflog_packet p;
	struct seen s = { 0 };

	(void)state;
	for (uint16_t i = 0; i < DENIES_MAX; i++) {
		p = packet(i);
		assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), 0);
	}
	assert_int_equal(denies_add(d, &p, REASON_NO_FLOW),
			 0); /* known: it still counts */
	p = packet(DENIES_MAX);
	assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), -ENOSPC);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, DENIES_MAX);
	assert_int_equal(denies_add(d, &p, REASON_NO_FLOW), 0);
	denies_free(d);
}

static void test_reason(void **state)
{
	(void)state;
	assert_int_equal(denies_reason("d:no-flow"), REASON_NO_FLOW);
	assert_int_equal(denies_reason("d:not-admitted"), REASON_NOT_ADMITTED);
	assert_int_equal(denies_reason("d:spoofed"), REASON_SPOOFED);
	assert_int_equal(denies_reason("d:no-record"), REASON_NO_RECORD);
	assert_int_equal(denies_reason("d:entry"), REASON_NONE);
	assert_int_equal(denies_reason("o:no-flow"), REASON_NONE);
	assert_int_equal(denies_reason(""), REASON_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
