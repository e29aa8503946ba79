/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fw/model_of.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "lib/str.h"

static void *more(void *items, size_t count, size_t size)
{
	char *p = realloc(items, (count + 1) * size);

	if (p == NULL)
		abort();
	memset(p + count * size, 0, size);
	return p;
}

uint32_t model_name(struct model *m, const char *name)
{
	for (uint32_t i = NAME_FIRST; i < m->name_count; i++) {
		if (strcmp(m->name[i], name) == 0)
			return i;
	}
	m->name = more(m->name, m->name_count, sizeof(*m->name));
	(void)str_copy(m->name[m->name_count], sizeof(*m->name), name);
	return (uint32_t)m->name_count++;
}

struct model *model_make(void)
{
	struct model *m = more(NULL, 0, sizeof(*m));

	m->name = more(m->name, m->name_count++, sizeof(*m->name));
	m->name = more(m->name, m->name_count++, sizeof(*m->name));
	return m;
}

void model_drop(struct model *m)
{
	for (size_t c = 0; c < m->chain_count; c++) {
		for (size_t r = 0; r < m->chain[c].rule_count; r++) {
			struct rule *rule = &m->chain[c].rule[r];

			for (size_t s = 0; s < rule->step_count; s++)
				free(rule->step[s].range);
			free(rule->step);
		}
		free(m->chain[c].rule);
	}
	for (size_t s = 0; s < m->set_count; s++)
		free(m->set[s].element);
	free(m->set);
	free(m->chain);
	free(m->name);
	free(m);
}

size_t model_chain(struct model *m, const char *table, const char *name, uint32_t hook,
		   int32_t priority, enum verdict policy)
{
	struct chain *c;

	m->chain = more(m->chain, m->chain_count, sizeof(*m->chain));
	c = &m->chain[m->chain_count];
	(void)str_copy(c->table, sizeof(c->table), table);
	(void)str_copy(c->name, sizeof(c->name), name);
	(void)str_copy(c->type, sizeof(c->type), hook == HOOK_NONE ? "" : "filter");
	c->family = NFPROTO_INET;
	c->hook = hook;
	c->priority = priority;
	c->policy = policy;
	return m->chain_count++;
}

size_t model_set(struct model *m, const char *name, size_t fields, bool map)
{
	struct set *s;

	m->set = more(m->set, m->set_count, sizeof(*m->set));
	s = &m->set[m->set_count];
	(void)str_copy(s->table, sizeof(s->table), "sekisho");
	(void)str_copy(s->name, sizeof(s->name), name);
	s->field_count = fields;
	s->map = map;
	return m->set_count++;
}

void model_element(struct model *m, size_t set, struct element e)
{
	struct set *s = &m->set[set];

	s->element = more(s->element, s->element_count, sizeof(e));
	s->element[s->element_count++] = e;
}

struct rule *model_rule(struct model *m, size_t chain, size_t at)
{
	struct chain *c = &m->chain[chain];

	c->rule = more(c->rule, c->rule_count, sizeof(*c->rule));
	if (at > c->rule_count)
		at = c->rule_count;
	memmove(&c->rule[at + 1], &c->rule[at], (c->rule_count - at) * sizeof(*c->rule));
	memset(&c->rule[at], 0, sizeof(*c->rule));
	c->rule_count++;
	return &c->rule[at];
}

void model_step(struct rule *r, struct step s)
{
	r->step = more(r->step, r->step_count, sizeof(s));
	r->step[r->step_count++] = s;
}

void model_match_range(struct rule *r, enum field f, struct range range)
{
	struct step s = { .kind = STEP_MATCH, .field = { f }, .field_count = 1 };

	s.range = more(NULL, 0, sizeof(*s.range));
	s.range[0] = range;
	s.range_count = 1;
	model_step(r, s);
}

void model_match(struct rule *r, enum field f, uint64_t min, uint64_t max)
{
	model_match_range(r, f, range_of(min, max));
}

void model_verdict(struct rule *r, enum verdict v, size_t chain)
{
	model_step(r,
		   (struct step){ .kind = STEP_VERDICT, .verdict = v, .chain = chain });
}

enum {
	SET_PERMITS,
	SET_LIVE,
	SET_RECORDING,
	SET_PERMITS4,
	SET_PERMITS6,
	SET_BOUND6,
	SET_QUARANTINE,
	SET_PEERS4,
	SET_PEERS6,
	SET_LIMITED /* and behind it, by flow */
};

static void put_states(struct rule *r, unsigned bits)
{
	struct step s = { .kind = STEP_MATCH,
			  .field = { FIELD_CT_STATE },
			  .field_count = 1 };
	static const struct {
		unsigned bit;
		enum packet_state state;
	} states[] = { { FW_CT_NEW, STATE_NEW },
		       { FW_CT_ESTABLISHED, STATE_ESTABLISHED },
		       { FW_CT_RELATED, STATE_RELATED } };

	for (size_t i = 0; i < 3; i++) {
		if ((bits & states[i].bit) == 0)
			continue;
		s.range = more(s.range, s.range_count, sizeof(*s.range));
		s.range[s.range_count++] = range_of(states[i].state, states[i].state);
	}
	model_step(r, s);
}

static struct addr addr_of(const uint8_t *bytes, uint8_t family)
{
	struct addr a = { .family = family };

	memcpy(a.bytes, bytes, family == 4 ? 4 : 16);
	return a;
}

static void put_tracked(struct rule *r)
{
	model_match(r, FIELD_CT_STATE, STATE_NEW, STATE_RELATED);
}

static void put_matches(struct model *m, struct rule *r, const struct fw_rule *f)
{
	if (f->iifname[0] != '\0')
		model_match(r, FIELD_IIF, model_name(m, f->iifname),
			    model_name(m, f->iifname));
	if (f->oifname[0] != '\0')
		model_match(r, FIELD_OIF, model_name(m, f->oifname),
			    model_name(m, f->oifname));
	if (f->family != 0)
		model_match(r, FIELD_FAMILY, f->family, f->family);
	if (f->has_saddr != 0)
		model_match_range(r, FIELD_SADDR,
				  range_of_prefix((struct prefix){
					  addr_of(f->saddr, f->family), f->saddr_len }));
	if (f->has_daddr != 0)
		model_match_range(r, FIELD_DADDR,
				  range_of_prefix((struct prefix){
					  addr_of(f->daddr, f->family), f->daddr_len }));
	if ((f->match & FW_MATCH_LOCAL) != 0)
		model_match(r, FIELD_LOCAL, 1, 1);
	if ((f->match & FW_MATCH_WAY_BACK) != 0)
		model_match(r, FIELD_RPF, 1, 1);
	if (f->l4proto != 0)
		model_match(r, FIELD_PROTO, f->l4proto, f->l4proto);
	if (f->sport_min != 0)
		model_match(r, FIELD_SPORT, f->sport_min, f->sport_max);
	if (f->dport_min != 0)
		model_match(r, FIELD_DPORT, f->dport_min, f->dport_max);
	if ((f->match & FW_MATCH_ICMP_TYPE) != 0)
		model_match(r, FIELD_ICMP_TYPE, f->icmp_type, f->icmp_type);
	if (f->hoplimit != 0)
		model_match(r, FIELD_HOPLIMIT, f->hoplimit, f->hoplimit);
	if (f->ct_state != 0)
		put_states(r, f->ct_state);
	if (f->ct_direction != FW_DIR_ANY) {
		put_tracked(r);
		model_match(r, FIELD_CT_DIR, f->ct_direction - 1u, f->ct_direction - 1u);
	}
	if ((f->match & FW_MATCH_SKUID) != 0)
		model_match(r, FIELD_SKUID, f->skuid, f->skuid);
	if ((f->match & FW_MATCH_MARK) != 0)
		model_match(r, FIELD_MARK, f->mark_value, f->mark_value | ~f->mark_mask);
	if ((f->match & FW_MATCH_CT_MARK) != 0) {
		put_tracked(r);
		model_match(r, FIELD_CT_MARK, f->ct_mark, f->ct_mark);
	}
}

static void put_effects(struct rule *r, const struct fw_rule *f)
{
	struct step permit = { .kind = STEP_MAP,
			       .field = { FIELD_IIF, FIELD_MAC },
			       .field_count = 2,
			       .set = SET_PERMITS };

	if (f->lookup == FW_LOOKUP_LIVE) {
		put_tracked(r);
		model_step(r, (struct step){ .kind = STEP_LOOKUP,
					     .field = { FIELD_CT_MARK },
					     .field_count = 1,
					     .set = SET_LIVE });
	}
	if (f->lookup == FW_LOOKUP_RECORDING)
		model_step(r, (struct step){ .kind = STEP_LOOKUP,
					     .field = { FIELD_FAMILY },
					     .field_count = 1,
					     .set = SET_RECORDING });
	if (f->lookup == FW_LOOKUP_LIMITED)
		model_step(r, (struct step){ .kind = STEP_LOOKUP,
					     .field = { FIELD_MARK },
					     .field_count = 1,
					     .set = SET_LIMITED + f->flow });
	if (f->lookup == FW_LOOKUP_QUARANTINE)
		model_step(r, (struct step){ .kind = STEP_LOOKUP,
					     .field = { FIELD_MAC },
					     .field_count = 1,
					     .set = SET_QUARANTINE });
	if (f->limit != 0 || f->until != 0 || f->meter != FW_METER_NONE)
		model_step(r,
			   (struct step){ .kind = STEP_MAYBE,
					  .value = f->meter != FW_METER_NONE ? f->ceiling
									     : 0 });
	if ((f->set_mark & FW_SET_META_CONST) != 0)
		model_step(r, (struct step){ .kind = STEP_SET,
					     .field = { FIELD_MARK },
					     .field_count = 1,
					     .value = f->new_mark });
	if ((f->set_mark & FW_SET_META_PERMIT) != 0)
		model_step(r, permit);
	if ((f->set_mark & FW_SET_META_ADDRESS) != 0) {
		permit.field[2] = FIELD_SADDR;
		permit.field_count = 3;
		permit.set = f->family == 4 ? SET_PERMITS4 : SET_PERMITS6;
		model_step(r, permit);
	}
	if ((f->set_mark & FW_SET_META_PEER) != 0) {
		struct step peer = { .kind = STEP_MAP,
				     .field = { FIELD_IIF, FIELD_SADDR },
				     .field_count = 2,
				     .set = f->family == 4 ? SET_PEERS4 : SET_PEERS6 };

		model_step(r, peer);
	}
	if ((f->set_mark & FW_SET_META_BOUND) != 0) {
		permit.set = SET_BOUND6;
		model_step(r, permit);
	}
	if ((f->set_mark & FW_SET_CT_CONST) != 0)
		model_step(r, (struct step){ .kind = STEP_SET,
					     .field = { FIELD_CT_MARK },
					     .field_count = 1,
					     .value = f->new_mark });
	if ((f->set_mark & FW_SET_CT_META) != 0)
		model_step(r, (struct step){ .kind = STEP_COPY,
					     .field = { FIELD_CT_MARK },
					     .field_count = 1 });
}

static void put_verdict(struct rule *r, const struct fw_rule *f)
{
	switch ((enum fw_verdict)f->verdict) {
	case FW_VERDICT_NONE:
		return;
	case FW_VERDICT_ACCEPT:
		model_verdict(r, VERDICT_ACCEPT, 0);
		return;
	case FW_VERDICT_DROP:
		model_verdict(r, VERDICT_DROP, 0);
		return;
	case FW_VERDICT_RETURN:
		model_verdict(r, VERDICT_RETURN, 0);
		return;
	case FW_VERDICT_JUMP:
		model_verdict(r, VERDICT_JUMP, f->target);
		return;
	case FW_VERDICT_GOTO:
		model_verdict(r, VERDICT_GOTO, f->target);
		return;
	case FW_VERDICT_DNAT:
		model_step(r, (struct step){ .kind = STEP_REWRITE,
					     .address = num_of_addr(
						     addr_of(f->nat, f->family)) });
		return;
	case FW_VERDICT_MASQUERADE:
		model_step(r,
			   (struct step){ .kind = STEP_REWRITE, .what = "masquerade" });
		return;
	case FW_VERDICT_REDIRECT:
		model_step(r, (struct step){ .kind = STEP_REWRITE, .value = f->target });
		return;
	}
}

static uint64_t number_of(const uint8_t mac[6])
{
	uint64_t n = 0;

	for (size_t k = 0; k < 6; k++)
		n = n << 8 | mac[k];
	return n;
}

static void put_permit(struct model *m, const struct fw_permit *p, struct element e)
{
	e.key[0] = range_of(model_name(m, p->iifname), model_name(m, p->iifname));
	if (p->kind == FW_PERMIT_PEER) {
		e.key[1].min = e.key[1].max = num_of_addr(addr_of(p->address, p->family));
		model_element(m, p->family == 4 ? SET_PEERS4 : SET_PEERS6, e);
		return;
	}
	e.key[1] = range_of(number_of(p->mac), number_of(p->mac));
	if (p->family == 6)
		model_element(m, SET_BOUND6, e);
	if (p->family != 0)
		e.key[2].min = e.key[2].max = num_of_addr(addr_of(p->address, p->family));
	model_element(m,
		      p->family == 0   ? SET_PERMITS
		      : p->family == 4 ? SET_PERMITS4
				       : SET_PERMITS6,
		      e);
}

/* Of lower flows too, empty, so that a set is found by its flow. */
static void put_flow_sets(struct model *m, const struct ruleset *rs)
{
	bool has[POLICY_FLOWS_MAX];
	size_t last = POLICY_FLOWS_MAX;
	char name[FW_SET_NAME_MAX];

	ruleset_flow_sets(rs, has);
	while (last > 0 && !has[last - 1])
		last--;
	for (size_t i = 0; i < last; i++) {
		ruleset_flow_set_name((uint16_t)i, name);
		(void)model_set(m, name, 1, false);
	}
}

static void put_sets(struct model *m, const struct ruleset *rs, int64_t now)
{
	(void)model_set(m, FW_SET_PERMITS, 2, true);
	(void)model_set(m, FW_SET_LIVE, 1, false);
	(void)model_set(m, FW_SET_RECORDING, 1, false);
	(void)model_set(m, FW_SET_PERMITS4, 3, true);
	(void)model_set(m, FW_SET_PERMITS6, 3, true);
	(void)model_set(m, FW_SET_BOUND6, 2, true);
	(void)model_set(m, FW_SET_QUARANTINE, 1, false);
	(void)model_set(m, FW_SET_PEERS4, 2, true);
	(void)model_set(m, FW_SET_PEERS6, 2, true);
	put_flow_sets(m, rs);
	for (size_t i = 0; i < rs->quarantine_count; i++) {
		uint64_t mac = number_of(rs->quarantine[i].mac);

		model_element(m, SET_QUARANTINE,
			      (struct element){ .key[0] = range_of(mac, mac) });
	}
	model_element(m, SET_LIVE,
		      (struct element){ .key[0] = range_of(FW_MARK_ZONE, FW_MARK_ZONE) });
	model_element(
		m, SET_LIVE,
		(struct element){ .key[0] = range_of(FW_MARK_PROXY, FW_MARK_PROXY) });
	model_element(
		m, SET_LIVE,
		(struct element){ .key[0] = range_of(FW_MARK_GATEWAY, FW_MARK_GATEWAY) });
	for (size_t i = 0; i < rs->permit_count; i++) {
		const struct fw_permit *p = &rs->permit[i];
		struct element e = { .data = p->mark };

		if (p->until != 0)
			e.timeout_ms = (uint64_t)(p->until - now) * 1000;
		if (p->kind == FW_PERMIT_FLOW) {
			e.key[0] = range_of(p->mark, p->mark);
			e.data = 0;
			model_element(m, (size_t)SET_LIMITED + p->flow, e);
		}
		if (!fw_permit_is_inet(p))
			continue;
		put_permit(m, p, e);
		e.key[0] = range_of(p->mark, p->mark);
		if (i == 0 || rs->permit[i - 1].mark != p->mark)
			model_element(m, SET_LIVE, e);
	}
}

struct model *model_of(const struct ruleset *rs, int64_t now)
{
	struct model *m = model_make();

	put_sets(m, rs, now);
	(void)model_chain(m, "sekisho", "input", NF_INET_LOCAL_IN, 0, VERDICT_DROP);
	(void)model_chain(m, "sekisho", "forward", NF_INET_FORWARD, 0, VERDICT_DROP);
	(void)model_chain(m, "sekisho", "output", NF_INET_LOCAL_OUT, 0, VERDICT_DROP);
	(void)model_chain(m, "sekisho", "prerouting", NF_INET_PRE_ROUTING, -100,
			  VERDICT_ACCEPT);
	(void)str_copy(m->chain[3].type, sizeof(m->chain[3].type), "nat");
	(void)model_chain(m, "sekisho", "postrouting", NF_INET_POST_ROUTING, 100,
			  VERDICT_ACCEPT);
	(void)str_copy(m->chain[4].type, sizeof(m->chain[4].type), "nat");
	for (size_t i = 0; i < rs->chain_count; i++)
		(void)model_chain(m, "sekisho", rs->chain[i].name, HOOK_NONE, 0,
				  VERDICT_ACCEPT);
	for (size_t i = 0; i < rs->rule_count; i++) {
		const struct fw_rule *f = &rs->rule[i];
		struct rule *r = model_rule(m, f->chain, SIZE_MAX);

		r->handle = i;
		(void)str_copy(r->id, sizeof(r->id), f->comment);
		put_matches(m, r, f);
		put_effects(r, f);
		put_verdict(r, f);
	}
	return m;
}
