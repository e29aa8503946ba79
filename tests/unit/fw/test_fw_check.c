/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "fw/apply/check.h"

#define CHAINS 2

static const struct fw_rule good = {
	.number = 5,
	.chain = FW_CHAIN_FORWARD,
	.target = FW_CHAIN_FIRST_FREE + 1,
	.match = FW_MATCH_MARK,
	.iifname = "core0",
	.family = 4,
	.has_saddr = 1,
	.saddr_len = 24,
	.l4proto = IPPROTO_TCP,
	.dport_min = 80,
	.dport_max = 90,
	.ct_state = FW_CT_NEW,
	.lookup = FW_LOOKUP_RECORDING,
	.log_group = FW_LOG_OPEN,
	.log_prefix = "o:flow",
	.set_mark = FW_SET_CT_META,
	.verdict = FW_VERDICT_JUMP,
};

static void refused(const struct fw_rule *r)
{
	assert_int_equal(check_rule(r, 5, CHAINS), -EPERM);
}

/* Each line changes one thing of a good rule into something that must not pass. */
#define REFUSED(change) \
	do { \
		struct fw_rule r = good; \
		change; \
		refused(&r); \
	} while (0)

static void test_rule_fields(void **state)
{
	(void)state;
	assert_int_equal(check_rule(&good, 5, CHAINS), 0);
	REFUSED(r.number = 6);
	REFUSED(r.chain = FW_CHAIN_FIRST_FREE + CHAINS);
	REFUSED(r.target = FW_CHAIN_FIRST_FREE + CHAINS);
	REFUSED(r.target = FW_CHAIN_INPUT);
	REFUSED(r.chain = r.target);
	REFUSED(r.match = 1u << 31);
	REFUSED(memset(r.iifname, 'a', sizeof(r.iifname)));
	REFUSED(r.iifname[1] = '"');
	REFUSED(r.iifname[10] = 'x'); /* something behind the terminator */
	REFUSED(r.oifname[0] = '\n');
	REFUSED(r.family = 5);
	REFUSED(r.family = 0);
	REFUSED(r.saddr_len = 33);
	REFUSED(r.saddr_len = 0);
	REFUSED(r.has_saddr = 2);
	REFUSED(r.l4proto = IPPROTO_SCTP);
	REFUSED(r.l4proto = IPPROTO_ICMP);
	REFUSED(r.match |= FW_MATCH_ICMP_TYPE);
	REFUSED(r.dport_max = 79);
	REFUSED(r.dport_min = 0);
	REFUSED(r.hoplimit = 255);
	REFUSED(r.ct_state = 8);
	REFUSED(r.ct_direction = 3);
	REFUSED(r.lookup = 5);
	REFUSED(r.lookup = FW_LOOKUP_LIMITED; r.verdict = FW_VERDICT_GOTO);
	REFUSED(r.lookup = FW_LOOKUP_LIMITED; r.flow = POLICY_FLOWS_MAX);
	REFUSED(r.lookup = FW_LOOKUP_QUARANTINE); /* with a jump: it would come back */
	REFUSED(r.limit = UINT32_MAX);
	REFUSED(r.counter = 3);
	REFUSED(r.counter = FW_COUNTER_FLOW); /* of no flow */
	REFUSED(r.flow = 1);
	REFUSED(r.until = -1);
	REFUSED(r.until = FW_TIME_MAX + 1);
	REFUSED(r.sport_min = 2);
	REFUSED(r.sport_max = 2);
	REFUSED(r.nat[15] = 1);
	REFUSED(r.ceiling = 1);
	REFUSED(r.slot = 1);
	REFUSED(memcpy(r.comment, "sys", 4));
	REFUSED(memcpy(r.comment, "sys:", 5));
	REFUSED(memcpy(r.comment, "flow:A", 7));
	REFUSED(memcpy(r.comment, "rule:a", 7));
	REFUSED(memset(r.comment, 'a', sizeof(r.comment)));
	REFUSED(r.match |= FW_MATCH_WAY_BACK); /* it leads back and nowhere else */
	REFUSED(r.log_group = 3);
	REFUSED(r.log_group = FW_LOG_DENY);
	REFUSED(r.log_prefix[2] = '"');
	REFUSED(memset(r.log_prefix, 'o', sizeof(r.log_prefix)));
	REFUSED(r.set_mark = 128);
	REFUSED(r.set_mark = FW_SET_META_PEER; r.family = 0; r.has_saddr = 0);
	REFUSED(r.set_mark = FW_SET_META_ADDRESS; r.family = 0; r.has_saddr = 0);
	REFUSED(r.set_mark = FW_SET_META_ADDRESS | FW_SET_META_PERMIT);
	REFUSED(r.set_mark = FW_SET_META_BOUND | FW_SET_META_CONST);
	REFUSED(r.set_mark = FW_SET_META_CONST | FW_SET_META_PERMIT);
	REFUSED(r.set_mark = FW_SET_CT_CONST | FW_SET_CT_META);
	REFUSED(r.new_mark = FW_MARK_ZONE);
	REFUSED(r.set_mark = FW_SET_CT_CONST; r.new_mark = REVISION_MARK_FULL | 1);
	REFUSED(r.verdict = 6);
	REFUSED(r.verdict = FW_VERDICT_ACCEPT); /* with a target */
}

static const struct fw_rule good_redirect = {
	.number = 5,
	.chain = FW_CHAIN_FIRST_FREE,
	.target = 3128,
	.match = FW_MATCH_MARK,
	.mark_value = REVISION_MARK_RESTRICTED,
	.mark_mask = FW_MARK_LESSER,
	.l4proto = IPPROTO_TCP,
	.dport_min = 443,
	.dport_max = 443,
	.verdict = FW_VERDICT_REDIRECT,
};

#define REDIRECT_REFUSED(change) \
	do { \
		struct fw_rule r = good_redirect; \
		change; \
		refused(&r); \
	} while (0)

/* Only devices with a mark are led to a port, only from where it says so. */
static void test_redirect(void **state)
{
	struct fw_rule local = { .number = 5,
				 .chain = FW_CHAIN_FIRST_FREE,
				 .match = FW_MATCH_LOCAL,
				 .verdict = FW_VERDICT_RETURN };
	struct fw_rule clear = { .number = 5,
				 .chain = FW_CHAIN_PREROUTING,
				 .set_mark = FW_SET_META_CONST };

	(void)state;
	assert_int_equal(check_rule(&good_redirect, 5, CHAINS), 0);
	REDIRECT_REFUSED(r.target = 0);
	REDIRECT_REFUSED(r.target = UINT16_MAX + 1);
	REDIRECT_REFUSED(r.match = 0);
	REDIRECT_REFUSED(r.match |= FW_MATCH_CT_MARK);
	REDIRECT_REFUSED(r.mark_mask = 0);
	REDIRECT_REFUSED(r.mark_mask = FW_MARK_CLASS);
	REDIRECT_REFUSED(r.mark_value = 0);
	REDIRECT_REFUSED(r.mark_value = FW_MARK_PROXY);
	REDIRECT_REFUSED(r.l4proto = IPPROTO_UDP);
	REDIRECT_REFUSED(r.dport_min = 442);
	REDIRECT_REFUSED(r.dport_min = r.dport_max = 22);
	REDIRECT_REFUSED(r.chain = FW_CHAIN_PREROUTING);
	REDIRECT_REFUSED(r.chain = FW_CHAIN_INPUT);
	REDIRECT_REFUSED(r.set_mark = FW_SET_CT_META);
	assert_int_equal(check_rule(&local, 5, CHAINS), 0);
	local.verdict = FW_VERDICT_ACCEPT;
	refused(&local);
	assert_int_equal(check_rule(&clear, 5, CHAINS), 0);
	clear.iifname[0] = 'e';
	clear.verdict = FW_VERDICT_ACCEPT;
	refused(&clear);
	clear.verdict = FW_VERDICT_DROP;
	refused(&clear);
}

static const struct fw_rule dnat = {
	.number = 5,
	.chain = FW_CHAIN_FIRST_FREE,
	.family = 4,
	.has_daddr = 1,
	.daddr_len = 32,
	.l4proto = IPPROTO_TCP,
	.dport_min = 80,
	.dport_max = 80,
	.nat = { 10, 0, 0, 1 },
	.comment = "flow:www",
	.counter = 1,
	.verdict = FW_VERDICT_DNAT,
};

#define DNAT_REFUSED(change) \
	do { \
		struct fw_rule r = dnat; \
		change; \
		refused(&r); \
	} while (0)

/* An address is changed for one address and port, and only in a chain of ours. */
static void test_nat(void **state)
{
	struct fw_rule masquerade = { .number = 5,
				      .chain = FW_CHAIN_FIRST_FREE,
				      .l4proto = IPPROTO_UDP,
				      .dport_min = 1,
				      .dport_max = 9,
				      .verdict = FW_VERDICT_MASQUERADE };

	(void)state;
	assert_int_equal(check_rule(&dnat, 5, CHAINS), 0);
	DNAT_REFUSED(r.chain = FW_CHAIN_PREROUTING);
	DNAT_REFUSED(r.chain = FW_CHAIN_FORWARD);
	DNAT_REFUSED(r.has_daddr = 0);
	DNAT_REFUSED(r.daddr_len = 31);
	DNAT_REFUSED(r.family = 6);
	DNAT_REFUSED(r.dport_min = 0);
	DNAT_REFUSED(memset(r.nat, 0, sizeof(r.nat)));
	DNAT_REFUSED(r.target = 80);
	DNAT_REFUSED(r.set_mark = FW_SET_CT_META);
	DNAT_REFUSED(r.verdict = FW_VERDICT_RETURN);
	assert_int_equal(check_rule(&masquerade, 5, CHAINS), 0);
	masquerade.chain = FW_CHAIN_POSTROUTING;
	refused(&masquerade);
	masquerade.chain = FW_CHAIN_FIRST_FREE;
	masquerade.l4proto = 0;
	masquerade.dport_min = masquerade.dport_max = 0;
	refused(&masquerade);
}

static const struct fw_rule meter = {
	.number = 5,
	.chain = FW_CHAIN_FIRST_FREE,
	.family = 6,
	.meter = FW_METER_RATE,
	.slot = 63,
	.ceiling = FW_METER_MAX,
	.target = FW_CHAIN_FIRST_FREE + 1,
	.verdict = FW_VERDICT_GOTO,
};

#define METER_REFUSED(change) \
	do { \
		struct fw_rule r = meter; \
		change; \
		refused(&r); \
	} while (0)

/* A ceiling lets go on; it never has the last word. */
static void test_meter(void **state)
{
	(void)state;
	assert_int_equal(check_rule(&meter, 5, CHAINS), 0);
	METER_REFUSED(r.meter = 3);
	METER_REFUSED(r.slot = FW_METER_SLOTS);
	METER_REFUSED(r.ceiling = 0);
	METER_REFUSED(r.ceiling++);
	METER_REFUSED(r.family = 0);
	METER_REFUSED(r.verdict = FW_VERDICT_DROP; r.target = 0);
	METER_REFUSED(r.verdict = FW_VERDICT_NONE; r.target = 0);
}

static void test_accept_needs_a_match(void **state)
{
	struct fw_rule r = { .verdict = FW_VERDICT_ACCEPT };

	(void)state;
	assert_int_equal(check_rule(&r, 0, 0), -EPERM);
	r.family = 4; /* an address alone is no ground either */
	r.has_saddr = 1;
	r.saddr_len = 8;
	assert_int_equal(check_rule(&r, 0, 0), -EPERM);
	r.lookup = FW_LOOKUP_LIVE;
	assert_int_equal(check_rule(&r, 0, 0), 0);
}

static void test_chain(void **state)
{
	struct fw_chain c = { .id = FW_CHAIN_FIRST_FREE, .name = "from-core" };

	(void)state;
	assert_int_equal(check_chain(&c, FW_CHAIN_FIRST_FREE), 0);
	assert_int_equal(check_chain(&c, FW_CHAIN_FIRST_FREE + 1), -EPERM);
	memcpy(c.name, "forward", sizeof("forward"));
	assert_int_equal(check_chain(&c, FW_CHAIN_FIRST_FREE), -EPERM);
	memcpy(c.name, "prerouting", sizeof("prerouting"));
	assert_int_equal(check_chain(&c, FW_CHAIN_FIRST_FREE), -EPERM);
	memset(c.name, 'a', sizeof(c.name));
	assert_int_equal(check_chain(&c, FW_CHAIN_FIRST_FREE), -EPERM);
}

static void test_permit(void **state)
{
	const struct fw_permit ok = { .iifname = "core0",
				      .mac = { 2, 0, 0, 0, 0, 1 },
				      .mark = REVISION_MARK_FULL | 1 };
	struct fw_permit p = ok;

	(void)state;
	assert_int_equal(check_permit(&ok), 0);
	p.iifname[0] = '\0';
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.mac[0] = 3; /* a group address */
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.until = -1;
	assert_int_equal(check_permit(&p), -EPERM);
	p.until = FW_UNTIL_MAX + 1;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.mark = FW_MARK_PROXY | 1;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.address[0] = 10; /* of which family? */
	assert_int_equal(check_permit(&p), -EPERM);
	p.family = 4;
	assert_int_equal(check_permit(&p), 0);
	p.address[4] = 1;
	assert_int_equal(check_permit(&p), -EPERM);
	p.family = 6;
	assert_int_equal(check_permit(&p), 0);
	memset(p.address, 0, sizeof(p.address));
	assert_int_equal(check_permit(&p), -EPERM);
	p.family = 5;
	assert_int_equal(check_permit(&p), -EPERM);
}

static void test_permit_peer(void **state)
{
	const struct fw_permit ok = { .kind = FW_PERMIT_PEER,
				      .iifname = "wg0",
				      .family = 4,
				      .address = { 10, 0, 0, 1 },
				      .mark = REVISION_MARK_FULL | 1 };
	struct fw_permit p = ok;

	(void)state;
	assert_int_equal(check_permit(&ok), 0);
	p.mac[0] = 2;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.family = 0;
	assert_int_equal(check_permit(&p), -EPERM);
	memset(p.address, 0, sizeof(p.address));
	assert_int_equal(check_permit(&p), -EPERM);
}

static void test_permit_flow(void **state)
{
	const struct fw_permit ok = { .kind = FW_PERMIT_FLOW,
				      .flow = 7,
				      .mark = REVISION_MARK_LIMITED | 1 };
	struct fw_permit p = ok;

	(void)state;
	assert_int_equal(check_permit(&ok), 0);
	p.flow = POLICY_FLOWS_MAX;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.mark = REVISION_MARK_FULL | 1;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.iifname[0] = 'a';
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.until = -1;
	assert_int_equal(check_permit(&p), -EPERM);
	p = ok;
	p.kind++;
	assert_int_equal(check_permit(&p), -EPERM);
}

static void test_marks_and_sizes(void **state)
{
	struct fw_begin begin = { .revision = 1,
				  .chain_count = FW_CHAINS_MAX,
				  .rule_count = FW_RULES_MAX,
				  .permit_count = FW_PERMITS_MAX };

	(void)state;
	assert_int_equal(check_mark(REVISION_MARK_RESTRICTED | 9), 0);
	assert_int_equal(check_mark(0), -EPERM);
	assert_int_equal(check_mark(REVISION_MARK_FULL), -EPERM);
	assert_int_equal(check_mark(FW_MARK_ZONE), -EPERM);
	assert_int_equal(check_mark(FW_MARK_PROXY), -EPERM);
	assert_int_equal(check_begin(&begin), 0);
	begin.rule_count++;
	assert_int_equal(check_begin(&begin), -EPERM);
	begin.rule_count--;
	begin.card_count = FW_QUARANTINE_MAX + 1;
	assert_int_equal(check_begin(&begin), -EPERM);
	assert_int_equal(check_card(&(struct fw_card){ .mac = { 2 } }), 0);
	assert_int_equal(check_card(&(struct fw_card){ .mac = { 1 } }), -EPERM);
	assert_int_equal(check_change(&(struct fw_change){ .base = 1, .revision = 1 }),
			 0);
	assert_int_equal(check_change(&(struct fw_change){ .base = 1 }), -EPERM);
	assert_int_equal(check_change(&(struct fw_change){
				 .base = 1, .revision = 1, .come = FW_CHANGE_MAX + 1 }),
			 -EPERM);
	begin = (struct fw_begin){ 0 };
	assert_int_equal(check_begin(&begin), -EPERM);
	begin = (struct fw_begin){ .revision = 1, .confirm_s = FW_CONFIRM_KEEP };
	assert_int_equal(check_begin(&begin), 0);
	begin.confirm_s = FW_CONFIRM_MAX;
	assert_int_equal(check_begin(&begin), 0);
	begin.confirm_s++;
	assert_int_equal(check_begin(&begin), -EPERM);
	begin.confirm_s = FW_CONFIRM_MIN - 1;
	assert_int_equal(check_begin(&begin), -EPERM);
}

static void test_flow(void **state)
{
	struct fw_cut_flow f = { .src.family = 4, .dst.family = 4, .proto = IPPROTO_TCP };

	(void)state;
	assert_int_equal(check_flow(&f), 0);
	f.dst.family = 6;
	assert_int_equal(check_flow(&f), -EPERM);
	f = (struct fw_cut_flow){ .proto = IPPROTO_TCP };
	assert_int_equal(check_flow(&f), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_fields),
		cmocka_unit_test(test_accept_needs_a_match),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_meter),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_permit),
		cmocka_unit_test(test_permit_flow),
		cmocka_unit_test(test_permit_peer),
		cmocka_unit_test(test_marks_and_sizes),
		cmocka_unit_test(test_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
