/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probes as bytes: what may be sent, where their word lies, and that gated finds it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fw/probe/frame.h"
#include "fw/probe/outcome.h"
#include "lib/rd.h"
#include "lib/str.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/fw/golden.h"

#define WORD 0x12345678u

static const struct probe tcp4 = {
	.iifname = "core0",
	.source_mac = { 2, 0, 0, 0, 0, 1 },
	.target_mac = { 2, 0, 0, 0, 0, 2 },
	.family = 4,
	.proto = IPPROTO_TCP,
	.src_port = 40000,
	.dst_port = 443,
	.src = { 10, 1, 0, 5 },
	.dst = { 10, 2, 0, 5 },
};

static struct probe six(uint8_t proto)
{
	struct probe p = tcp4;

	p.family = 6;
	p.proto = proto;
	memset(p.src, 0, sizeof(p.src));
	memset(p.dst, 0, sizeof(p.dst));
	p.src[0] = p.dst[0] = 0xfd;
	p.src[15] = 5;
	p.dst[15] = 6;
	return p;
}

static struct probe icmp(struct probe p)
{
	p.proto = p.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	p.icmp_type = p.family == 4 ? 8 : 128;
	p.src_port = p.dst_port = 0;
	return p;
}

static uint32_t sum(uint32_t s, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += (uint32_t)(data[i] << 8 | data[i + 1]);
	return s;
}

static bool is_whole(uint32_t s)
{
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return s == 0xffff;
}

static void check(const struct probe *p, size_t word_at, size_t size)
{
	uint8_t frame[FRAME_MAX];
	size_t head = p->family == 4 ? 20 : 40, len;
	uint32_t word, s;

	assert_true(frame_is_allowed(p));
	/* many words, for a checksum that may come out as either zero */
	for (uint32_t i = 0; i < 70000; i += 7) {
		len = frame_make(p, WORD + i, frame);
		assert_true(len >= 60 && len <= FRAME_MAX);
		memcpy(&word, frame + 14 + head + word_at, sizeof(word));
		assert_int_equal(ntohl(word), WORD + i);
		if (p->family == 4)
			assert_true(is_whole(sum(0, frame + 14, 20)));
		s = sum(0, frame + 14 + head, size);
		if (p->proto != IPPROTO_ICMP)
			s = sum(sum(s, p->src, 16), p->dst, 16) + p->proto +
			    (uint32_t)size;
		assert_true(is_whole(s));
	}
	assert_memory_equal(frame, p->target_mac, 6);
	assert_memory_equal(frame + 6, p->source_mac, 6);
}

static void test_frames(void **state)
{
	struct probe udp4 = tcp4, p;

	(void)state;
	udp4.proto = IPPROTO_UDP;
	check(&tcp4, 4, 20);
	check(&udp4, 8, 16);
	p = icmp(tcp4);
	check(&p, 4, 16);
	p = six(IPPROTO_TCP);
	check(&p, 4, 20);
	p = six(IPPROTO_UDP);
	check(&p, 8, 16);
	p = icmp(six(0));
	check(&p, 4, 16);
}

static void refuse(struct probe p)
{
	assert_false(frame_is_allowed(&p));
}

static void test_not_to_be_sent(void **state)
{
	static const uint16_t discovery[] = { 67, 68, 546, 547, 5353, 5355 };
	static const uint8_t sources[][4] = {
		{ 0 }, { 127, 0, 0, 1 }, { 224, 0, 0, 1 }, { 255, 255, 255, 255 }
	};
	struct probe p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(discovery); i++) {
		p = tcp4;
		p.proto = IPPROTO_UDP;
		p.dst_port = discovery[i];
		refuse(p);
		p.dst_port = 53;
		p.src_port = discovery[i];
		refuse(p);
	}
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		p = tcp4;
		memcpy(p.src, sources[i], 4);
		refuse(p);
	}
	for (unsigned type = 0; type < 256; type++) { /* no ND, no errors, no answers */
		p = icmp(six(0));
		p.icmp_type = (uint8_t)type;
		assert_int_equal(frame_is_allowed(&p), type == 128);
		p = icmp(tcp4);
		p.icmp_type = (uint8_t)type;
		assert_int_equal(frame_is_allowed(&p), type == 8);
	}
	p = six(IPPROTO_TCP);
	p.dst[0] = 0xff;
	refuse(p);
	p.dst[0] = 0xfe;
	p.dst[1] = 0x80;
	refuse(p);
	p = tcp4;
	p.target_mac[0] = 0xff;
	refuse(p);
	p = tcp4;
	p.source_mac[0] = 0x01;
	refuse(p);
	p = tcp4;
	p.dst[9] = 1; /* behind an address of IPv4 */
	refuse(p);
	p = tcp4;
	p.dst_port = 0;
	refuse(p);
	p = tcp4;
	p.proto = IPPROTO_ESP;
	refuse(p);
	p = tcp4;
	p.family = 5;
	refuse(p);
	p = tcp4;
	p.iifname[0] = '\0';
	refuse(p);
	memset(p.iifname, 'x', sizeof(p.iifname));
	refuse(p);
}

static struct plan_item item(enum plan_kind kind, const char *why_not)
{
	return (struct plan_item){ .probe = tcp4,
				   .kind = kind,
				   .from = 0,
				   .to = kind == PLAN_NO_DOOR ? PLAN_GATEWAY : 1,
				   .flow = kind == PLAN_FLOW ? "core-claims" : "",
				   .why_not = why_not };
}

/* Each of what can become of a probe that is to pass, and of one that is not. */
static void test_outcome(void **state)
{
	struct revision *rev = golden_load("clinic");
	struct plan_item items[] = {
		item(PLAN_FLOW, NULL),        item(PLAN_FLOW, NULL),
		item(PLAN_NO_DOOR, NULL),     item(PLAN_NO_DOOR, NULL),
		item(PLAN_STRANGER, NULL),    item(PLAN_FLOW, NULL),
		item(PLAN_FLOW, "no-permit"),
	};
	const struct plan plan = { .item = items,
				   .count = ARRAY_LEN(items),
				   .left_out = 3 };
	const uint8_t sent = PROBE_SENT, arrived = PROBE_SENT | PROBE_ARRIVED,
		      passed = PROBE_SENT | PROBE_ARRIVED | PROBE_PASSED;
	const uint8_t marks[] = { passed, arrived, arrived, passed, sent, 0, 0 };
	struct outcome out;
	json_t *answer, *wrong;

	(void)state;
	assert_int_equal(outcome_of(rev, &plan, marks, -1, 1.5, &out), 0);
	assert_int_equal(out.passed, 1);
	assert_int_equal(out.blocked, 1);
	assert_int_equal(out.wrong, 2);
	assert_int_equal(out.not_tested, 3);
	assert_string_equal(out.first,
			    "flow core-claims, from core to claims, was blocked");
	answer = json_loads(out.text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(answer, "result")), "bad");
	assert_int_equal(json_integer_value(json_object_get(answer, "left_out")), 3);
	wrong = json_object_get(answer, "wrong");
	assert_int_equal(json_array_size(wrong), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(wrong, 1), "expected")),
		"block");
	assert_int_equal(json_array_size(json_object_get(answer, "not_tested")), 3);
	json_decref(answer);
	free(out.text);
	/* nothing was tested: that is not good */
	assert_int_equal(outcome_of(rev, &plan, (const uint8_t[7]){ 0 }, 0, 0, &out), 0);
	assert_non_null(strstr(out.text, "\"result\":\"not-tested\""));
	free(out.text);
	revision_free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_not_to_be_sent),
		cmocka_unit_test(test_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
