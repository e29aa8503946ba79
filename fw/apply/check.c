/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/str.h"

#define LIMIT_MAX 100000

#define META_BITS \
	(FW_SET_META_CONST | FW_SET_META_PERMIT | FW_SET_META_ADDRESS | \
	 FW_SET_META_BOUND | FW_SET_META_PEER)
#define CT_BITS (FW_SET_CT_CONST | FW_SET_CT_META)

static int verdict(bool good)
{
	return good ? 0 : -EPERM;
}

/* An interface name as the kernel takes it; empty only where that is allowed. */
static bool ifname_ok(const char name[FW_IFNAME_MAX], bool may_be_empty)
{
	size_t len = strnlen(name, FW_IFNAME_MAX);

	if (len == FW_IFNAME_MAX || (len == 0 && !may_be_empty))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || strchr("/\"*\\", name[i]) != NULL)
			return false;
	}
	for (size_t i = len; i < FW_IFNAME_MAX; i++) {
		if (name[i] != '\0')
			return false;
	}
	return true;
}

static bool prefix_text_ok(const struct fw_rule *r)
{
	if (r->log_group == 0)
		return r->log_prefix[0] == '\0';
	if (r->log_group != FW_LOG_DENY && r->log_group != FW_LOG_OPEN)
		return false;
	if (memchr(r->log_prefix, '\0', sizeof(r->log_prefix)) == NULL)
		return false;
	if (strncmp(r->log_prefix,
		    r->log_group == FW_LOG_DENY ? FW_LOG_DENY_PREFIX : FW_LOG_OPEN_PREFIX,
		    2) != 0)
		return false;
	return str_is_name(r->log_prefix + 2, sizeof(r->log_prefix) - 3);
}

/* What the kernel is to keep for people and for verifiers: one of ours, or nothing. */
static bool comment_ok(const struct fw_rule *r)
{
	static const char *const kinds[] = { FW_COMMENT_FLOW, FW_COMMENT_SYSTEM };

	if (memchr(r->comment, '\0', sizeof(r->comment)) == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t len = strlen(kinds[i]);

		if (strncmp(r->comment, kinds[i], len) == 0)
			return str_is_name(r->comment + len,
					   sizeof(r->comment) - len - 1);
	}
	return r->comment[0] == '\0';
}

static bool counter_ok(const struct fw_rule *r)
{
	return r->counter <= FW_COUNTER_FLOW &&
	       (r->counter != FW_COUNTER_FLOW ||
		strncmp(r->comment, FW_COMMENT_FLOW, strlen(FW_COMMENT_FLOW)) == 0);
}

static bool addresses_ok(const struct fw_rule *r)
{
	uint8_t max = r->family == 4 ? 32 : 128;

	if (r->has_saddr > 1 || r->has_daddr > 1)
		return false;
	if (r->family == 0)
		return r->has_saddr == 0 && r->has_daddr == 0;
	return (r->family == 4 || r->family == 6) && r->saddr_len <= max &&
	       r->daddr_len <= max && (r->has_saddr == 0 || r->saddr_len != 0) &&
	       (r->has_daddr == 0 || r->daddr_len != 0);
}

static bool l4_ok(const struct fw_rule *r)
{
	bool icmp = (r->match & FW_MATCH_ICMP_TYPE) != 0;

	switch (r->l4proto) {
	case 0:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		if (icmp)
			return false;
		break;
	case IPPROTO_ICMP:
		if (!icmp || r->family != 4)
			return false;
		break;
	case IPPROTO_ICMPV6:
		if (!icmp || r->family != 6)
			return false;
		break;
	default:
		return false;
	}
	if (icmp || r->l4proto == 0)
		return r->dport_min == 0 && r->dport_max == 0 && r->sport_min == 0 &&
		       r->sport_max == 0 && (r->hoplimit == 0 || r->family == 6);
	return (r->dport_min != 0 || r->sport_min != 0) &&
	       (r->dport_min != 0 || r->dport_max == 0) &&
	       (r->sport_min != 0 || r->sport_max == 0) && r->dport_min <= r->dport_max &&
	       r->sport_min <= r->sport_max && r->hoplimit == 0;
}

/* More than one bit? */
static bool several(unsigned bits)
{
	return (bits & (bits - 1)) != 0;
}

static bool marks_ok(const struct fw_rule *r)
{
	bool constant = (r->set_mark & (FW_SET_META_CONST | FW_SET_CT_CONST)) != 0;

	if ((r->set_mark & ~(META_BITS | CT_BITS)) != 0 ||
	    several(r->set_mark & META_BITS) || several(r->set_mark & CT_BITS) ||
	    ((r->set_mark & (FW_SET_META_ADDRESS | FW_SET_META_PEER)) != 0 &&
	     r->family == 0))
		return false;
	/* constants are those of our own making, never a permit's mark */
	if (constant && r->new_mark != 0 && r->new_mark != FW_MARK_ZONE &&
	    r->new_mark != FW_MARK_PROXY && r->new_mark != FW_MARK_GATEWAY)
		return false;
	return constant || r->new_mark == 0;
}

/* Of TCP to a web port, by devices that have a mark, and nothing else with it. */
static bool redirect_ok(const struct fw_rule *r)
{
	bool lesser = r->mark_value == REVISION_MARK_RESTRICTED;

	return r->chain >= FW_CHAIN_FIRST_FREE && r->match == FW_MATCH_MARK &&
	       r->mark_mask == (lesser ? FW_MARK_LESSER : FW_MARK_CLASS) &&
	       (lesser || r->mark_value == REVISION_MARK_FULL ||
		r->mark_value == FW_MARK_ZONE) &&
	       r->l4proto == IPPROTO_TCP && r->dport_min == r->dport_max &&
	       (r->dport_min == 80 || r->dport_min == 443) && r->target != 0 &&
	       r->target <= UINT16_MAX && r->set_mark == 0 && r->log_group == 0;
}

/* From one address and port to another address, and nothing else with it. */
static bool dnat_ok(const struct fw_rule *r)
{
	static const uint8_t none[16];

	return r->chain >= FW_CHAIN_FIRST_FREE && r->target == 0 && r->match == 0 &&
	       r->has_daddr == 1 && r->daddr_len == (r->family == 4 ? 32 : 128) &&
	       r->dport_min != 0 && r->set_mark == 0 && r->log_group == 0 &&
	       memcmp(r->nat, none, sizeof(none)) != 0;
}

static bool nat_ok(const struct fw_rule *r)
{
	static const uint8_t none[16];

	return r->verdict == FW_VERDICT_DNAT || memcmp(r->nat, none, sizeof(none)) == 0;
}

/* Of one protocol, of devices that have a mark of that class. */
static bool masquerade_ok(const struct fw_rule *r)
{
	return r->chain >= FW_CHAIN_FIRST_FREE && r->target == 0 && r->l4proto != 0 &&
	       r->set_mark == 0 && r->log_group == 0;
}

static bool meter_ok(const struct fw_rule *r)
{
	if (r->meter == FW_METER_NONE)
		return r->ceiling == 0 && r->slot == 0;
	return r->meter <= FW_METER_COUNT && r->slot < FW_METER_SLOTS && r->family != 0 &&
	       r->ceiling != 0 && r->ceiling <= FW_METER_MAX &&
	       (r->verdict == FW_VERDICT_GOTO || r->verdict == FW_VERDICT_RETURN);
}

/* A nat chain leads on, or clears the mark; it has the last word on nothing. */
static bool chain_ok(const struct fw_rule *r)
{
	if ((r->match & (FW_MATCH_LOCAL | FW_MATCH_WAY_BACK)) != 0 &&
	    r->verdict != FW_VERDICT_RETURN)
		return false;
	if (r->chain != FW_CHAIN_PREROUTING && r->chain != FW_CHAIN_POSTROUTING)
		return true;
	return r->verdict == FW_VERDICT_NONE || r->verdict == FW_VERDICT_JUMP ||
	       r->verdict == FW_VERDICT_GOTO;
}

static bool verdict_ok(const struct fw_rule *r, uint32_t chain_count)
{
	bool some_match = r->iifname[0] != '\0' || r->oifname[0] != '\0' ||
			  r->ct_state != 0 || r->lookup != FW_LOOKUP_NONE ||
			  r->match != 0;

	switch (r->verdict) {
	case FW_VERDICT_ACCEPT:
		return some_match && r->target == 0; /* never "accept everything" */
	case FW_VERDICT_NONE:
	case FW_VERDICT_DROP:
	case FW_VERDICT_RETURN:
		return r->target == 0;
	case FW_VERDICT_JUMP:
	case FW_VERDICT_GOTO:
		return r->target >= FW_CHAIN_FIRST_FREE && r->target != r->chain &&
		       r->target - FW_CHAIN_FIRST_FREE < chain_count;
	case FW_VERDICT_REDIRECT:
		return redirect_ok(r);
	case FW_VERDICT_DNAT:
		return dnat_ok(r);
	case FW_VERDICT_MASQUERADE:
		return masquerade_ok(r);
	default:
		return false;
	}
}

/*
 * What is in quarantine is never let through for that; and who is limited to flows is led
 * to one of them.
 */
static bool lookup_ok(const struct fw_rule *r)
{
	if (r->lookup == FW_LOOKUP_LIMITED)
		return r->verdict == FW_VERDICT_JUMP && r->flow < POLICY_FLOWS_MAX;
	return r->flow == 0 &&
	       (r->lookup < FW_LOOKUP_QUARANTINE ||
		(r->lookup == FW_LOOKUP_QUARANTINE &&
		 (r->verdict == FW_VERDICT_GOTO || r->verdict == FW_VERDICT_DROP)));
}

int check_begin(const struct fw_begin *m)
{
	return verdict(
		m->revision != 0 && m->chain_count <= FW_CHAINS_MAX &&
		m->rule_count <= FW_RULES_MAX && m->permit_count <= FW_PERMITS_MAX &&
		m->port_count <= FW_PORTS_MAX && m->card_count <= FW_QUARANTINE_MAX &&
		(m->confirm_s == 0 || m->confirm_s == FW_CONFIRM_KEEP ||
		 (m->confirm_s >= FW_CONFIRM_MIN && m->confirm_s <= FW_CONFIRM_MAX)));
}

int check_change(const struct fw_change *m)
{
	return verdict(m->base != 0 && m->revision != 0 && m->gone <= FW_CHANGE_MAX &&
		       m->come <= FW_CHANGE_MAX && m->isolated <= FW_CHANGE_MAX &&
		       m->released <= FW_CHANGE_MAX);
}

int check_chain(const struct fw_chain *c, uint32_t expected)
{
	if (memchr(c->name, '\0', sizeof(c->name)) == NULL)
		return -EPERM;
	for (uint32_t id = 0; id < FW_CHAIN_FIRST_FREE; id++) {
		if (strcmp(c->name, ruleset_chain_name(NULL, id)) == 0)
			return -EPERM;
	}
	return verdict(c->id == expected && str_is_name(c->name, sizeof(c->name) - 1));
}

int check_rule(const struct fw_rule *r, uint32_t expected, uint32_t chain_count)
{
	const uint32_t matches = FW_MATCH_ICMP_TYPE | FW_MATCH_SKUID | FW_MATCH_MARK |
				 FW_MATCH_CT_MARK | FW_MATCH_LOCAL | FW_MATCH_WAY_BACK;

	return verdict(
		r->number == expected && r->chain < FW_CHAIN_FIRST_FREE + chain_count &&
		(r->match & ~matches) == 0 && ifname_ok(r->iifname, true) &&
		ifname_ok(r->oifname, true) && addresses_ok(r) && l4_ok(r) &&
		(r->ct_state & ~FW_CT_ALL) == 0 && r->ct_direction <= FW_DIR_REPLY &&
		lookup_ok(r) && r->limit <= LIMIT_MAX && marks_ok(r) &&
		prefix_text_ok(r) && comment_ok(r) && counter_ok(r) && r->until >= 0 &&
		r->until <= FW_TIME_MAX && chain_ok(r) && nat_ok(r) && meter_ok(r) &&
		verdict_ok(r, chain_count));
}

int check_mark(uint32_t mark)
{
	return verdict(revision_is_permit_mark(mark) &&
		       (mark & REVISION_MARK_NUMBER) != 0);
}

/* None at all, or one of its family. */
static bool address_ok(const struct fw_permit *p)
{
	static const uint8_t none[16];
	size_t used = p->family == 4 ? 4 : 16;

	if (p->family == 0)
		return memcmp(p->address, none, sizeof(none)) == 0;
	return (p->family == 4 || p->family == 6) &&
	       memcmp(p->address, none, used) != 0 &&
	       memcmp(p->address + used, none, sizeof(none) - used) == 0;
}

/* A card with its mark; or a port alone, which has neither. */
static bool bearer_ok(const struct fw_permit *p)
{
	static const uint8_t none[sizeof(p->mac)];
	struct mac m;

	if (p->kind == FW_PERMIT_NEIGHBOURS || p->kind == FW_PERMIT_LISTENING)
		return memcmp(p->mac, none, sizeof(none)) == 0 && p->mark == 0;
	if (p->kind == FW_PERMIT_PEER)
		return memcmp(p->mac, none, sizeof(none)) == 0 && p->family != 0 &&
		       check_mark(p->mark) == 0;
	memcpy(m.b, p->mac, sizeof(m.b));
	return p->kind <= FW_PERMIT_PORT && mac_is_unicast(m) && check_mark(p->mark) == 0;
}

/* A mark alone, for one flow. */
static bool is_flow(const struct fw_permit *p)
{
	const struct fw_permit whole = { .kind = FW_PERMIT_FLOW,
					 .flow = p->flow,
					 .mark = p->mark,
					 .until = p->until };

	return memcmp(p, &whole, sizeof(whole)) == 0 && p->flow < POLICY_FLOWS_MAX &&
	       (p->mark & FW_MARK_CLASS) == REVISION_MARK_LIMITED &&
	       check_mark(p->mark) == 0 && p->until >= 0 && p->until <= FW_UNTIL_MAX;
}

int check_permit(const struct fw_permit *p)
{
	if (p->kind == FW_PERMIT_FLOW)
		return verdict(is_flow(p));
	return verdict(ifname_ok(p->iifname, false) && bearer_ok(p) && address_ok(p) &&
		       p->until >= 0 && p->until <= FW_UNTIL_MAX && p->pad2 == 0 &&
		       p->flow == 0);
}

int check_port(const struct fw_port *p)
{
	return verdict(ifname_ok(p->name, false) && ifname_ok(p->bridge, false) &&
		       p->free <= 1 && p->locked <= 1 && !(p->free && p->locked) &&
		       memcmp(p->pad, "\0", sizeof(p->pad)) == 0);
}

int check_card(const struct fw_card *c)
{
	struct mac m;

	memcpy(m.b, c->mac, sizeof(m.b));
	return verdict(mac_is_unicast(m));
}

int check_flow(const struct fw_cut_flow *f)
{
	return verdict((f->src.family == 4 || f->src.family == 6) &&
		       f->src.family == f->dst.family && f->proto != 0);
}
