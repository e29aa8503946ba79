/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packet's way through this machine, and the packets that can follow it. */
#include "tests/unit/fw/oracle_parts.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

/* The kernel tracks none of these. */
bool oracle_impossible(const struct packet *p)
{
	uint64_t type = p->v[FIELD_ICMP_TYPE].lo;

	return p->v[FIELD_PROTO].lo == IPPROTO_ICMPV6 && p->v[FIELD_FAMILY].lo == 6 &&
	       p->v[FIELD_CT_STATE].lo <= STATE_RELATED &&
	       ((type >= 130 && type <= 136) || type == 143);
}

static void pass(const struct oracle *o, const struct model *m, uint32_t hook,
		 struct packet *p, unsigned limits, struct oracle_journey *j)
{
	struct eval *e = &j->at[j->stages++];

	e->model = m;
	e->names = o->names;
	e->limits = limits != 0;
	e->exceeded =
		limits >= 2 && limits < 2 + o->ceiling_count ? o->ceiling[limits - 2] : 0;
	e->off = limits == 2 + o->ceiling_count;
	e->switches = !e->off;
	eval_packet(e, hook, p);
	p->v[FIELD_MARK] = e->mark;
	p->v[FIELD_CT_MARK] = j->ct_mark = e->ct_mark;
	j->verdict = e->verdict;
	j->port = e->port;
	j->ceilings += e->ceilings;
}

void oracle_ask(const struct oracle *o, const struct model *m, uint32_t hook,
		const struct packet *packet, unsigned limits, struct oracle_journey *j)
{
	struct packet p = *packet;

	j->stages = 0;
	j->verdict = EVAL_ACCEPT;
	j->masked = false;
	j->ceilings = 0;
	if (hook != NF_INET_LOCAL_OUT)
		pass(o, m, NF_INET_PRE_ROUTING, &p, limits, j);
	if (j->verdict == EVAL_ACCEPT)
		pass(o, m, hook, &p, limits, j);
	if (j->verdict != EVAL_ACCEPT || hook == NF_INET_LOCAL_IN)
		return;
	pass(o, m, NF_INET_POST_ROUTING, &p, limits, j);
	j->masked = j->verdict == EVAL_REWRITE;
	if (j->masked)
		j->verdict = EVAL_ACCEPT;
}

static uint32_t hook_back(uint32_t hook)
{
	if (hook == NF_INET_LOCAL_IN)
		return NF_INET_LOCAL_OUT;
	return hook == NF_INET_LOCAL_OUT ? NF_INET_LOCAL_IN : NF_INET_FORWARD;
}

static void turn(struct packet *p, enum field a, enum field b)
{
	struct num v = p->v[a];

	p->v[a] = p->v[b];
	p->v[b] = v;
}

/* A card that may answer at that interface: the last of its devices. */
static uint64_t mac_of_answerer(const struct expect *x, uint32_t iif)
{
	uint64_t mac = MAC_STRANGE;

	for (size_t i = 0; i < x->devices.count; i++) {
		if (x->devices.item[i].iif == iif)
			mac = x->devices.item[i].mac;
	}
	return mac;
}

/* An ICMP error about p's connection. */
static void make_error(struct packet *p)
{
	bool four = p->v[FIELD_FAMILY].lo == 4;

	oracle_put(p, FIELD_CT_STATE, STATE_RELATED);
	oracle_put(p, FIELD_PROTO, four ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	oracle_put(p, FIELD_ICMP_TYPE, four ? 3 : 2);
	oracle_put(p, FIELD_SPORT, 0);
	oracle_put(p, FIELD_DPORT, 0);
}

/* What can come after a first packet that passed; false: no such one. */
bool oracle_follow(const struct oracle *o, uint32_t hook, const struct packet *first,
		   enum oracle_following what, uint64_t ct_mark, uint32_t *ret_hook,
		   struct packet *ret)
{
	struct packet p = *first;
	uint64_t type = p.v[FIELD_ICMP_TYPE].lo;
	bool icmp = p.v[FIELD_PROTO].lo == IPPROTO_ICMP,
	     icmp6 = p.v[FIELD_PROTO].lo == IPPROTO_ICMPV6;

	oracle_put(&p, FIELD_CT_MARK, ct_mark);
	oracle_put(&p, FIELD_MARK, 0);
	oracle_put(&p, FIELD_CT_STATE,
		   what == FOLLOW_AGAIN ? STATE_NEW : STATE_ESTABLISHED);
	*ret_hook = hook;
	if (what == FOLLOW_ERROR_BACK) {
		if (hook == NF_INET_LOCAL_OUT)
			return false;
		make_error(&p);
	}
	if (what != FOLLOW_ANSWER && what != FOLLOW_ERROR) {
		*ret = p;
		return true;
	}
	*ret_hook = hook_back(hook);
	turn(&p, FIELD_IIF, FIELD_OIF);
	turn(&p, FIELD_SADDR, FIELD_DADDR);
	turn(&p, FIELD_SPORT, FIELD_DPORT);
	oracle_put(&p, FIELD_CT_DIR, 1);
	oracle_put(&p, FIELD_RPF, 1);
	oracle_put(&p, FIELD_LOCAL, *ret_hook == NF_INET_LOCAL_IN);
	oracle_put(&p, FIELD_SKUID, UID_NONE);
	oracle_put(&p, FIELD_MAC,
		   *ret_hook == NF_INET_LOCAL_OUT
			   ? MAC_NONE
			   : mac_of_answerer(o->expect, (uint32_t)p.v[FIELD_IIF].lo));
	if (what == FOLLOW_ERROR) {
		make_error(&p);
	} else if (icmp || icmp6) {
		if (type != (icmp ? 8u : 128u))
			return false;
		oracle_put(&p, FIELD_ICMP_TYPE, icmp ? 0 : 129);
	}
	*ret = p;
	return true;
}
