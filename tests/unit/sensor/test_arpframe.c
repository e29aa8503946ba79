/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fw/sensor/arp.h"
#include "fw/sensor/arpframe.h"
#include "fw/sensor/ether.h"
#include "fw/sensor/nd.h"

static const struct mac own = { { 2, 0, 0, 0, 0, 0xf0 } };
static const struct mac to = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac at = { { 2, 0, 0, 0, 0, 2 } };

static struct arpframe frame_of(const char *about, const char *to_addr)
{
	struct arpframe f = { .own = own, .to = to, .at = at };

	assert_int_equal(addr_parse(about, &f.about), 0);
	assert_int_equal(addr_parse(to_addr, &f.to_addr), 0);
	return f;
}

static void check_head(const uint8_t *frame, size_t len, uint16_t type,
		       struct ether *ret_ether)
{
	assert_int_equal(ether_parse(rd_of(frame, len), ret_ether), 0);
	assert_int_equal(ret_ether->type, type);
	assert_true(mac_equal(ret_ether->dst, to));
	/* switches learn from it: never anybody else's */
	assert_true(mac_equal(ret_ether->src, own));
}

static void test_arp(void **state)
{
	const struct arpframe f = frame_of("192.0.2.7", "192.0.2.9");
	uint8_t frame[ARPFRAME_MAX];
	size_t len = arpframe_write(&f, frame);
	struct ether e;
	struct arp a;

	(void)state;
	assert_int_equal(len, 60);
	check_head(frame, len, 0x0806, &e);
	assert_int_equal(arp_parse(e.payload, &a), 0);
	assert_int_equal(a.operation, ARP_REPLY);
	assert_true(mac_equal(a.sender_mac, at));
	assert_true(addr_equal(a.sender, f.about));
	assert_true(mac_equal(a.target_mac, to));
	assert_true(addr_equal(a.target, f.to_addr));
}

static void test_nd(void **state)
{
	const struct arpframe f = frame_of("2001:db8::7", "2001:db8::9");
	uint8_t frame[ARPFRAME_MAX];
	size_t len = arpframe_write(&f, frame);
	uint32_t sum = 32 + 58; /* length and protocol of the pseudo-header */
	struct ether e;
	struct nd n;

	(void)state;
	assert_int_equal(len, ARPFRAME_MAX);
	check_head(frame, len, 0x86dd, &e);
	assert_int_equal(nd_parse(e.payload, &n), 0);
	assert_int_equal(n.type, ND_ADVERTISEMENT);
	assert_true(n.has_mac);
	assert_true(mac_equal(n.mac, at));
	assert_true(addr_equal(n.target, f.about));
	assert_memory_equal(frame + 14 + 24, f.to_addr.bytes, 16);
	assert_int_equal(frame[14 + 40 + 4], 0x20); /* override, not solicited */
	/* addresses and message add up to all ones (RFC 1071) */
	for (size_t i = 14 + 8; i < len; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void test_refused(void **state)
{
	struct arpframe f = frame_of("192.0.2.7", "2001:db8::9");
	uint8_t frame[ARPFRAME_MAX];

	(void)state;
	assert_int_equal(arpframe_write(&f, frame), 0);
	f = frame_of("192.0.2.7", "192.0.2.9");
	memset(f.to.b, 0xff, sizeof(f.to.b)); /* never to everybody */
	assert_int_equal(arpframe_write(&f, frame), 0);
	f = frame_of("192.0.2.7", "192.0.2.9");
	f.about.family = f.to_addr.family = 0;
	assert_int_equal(arpframe_write(&f, frame), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_nd),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
