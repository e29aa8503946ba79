/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/ruleset.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/addr.h"

static const struct {
	uint8_t proto;
	uint8_t type;
	const char *name;
} icmp_names[] = {
	{ IPPROTO_ICMP, 0, "echo-reply" },
	{ IPPROTO_ICMP, 8, "echo-request" },
	{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, "echo-request" },
	{ IPPROTO_ICMPV6, ICMP6_ECHO_REPLY, "echo-reply" },
	{ IPPROTO_ICMPV6, ND_NEIGHBOR_SOLICIT, "nd-neighbor-solicit" },
	{ IPPROTO_ICMPV6, ND_NEIGHBOR_ADVERT, "nd-neighbor-advert" },
	{ IPPROTO_ICMPV6, 143, "mld2-listener-report" },
};

static void print_addr(const struct fw_rule *r, const char *what, const uint8_t *bytes,
		       uint8_t len, FILE *out)
{
	struct prefix p = { .addr.family = r->family, .len = len };
	char text[ADDR_TEXT_MAX];

	memcpy(p.addr.bytes, bytes, sizeof(p.addr.bytes));
	if (len == (r->family == 4 ? 32 : 128))
		addr_format(p.addr, text);
	else
		prefix_format(p, text);
	(void)fprintf(out, "%s %s %s ", r->family == 4 ? "ip" : "ip6", what, text);
}

static void print_ports(const char *proto, const char *what, uint16_t min, uint16_t max,
			FILE *out)
{
	(void)fprintf(out, "%s %s %u", proto, what, min);
	if (min != max)
		(void)fprintf(out, "-%u", max);
	(void)fputc(' ', out);
}

static void print_l4(const struct fw_rule *r, FILE *out)
{
	const char *name = r->l4proto == IPPROTO_TCP ? "tcp" : "udp";

	if (r->sport_min != 0)
		print_ports(name, "sport", r->sport_min, r->sport_max, out);
	if ((r->match & FW_MATCH_ICMP_TYPE) != 0) {
		(void)fputs(r->l4proto == IPPROTO_ICMP ? "icmp type " : "icmpv6 type ",
			    out);
		for (size_t i = 0; i < ARRAY_LEN(icmp_names); i++) {
			if (icmp_names[i].proto == r->l4proto &&
			    icmp_names[i].type == r->icmp_type) {
				(void)fprintf(out, "%s ", icmp_names[i].name);
				return;
			}
		}
		(void)fprintf(out, "%u ", r->icmp_type);
	} else if (r->dport_min == 0) {
		if (r->sport_min == 0)
			(void)fprintf(out, "meta l4proto %u ", r->l4proto);
	} else {
		print_ports(name, "dport", r->dport_min, r->dport_max, out);
	}
}

static void print_packet(const struct fw_rule *r, FILE *out)
{
	if (r->iifname[0] != '\0')
		(void)fprintf(out, "iifname \"%s\" ", r->iifname);
	if (r->oifname[0] != '\0')
		(void)fprintf(out, "oifname \"%s\" ", r->oifname);
	if (r->has_saddr)
		print_addr(r, "saddr", r->saddr, r->saddr_len, out);
	if (r->has_daddr)
		print_addr(r, "daddr", r->daddr, r->daddr_len, out);
	if ((r->match & FW_MATCH_LOCAL) != 0)
		(void)fputs("fib daddr type local ", out);
	if ((r->match & FW_MATCH_WAY_BACK) != 0)
		(void)fputs("fib saddr . iif oif exists ", out);
	if (r->family != 0 && !r->has_saddr && !r->has_daddr &&
	    r->meter == FW_METER_NONE &&
	    (r->set_mark & (FW_SET_META_ADDRESS | FW_SET_META_PEER)) == 0 &&
	    (r->match & FW_MATCH_ICMP_TYPE) == 0)
		(void)fprintf(out, "meta nfproto ipv%u ", r->family);
	if (r->l4proto != 0)
		print_l4(r, out);
	if (r->hoplimit != 0)
		(void)fprintf(out, "ip6 hoplimit %u ", r->hoplimit);
}

static void print_ct(const struct fw_rule *r, FILE *out)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} states[] = {
		{ FW_CT_ESTABLISHED, "established" },
		{ FW_CT_RELATED, "related" },
		{ FW_CT_NEW, "new" },
	};
	const char *join = "ct state ";

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if ((r->ct_state & states[i].bit) == 0)
			continue;
		(void)fprintf(out, "%s%s", join, states[i].name);
		join = ",";
	}
	if (r->ct_state != 0)
		(void)fputc(' ', out);
	if (r->ct_direction != FW_DIR_ANY)
		(void)fprintf(out, "ct direction %s ",
			      r->ct_direction == FW_DIR_REPLY ? "reply" : "original");
}

static void print_marks(const struct fw_rule *r, FILE *out)
{
	if ((r->match & FW_MATCH_SKUID) != 0)
		(void)fprintf(out, "meta skuid %u ", r->skuid);
	if ((r->match & FW_MATCH_MARK) != 0 && r->mark_mask == UINT32_MAX)
		(void)fprintf(out, "meta mark 0x%08x ", r->mark_value);
	else if ((r->match & FW_MATCH_MARK) != 0)
		(void)fprintf(out, "meta mark & 0x%08x == 0x%08x ", r->mark_mask,
			      r->mark_value);
	if ((r->match & FW_MATCH_CT_MARK) != 0)
		(void)fprintf(out, "ct mark 0x%08x ", r->ct_mark);
	if (r->lookup == FW_LOOKUP_LIVE)
		(void)fputs("ct mark @" FW_SET_LIVE " ", out);
	if (r->lookup == FW_LOOKUP_RECORDING)
		(void)fputs("meta nfproto @" FW_SET_RECORDING " ", out);
	if (r->lookup == FW_LOOKUP_LIMITED)
		(void)fprintf(out, "meta mark @" FW_SET_LIMITED "%u ", r->flow);
	if (r->lookup == FW_LOOKUP_QUARANTINE)
		(void)fputs("ether saddr @" FW_SET_QUARANTINE " ", out);
}

/* The source's address into a set, with its own limit. */
static void print_meter(const struct fw_rule *r, FILE *out)
{
	const char *key = r->family == 4 ? "ip saddr" : "ip6 saddr";
	char name[FW_METER_NAME_MAX];

	if (r->meter == FW_METER_NONE)
		return;
	ruleset_meter_name(r, name);
	if (r->meter == FW_METER_RATE)
		(void)fprintf(out,
			      "update @%s { %s limit rate %u/second burst %u packets } ",
			      name, key, r->ceiling, r->ceiling);
	else
		(void)fprintf(out, "add @%s { %s ct count %u } ", name, key, r->ceiling);
}

static void print_statements(const struct fw_rule *r, FILE *out)
{
	char name[FW_COUNTER_NAME_MAX];

	print_meter(r, out);
	if (r->until != 0)
		(void)fprintf(out, "meta time < %lld ", (long long)r->until);
	if (r->counter == FW_COUNTER_RULE)
		(void)fputs("counter ", out);
	if (r->counter == FW_COUNTER_FLOW) {
		ruleset_counter_name(r, name);
		(void)fprintf(out, "counter name \"%s\" ", name);
	}
	if (r->limit != 0)
		(void)fprintf(out, "limit rate %u/second burst %u packets ", r->limit,
			      r->limit);
	if (r->log_group != 0)
		(void)fprintf(out, "log prefix \"%s\" group %u ", r->log_prefix,
			      r->log_group);
	if ((r->set_mark & FW_SET_META_CONST) != 0)
		(void)fprintf(out, "meta mark set 0x%08x ", r->new_mark);
	if ((r->set_mark & FW_SET_META_PERMIT) != 0)
		(void)fputs("meta mark set iifname . ether saddr map @" FW_SET_PERMITS
			    " ",
			    out);
	if ((r->set_mark & FW_SET_META_ADDRESS) != 0)
		(void)fprintf(out,
			      "meta mark set iifname . ether saddr . %s saddr map @%s ",
			      r->family == 4 ? "ip" : "ip6",
			      r->family == 4 ? FW_SET_PERMITS4 : FW_SET_PERMITS6);
	if ((r->set_mark & FW_SET_META_PEER) != 0)
		(void)fprintf(out, "meta mark set iifname . %s saddr map @%s ",
			      r->family == 4 ? "ip" : "ip6",
			      r->family == 4 ? FW_SET_PEERS4 : FW_SET_PEERS6);
	if ((r->set_mark & FW_SET_META_BOUND) != 0)
		(void)fputs("meta mark set iifname . ether saddr map @" FW_SET_BOUND6 " ",
			    out);
	if ((r->set_mark & FW_SET_CT_CONST) != 0)
		(void)fprintf(out, "ct mark set 0x%08x ", r->new_mark);
	if ((r->set_mark & FW_SET_CT_META) != 0)
		(void)fputs("ct mark set meta mark ", out);
}

static void print_dnat(const struct fw_rule *r, FILE *out)
{
	struct addr to = { .family = r->family };
	char text[ADDR_TEXT_MAX];

	memcpy(to.bytes, r->nat, sizeof(to.bytes));
	addr_format(to, text);
	(void)fprintf(out, "dnat %s to %s", r->family == 4 ? "ip" : "ip6", text);
}

static void print_verdict(const struct ruleset *rs, const struct fw_rule *r, FILE *out)
{
	const char *target = ruleset_chain_name(rs, r->target);

	switch ((enum fw_verdict)r->verdict) {
	case FW_VERDICT_NONE:
		break;
	case FW_VERDICT_ACCEPT:
		(void)fputs("accept", out);
		break;
	case FW_VERDICT_DROP:
		(void)fputs("drop", out);
		break;
	case FW_VERDICT_RETURN:
		(void)fputs("return", out);
		break;
	case FW_VERDICT_JUMP:
		(void)fprintf(out, "jump %s", target);
		break;
	case FW_VERDICT_GOTO:
		(void)fprintf(out, "goto %s", target);
		break;
	case FW_VERDICT_REDIRECT:
		(void)fprintf(out, "redirect to :%u", r->target);
		break;
	case FW_VERDICT_DNAT:
		print_dnat(r, out);
		break;
	case FW_VERDICT_MASQUERADE:
		(void)fputs("masquerade", out);
		break;
	}
}

void ruleset_print_rule(const struct ruleset *rs, const struct fw_rule *r, FILE *out)
{
	print_packet(r, out);
	print_ct(r, out);
	print_marks(r, out);
	print_statements(r, out);
	print_verdict(rs, r, out);
	if (r->comment[0] != '\0')
		(void)fprintf(out, "%scomment \"%s\"",
			      r->verdict == FW_VERDICT_NONE ? "" : " ", r->comment);
}
