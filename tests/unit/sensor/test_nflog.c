/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

#include "fw/gated/events/nflog.h"
#include "tests/unit/sensor/seed.h"

#define PAYLOAD_AT 0x90 /* in every seed: the logged packet, last attribute */

/* Messages that a kernel sent for: log prefix "deny:no-flow:office" group 5 snaplen 96 */
static const struct {
	const char *seed;
	uint8_t nfproto;
	const char *src, *dst;
	uint8_t proto;
	uint16_t dst_port;
	uint8_t icmp_type;
} rows[] = {
	{ "nflog/icmp4", NFPROTO_IPV4, "10.9.0.2", "10.9.0.1", 1, 0, 8 },
	{ "nflog/icmp6", NFPROTO_IPV6, "fd09::2", "fd09::1", 58, 0, 128 },
	{ "nflog/tcp4", NFPROTO_IPV4, "10.9.0.2", "10.9.0.1", 6, 443, 0 },
	{ "nflog/udp4", NFPROTO_IPV4, "10.9.0.2", "10.9.0.1", 17, 53, 0 },
};

static const struct mac sender = { { 2, 0, 0, 0, 9, 2 } };

static void assert_addr(struct addr a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	assert_string_equal(text, expected);
}

static struct nflog_packet parse(const struct seed *s)
{
	struct nflog_packet p;

	assert_int_equal(nflog_parse(s->data, s->len, &p), 0);
	return p;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);
		struct nflog_packet p = parse(&s);

		assert_string_equal(p.prefix, "deny:no-flow:office");
		assert_int_equal(p.group, 5);
		assert_int_equal(p.hook, NF_INET_LOCAL_IN);
		assert_int_equal(p.nfproto, rows[i].nfproto);
		assert_int_equal(p.indev, 2);
		assert_int_equal(p.outdev, 0);
		assert_true(mac_equal(p.mac, sender));
		assert_true(p.has_seq);
		assert_int_equal(p.seq, i);
		assert_addr(p.src, rows[i].src);
		assert_addr(p.dst, rows[i].dst);
		assert_true(p.has_proto);
		assert_int_equal(p.proto, rows[i].proto);
		assert_int_equal(p.has_ports, rows[i].dst_port != 0);
		assert_int_equal(p.dst_port, rows[i].dst_port);
		assert_int_equal(p.has_icmp, rows[i].icmp_type != 0);
		assert_int_equal(p.icmp_type, rows[i].icmp_type);
		assert_false(p.fragment);
		assert_true(p.time_us > 1700000000000000);
	}
}

/* By which the gateway's own probes are known: see fw/probe/probe.h. */
static void test_word(void **state)
{
	static const uint8_t bytes[] = { 0x12, 0x34, 0x56, 0x78 };
	static const struct {
		const char *seed;
		size_t at; /* in the packet */
		uint8_t proto; /* 0: as it is */
	} words[] = {
		{ "nflog/tcp4", 24, 0 },
		{ "nflog/tcp4", 28, 17 }, /* UDP with something in it */
		{ "nflog/icmp4", 24, 0 },
		{ "nflog/icmp6", 44, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct seed s = seed_load(words[i].seed);
		struct nflog_packet p;

		if (words[i].proto != 0)
			s.data[PAYLOAD_AT + 9] = words[i].proto;
		memcpy(s.data + PAYLOAD_AT + words[i].at, bytes, sizeof(bytes));
		p = parse(&s);
		assert_true(p.has_word);
		assert_int_equal(p.word, 0x12345678);
	}
}

static void set_len(struct seed *s, size_t at, uint32_t value, size_t size)
{
	memcpy(s->data + at, &value, size); /* little or big: as the machine has it */
}

/* Cut anywhere, with the length in the header cut too or not. */
static void test_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seed s = seed_load(rows[i].seed);

		for (size_t len = 0; len < s.len; len++) {
			struct seed shorter = s;
			struct nflog_packet p;
			uint8_t *cut = seed_cut(&s, len);
			int r;

			assert_int_equal(nflog_parse(cut, len, &p), -EBADMSG);
			free(cut);
			set_len(&shorter, 0, (uint32_t)len, sizeof(uint32_t));
			cut = seed_cut(&shorter, len);
			r = nflog_parse(cut, len, &p); /* the sanitizer looks on */
			assert_true(r == 0 || r == -EBADMSG);
			free(cut);
		}
	}
}

/* A snap length that cuts the packet: what is there is given. */
static void test_cut_payload(void **state)
{
	struct seed whole = seed_load("nflog/tcp4");

	(void)state;
	for (size_t len = 0; len <= 40; len++) {
		struct seed s = whole;
		struct nflog_packet p;

		s.len = PAYLOAD_AT + len;
		set_len(&s, 0, (uint32_t)s.len, sizeof(uint32_t));
		set_len(&s, PAYLOAD_AT - 4, (uint32_t)(4 + len), sizeof(uint16_t));
		set_len(&s, PAYLOAD_AT - 2, 9, sizeof(uint16_t));
		p = parse(&s);
		assert_int_equal(p.src.family, len >= 20 ? 4 : 0);
		assert_int_equal(p.has_proto, len >= 20);
		assert_int_equal(p.has_ports, len >= 24);
		assert_int_equal(p.has_word, len >= 28);
		assert_true(mac_equal(p.mac, sender));
	}
}

static void test_fragment(void **state)
{
	struct seed s = seed_load("nflog/udp4");
	struct nflog_packet p;

	(void)state;
	s.data[PAYLOAD_AT + 6] = 0x00;
	s.data[PAYLOAD_AT + 7] = 0x10;
	p = parse(&s);
	assert_true(p.fragment);
	assert_false(p.has_ports);
	assert_int_equal(p.proto, 17);
	s.data[PAYLOAD_AT + 6] = 0x20; /* more fragments follow: this one is the first */
	s.data[PAYLOAD_AT + 7] = 0x00;
	p = parse(&s);
	assert_false(p.fragment);
	assert_int_equal(p.dst_port, 53);
}

/* Replace what follows the IPv6 header of the ICMPv6 seed. */
static struct nflog_packet behind_ipv6(uint8_t next, const void *data, size_t len)
{
	struct seed s = seed_load("nflog/icmp6");

	s.data[PAYLOAD_AT + 6] = next;
	memset(s.data + PAYLOAD_AT + 40, 0, s.len - PAYLOAD_AT - 40);
	memcpy(s.data + PAYLOAD_AT + 40, data, len);
	return parse(&s);
}

static void test_extensions(void **state)
{
	uint8_t endless[56] = { 0 };
	struct nflog_packet p;

	(void)state;
	/* hop-by-hop, destination options (16 bytes), TCP */
	p = behind_ipv6(0,
			"\x3c\x00......"
			"\x06\x01.............."
			"\x04\xd2\x01\xbb",
			28);
	assert_int_equal(p.proto, 6);
	assert_int_equal(p.src_port, 1234);
	assert_int_equal(p.dst_port, 443);
	/* authentication header of 24 bytes, UDP */
	p = behind_ipv6(51, "\x11\x04......................\x00\x35\x00\x35", 28);
	assert_int_equal(p.dst_port, 53);
	/* a fragment that is not the first: what looks like ports is data */
	p = behind_ipv6(44, "\x11\x00\x00\x08....\x00\x35\x00\x35", 12);
	assert_true(p.fragment);
	assert_true(p.has_proto);
	assert_int_equal(p.proto, 17);
	assert_false(p.has_ports);
	/* no end of extension headers, within the packet and over its end */
	p = behind_ipv6(0, endless, sizeof(endless));
	assert_false(p.has_proto);
	assert_int_equal(p.src.family, 6);
	p = behind_ipv6(0, "\x06\xff", 2);
	assert_false(p.has_proto);
}

/* The address comes from either attribute, and only when the link is Ethernet. */
static void test_mac(void **state)
{
	struct seed s = seed_load("nflog/tcp4");
	struct mac other = sender;

	(void)state;
	other.b[5] = 3;
	s.data[0x49] = 3; /* in NFULA_HWADDR */
	assert_true(mac_equal(parse(&s).mac, other));
	s.data[0x3e] = 0x7f; /* gone: an unknown attribute instead */
	assert_true(mac_equal(parse(&s).mac, sender));
	s.data[0x50] = 3; /* ARPHRD_ of no Ethernet */
	assert_true(mac_is_zero(parse(&s).mac));
}

static void test_versions_do_not_fit(void **state)
{
	struct seed s = seed_load("nflog/tcp4");

	(void)state;
	s.data[PAYLOAD_AT] = 0x65;
	assert_int_equal(parse(&s).src.family, 0);
	s.data[PAYLOAD_AT] = 0x44; /* header of 16 bytes */
	assert_int_equal(parse(&s).src.family, 0);
}

static void test_other_messages(void **state)
{
	struct seed s = seed_load("nflog/tcp4"), ct = seed_load("ctevent/new-tcp4");
	struct nflog_packet p;

	(void)state;
	assert_int_equal(nflog_parse(ct.data, ct.len, &p), -ENOMSG);
	set_len(&s, 4, 0x0401, sizeof(uint16_t)); /* configuration */
	assert_int_equal(nflog_parse(s.data, s.len, &p), -ENOMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_cut_payload),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_versions_do_not_fit),
		cmocka_unit_test(test_other_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
