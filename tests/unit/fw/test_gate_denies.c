/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/gated/denies.h"

struct seen {
	size_t sums;
	uint64_t packets;
	size_t of_device, of_reason; /* coarse sums */
	struct deny last;
};

static void on_sum(const struct deny *sum, void *user)
{
	struct seen *s = user;

	s->sums++;
	s->packets += sum->count;
	s->of_device += sum->detail == DENY_DEVICE;
	s->of_reason += sum->detail == DENY_REASON;
	s->last = *sum;
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
		denies_add(d, &p, REASON_NO_FLOW, 1000 + i);
	}
	denies_add(d, &p, REASON_SPOOFED, 2000);
	p.dst_port = 80;
	denies_add(d, &p, REASON_NO_FLOW, 2000);
	p.mac.b[5] = 2;
	denies_add(d, &p, REASON_NO_FLOW, 2000);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, 4);
	assert_int_equal(s.packets, 6);
	assert_int_equal(s.of_device + s.of_reason, 0);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, 4);
	denies_free(d);
}

static void test_times(void **state)
{
	struct denies *d = denies_new();
	struct nflog_packet p = packet(443);
	struct seen s = { 0 };

	(void)state;
	denies_add(d, &p, REASON_NO_FLOW, 1000);
	denies_add(d, &p, REASON_NO_FLOW, 5000);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.last.first_us, 1000);
	assert_int_equal(s.last.last_us, 5000);
	assert_int_equal(s.last.count, 2);
	denies_free(d);
}

/* A device that scans ports leaves room for the others, and every packet counts. */
static void test_one_device(void **state)
{
	struct denies *d = denies_new();
	struct nflog_packet p;
	struct seen s = { 0 };

	(void)state;
	for (uint16_t i = 0; i < 5000; i++) {
		p = packet(i);
		denies_add(d, &p, REASON_NO_FLOW, 1000);
	}
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.sums, DENIES_DEVICE_MAX + 1);
	assert_int_equal(s.of_device, 1);
	assert_int_equal(s.packets, 5000);
	assert_true(mac_equal(s.last.packet.mac, p.mac));
	assert_int_equal(s.last.packet.dst.family, 0);
	denies_flush(d, on_sum, &s); /* the device begins anew */
	denies_add(d, &p, REASON_NO_FLOW, 1000);
	denies_flush(d, on_sum, &s);
	assert_int_equal(s.last.detail, DENY_FULL);
	denies_free(d);
}

/* Forged MACs and addresses: never more sums than the ceiling, and no packet is left out. */
static void test_ceiling(void **state)
{
	struct denies *d = denies_new();
	struct nflog_packet p;
	struct seen s = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		p = packet((uint16_t)i);
		p.src.bytes[1] = (uint8_t)(i >> 16);
		p.mac.b[3] = (uint8_t)(i >> 16);
		p.mac.b[4] = (uint8_t)(i >> 8);
		p.mac.b[5] = (uint8_t)i;
		denies_add(d, &p, i % 2 != 0 ? REASON_SPOOFED : REASON_NOT_ADMITTED,
			   1000);
	}
	denies_flush(d, on_sum, &s);
	assert_true(s.sums <= DENIES_MAX);
	assert_int_equal(s.packets, 100000);
	assert_int_equal(s.of_reason, 2);
	denies_free(d);
}

struct expected {
	uint32_t mark; /* whose sums these are to be */
	uint64_t packets;
};

static void of_mark(const struct deny *sum, void *user)
{
	struct expected *e = user;

	if (sum->packet.mark == e->mark)
		e->packets += sum->count;
}

/* Behind a VPN nobody has a MAC: the mark tells whose a packet is, also in coarse sums. */
static void test_two_behind_a_vpn(void **state)
{
	for (uint32_t asked = 1; asked <= 2; asked++) {
		struct denies *d = denies_new();
		struct expected e = { .mark = asked };

		(void)state;
		for (uint16_t i = 0; i < 4000; i++) {
			struct nflog_packet p = packet(i);

			p.mac = (struct mac){ 0 };
			p.indev = 7;
			p.mark = 1 + i % 2;
			p.src.bytes[3] = (uint8_t)p.mark;
			denies_add(d, &p, REASON_NO_FLOW, 1000);
		}
		denies_flush(d, of_mark, &e);
		assert_int_equal(e.packets, 2000);
		denies_free(d);
	}
}

/* Whatever tells devices apart, none stands in for another, even where they share a slot. */
static void test_many_devices(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		struct denies *d = denies_new();
		struct seen s = { 0 };

		for (uint32_t i = 0; i < DENIES_MAX - DENIES_COARSE; i++) {
			struct nflog_packet p = packet(443);

			if (what == 0)
				p.mac.b[4] = (uint8_t)(i >> 8), p.mac.b[5] = (uint8_t)i;
			else if (what == 1)
				p.indev = i;
			else
				p.mark = i;
			denies_add(d, &p, REASON_NO_FLOW, 1000);
			denies_add(d, &p, REASON_NO_FLOW, 1000);
		}
		denies_flush(d, on_sum, &s);
		assert_int_equal(s.sums, DENIES_MAX - DENIES_COARSE);
		assert_int_equal(s.of_device + s.of_reason, 0);
		denies_free(d);
	}
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
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_one_device),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_two_behind_a_vpn),
		cmocka_unit_test(test_many_devices),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
