/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fw/oracle.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "lib/str.h"

#define PATHS       16384 /* a power of two */
#define OF_PATH     4 /* packets of the same way through the rules */
#define DRAWS       48 /* packets from each cube of the policy */
#define VARIANTS    6000 /* packets besides, for each mutation */
#define GONE        0x01777777u /* a permit's mark that no permit has now */
#define MAC_STRANGE UINT64_C(0x02deadbeef01)

static uint32_t pick(struct oracle *o, size_t n)
{
	o->random = o->random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(o->random >> 8) * n) >> 24);
}

static void put(struct packet *p, enum field f, uint64_t v)
{
	p->v[f] = num_from(v);
}

/* --- values --- */

static void add_value(struct oracle *o, enum field f, struct num v)
{
	size_t *n = &o->value_count[f];

	if (num_cmp(v, field_max(f)) > 0)
		return;
	for (size_t i = 0; i < *n; i++) {
		if (num_cmp(o->value[f][i], v) == 0)
			return;
	}
	if (*n < ORACLE_VALUES)
		o->value[f][(*n)++] = v;
	else
		o->value[f][pick(o, ORACLE_VALUES)] = v;
}

static struct num below(struct num v)
{
	v.hi -= v.lo == 0;
	v.lo--;
	return v;
}

static void add_range(struct oracle *o, enum field f, struct range r)
{
	add_value(o, f, r.min);
	add_value(o, f, r.max);
	if (f == FIELD_IIF || f == FIELD_OIF || f == FIELD_MARK || f == FIELD_CT_MARK)
		return;
	if (num_cmp(r.min, num_from(0)) > 0)
		add_value(o, f, below(r.min));
	if (num_cmp(r.max, field_max(f)) < 0)
		add_value(o, f, num_plus(r.max, 1));
}

static void add_ceiling(struct oracle *o, uint32_t ceiling)
{
	for (size_t i = 0; i < o->ceiling_count; i++) {
		if (o->ceiling[i] == ceiling)
			return;
	}
	if (ceiling != 0 && o->ceiling_count < ORACLE_CEILINGS)
		o->ceiling[o->ceiling_count++] = ceiling;
}

static void read_rule(struct oracle *o, const struct model *m, const struct rule *r)
{
	for (size_t i = 0; i < r->step_count; i++) {
		const struct step *st = &r->step[i];

		for (size_t k = 0; k < st->range_count; k++)
			add_range(o, st->field[0], st->range[k]);
		if (st->kind == STEP_MAYBE)
			add_ceiling(o, st->value);
		if (st->kind != STEP_LOOKUP && st->kind != STEP_MAP)
			continue;
		for (size_t e = 0; e < m->set[st->set].element_count; e++) {
			add_value(o, FIELD_MARK,
				  num_from(m->set[st->set].element[e].data));
			for (size_t k = 0; k < st->field_count; k++)
				add_range(o, st->field[k],
					  m->set[st->set].element[e].key[k]);
		}
	}
}

/* --- what the policy says --- */

/* Has the device the right that the cube is for? */
static bool has_right(const struct device *d, const struct cube *c)
{
	if (c->who == WHO_LIMITED)
		return revision_permit_names_flow(d->permit, c->limited);
	return c->who != WHO_FULL || d->mark >> 24 == REVISION_MARK_FULL >> 24;
}

static bool is_device(const struct expect *x, const struct cube *c,
		      const struct packet *p, uint64_t late_ms)
{
	for (size_t i = 0; i < x->devices.count; i++) {
		const struct device *d = &x->devices.item[i];
		bool gone = d->until != 0 &&
			    d->until * 1000 <= x->facts.now * 1000 + (int64_t)late_ms;

		if (d->iif == p->v[FIELD_IIF].lo &&
		    (d->peer || d->mac == p->v[FIELD_MAC].lo) && !gone && has_right(d, c))
			return true;
	}
	return false;
}

static bool in_cube(const struct expect *x, const struct cube *c, const struct packet *p,
		    uint64_t late_ms)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (!range_has(c->r[f], p->v[f]))
			return false;
	}
	return c->who == WHO_ANY || is_device(x, c, p, late_ms);
}

/* Something that the policy leaves open, so that either fate is right. */
static bool is_open(const struct expect *x, uint32_t hook, const struct packet *p,
		    uint64_t late_ms)
{
	bool may = false, sure = false;

	for (size_t i = 0; i < x->count; i++) {
		const struct cube *c = &x->cube[i];
		bool on = c->hook == hook ||
			  (hook == NF_INET_PRE_ROUTING && c->hook == EXPECT_PUBLISH);

		if (on && in_cube(x, c, p, late_ms)) {
			sure = sure || c->sure;
			may = may || !c->sure;
		}
	}
	return may && !sure;
}

/* The kernel tracks none of these. */
static bool is_impossible(const struct packet *p)
{
	uint64_t type = p->v[FIELD_ICMP_TYPE].lo;

	return p->v[FIELD_PROTO].lo == IPPROTO_ICMPV6 && p->v[FIELD_FAMILY].lo == 6 &&
	       p->v[FIELD_CT_STATE].lo <= STATE_RELATED &&
	       ((type >= 130 && type <= 136) || type == 143);
}

/* --- packets --- */

struct journey { /* through this machine */
	enum eval_verdict verdict;
	uint32_t port; /* REWRITE: before the routing, to here */
	bool masked; /* leaves with another address */
	struct num ct_mark;
	uint64_t ceilings;
	struct eval at[3];
	unsigned stages;
};

static void pass(const struct oracle *o, const struct model *m, uint32_t hook,
		 struct packet *p, unsigned limits, struct journey *j)
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

static void ask(const struct oracle *o, const struct model *m, uint32_t hook,
		const struct packet *packet, unsigned limits, struct journey *j)
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

static void see_chain(struct oracle_packet *p, size_t c)
{
	p->chains[c / 64 % 4] |= UINT64_C(1) << (c % 64);
}

static bool sees_chain(const struct oracle_packet *p, size_t c)
{
	return (p->chains[c / 64 % 4] >> (c % 64) & 1) != 0;
}

static void note_rule(const struct oracle *o, struct oracle_packet *p,
		      const struct eval_place *at)
{
	const struct chain *c = &o->good->chain[at->chain];

	see_chain(p, at->chain);
	p->path = (p->path ^ at->chain * 1024u ^ at->rule) * UINT64_C(1099511628211);
	for (size_t s = 0; at->rule < c->rule_count && s < c->rule[at->rule].step_count;
	     s++) {
		const struct step *st = &c->rule[at->rule].step[s];

		if (st->kind == STEP_VERDICT &&
		    (st->verdict == VERDICT_JUMP || st->verdict == VERDICT_GOTO))
			see_chain(p, st->chain);
	}
}

/* Which chains of the good ruleset does it come to? */
static void note_path(const struct oracle *o, struct oracle_packet *p)
{
	struct journey j;

	for (unsigned limits = 0; limits < 2; limits++) {
		ask(o, o->good, p->hook, &p->packet, limits, &j);
		for (unsigned s = 0; s < j.stages; s++) {
			for (size_t i = 0; i < j.at[s].path_count; i++)
				note_rule(o, p, &j.at[s].path[i]);
		}
	}
	for (size_t c = 0; c < o->good->chain_count; c++) {
		if (o->good->chain[c].hook != HOOK_NONE)
			see_chain(p, c);
	}
	p->path = (p->path ^ p->hook) * 31 + p->packet.v[FIELD_CT_STATE].lo * 7 +
		  p->packet.v[FIELD_CT_DIR].lo * 3 + p->stale;
}

/* A few of each way through the rules are enough. */
static void keep(struct oracle *o, uint32_t hook, const struct packet *packet, bool stale)
{
	struct oracle_packet p = { .packet = *packet, .hook = hook, .stale = stale };
	size_t at;

	if (is_impossible(packet))
		return;
	note_path(o, &p);
	for (at = p.path % PATHS; o->path[at] != p.path && o->of_path[at] != 0;)
		at = (at + 1) % PATHS;
	if (o->of_path[at] == OF_PATH)
		return;
	o->path[at] = p.path;
	o->of_path[at]++;
	if (o->count == o->room) {
		o->room = o->room * 2 + 1024;
		o->item = realloc(o->item, o->room * sizeof(*o->item));
		if (o->item == NULL)
			abort();
	}
	o->item[o->count++] = p;
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

/* What can come after a first packet that passed; false: no such one. */
static bool follow(const struct oracle *o, uint32_t hook, const struct packet *first,
		   unsigned n, uint64_t ct_mark, uint32_t *ret_hook, struct packet *ret)
{
	struct packet p = *first;
	uint64_t type = p.v[FIELD_ICMP_TYPE].lo;
	bool icmp = p.v[FIELD_PROTO].lo == IPPROTO_ICMP,
	     icmp6 = p.v[FIELD_PROTO].lo == IPPROTO_ICMPV6;

	put(&p, FIELD_CT_MARK, n >= 4 && n < 8 ? GONE : ct_mark);
	put(&p, FIELD_MARK, 0);
	*ret_hook = hook;
	switch (n % 4) {
	case 0: /* once more before there is an answer */
		put(&p, FIELD_CT_STATE, n >= 4 ? STATE_ESTABLISHED : STATE_NEW);
		*ret = p;
		return true;
	case 1:
		put(&p, FIELD_CT_STATE, STATE_ESTABLISHED);
		*ret = p;
		return n < 4;
	default:
		break;
	}
	*ret_hook = hook_back(hook);
	turn(&p, FIELD_IIF, FIELD_OIF);
	turn(&p, FIELD_SADDR, FIELD_DADDR);
	turn(&p, FIELD_SPORT, FIELD_DPORT);
	put(&p, FIELD_CT_DIR, 1);
	put(&p, FIELD_RPF, 1);
	put(&p, FIELD_LOCAL, *ret_hook == NF_INET_LOCAL_IN);
	put(&p, FIELD_SKUID, UID_NONE);
	put(&p, FIELD_MAC, *ret_hook == NF_INET_LOCAL_OUT ? MAC_NONE : MAC_STRANGE);
	for (size_t i = 0; i < o->expect->devices.count; i++) {
		if (*ret_hook != NF_INET_LOCAL_OUT &&
		    o->expect->devices.item[i].iif == p.v[FIELD_IIF].lo)
			put(&p, FIELD_MAC, o->expect->devices.item[i].mac);
	}
	put(&p, FIELD_CT_STATE, STATE_ESTABLISHED);
	if (n % 4 == 3) { /* something on the way cannot deliver it */
		put(&p, FIELD_CT_STATE, STATE_RELATED);
		put(&p, FIELD_PROTO,
		    p.v[FIELD_FAMILY].lo == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
		put(&p, FIELD_ICMP_TYPE, p.v[FIELD_FAMILY].lo == 4 ? 3 : 2);
		put(&p, FIELD_SPORT, 0);
		put(&p, FIELD_DPORT, 0);
	} else if (icmp || icmp6) {
		if (type != (icmp ? 8u : 128u))
			return false;
		put(&p, FIELD_ICMP_TYPE, icmp ? 0 : 129);
	}
	*ret = p;
	return true;
}

#define FOLLOWING 8 /* and 8 more, of connections that only another policy let open */

static void keep_all(struct oracle *o, uint32_t hook, const struct packet *p)
{
	struct packet next;
	struct journey j;
	uint32_t at;

	keep(o, hook, p, false);
	if (p->v[FIELD_CT_STATE].lo != STATE_NEW)
		return;
	ask(o, o->good, hook, p, 1, &j);
	for (unsigned n = j.verdict == EVAL_ACCEPT ? 0 : 4; n < FOLLOWING; n++) {
		if (follow(o, hook, p, n, j.ct_mark.lo, &at, &next))
			keep(o, at, &next, false);
	}
	for (unsigned n = 8; n < 16 && o->value_count[FIELD_CT_MARK] != 0; n++) {
		uint32_t mark = pick(o, o->value_count[FIELD_CT_MARK]);

		if (follow(o, hook, p, n, o->value[FIELD_CT_MARK][mark].lo, &at, &next))
			keep(o, at, &next, true);
	}
}

/* A packet of a cube, or one that is almost of it. */
static struct packet draw(struct oracle *o, const struct cube *c, uint32_t hook)
{
	const struct devices *d = &o->expect->devices;
	struct packet p;

	for (size_t f = 0; f < FIELD_COUNT; f++) {
		p.v[f] = pick(o, 2) == 0 ? c->r[f].min : c->r[f].max;
		if (o->value_count[f] != 0 && pick(o, 12) == 0)
			p.v[f] = o->value[f][pick(o, o->value_count[f])];
	}
	if (c->r[FIELD_FAMILY].min.lo != c->r[FIELD_FAMILY].max.lo)
		put(&p, FIELD_FAMILY, pick(o, 2) == 0 ? 4 : 6);
	if (p.v[FIELD_SADDR].hi != 0 || p.v[FIELD_DADDR].hi != 0)
		put(&p, FIELD_FAMILY, 6);
	if (p.v[FIELD_FAMILY].lo != 6)
		put(&p, FIELD_FAMILY, 4);
	if (p.v[FIELD_FAMILY].lo == 4) {
		p.v[FIELD_SADDR].lo &= UINT32_MAX;
		p.v[FIELD_DADDR].lo &= UINT32_MAX;
	}
	if (p.v[FIELD_IIF].lo >= o->names->count || p.v[FIELD_IIF].lo == NAME_NONE)
		put(&p, FIELD_IIF, 1 + pick(o, o->names->count - 1));
	if (p.v[FIELD_OIF].lo >= o->names->count || p.v[FIELD_OIF].lo == NAME_NONE)
		put(&p, FIELD_OIF, 1 + pick(o, o->names->count - 1));
	put(&p, FIELD_MAC, MAC_STRANGE);
	for (size_t i = 0; i < d->count; i++) {
		if (d->item[i].iif == p.v[FIELD_IIF].lo && pick(o, 3) != 0)
			put(&p, FIELD_MAC, d->item[i].mac);
	}
	put(&p, FIELD_LOCAL, hook == NF_INET_LOCAL_IN);
	if (p.v[FIELD_SPORT].lo == 0 || p.v[FIELD_SPORT].lo == UINT16_MAX)
		put(&p, FIELD_SPORT, 40000);
	if (p.v[FIELD_HOPLIMIT].lo == 0)
		put(&p, FIELD_HOPLIMIT, 64);
	put(&p, FIELD_RPF, pick(o, 10) != 0);
	if (p.v[FIELD_CT_STATE].lo == STATE_ESTABLISHED ||
	    p.v[FIELD_CT_STATE].lo == STATE_RELATED)
		put(&p, FIELD_CT_STATE, STATE_NEW);
	if (pick(o, 12) == 0)
		put(&p, FIELD_CT_STATE, STATE_INVALID + pick(o, 2));
	put(&p, FIELD_CT_DIR, 0);
	put(&p, FIELD_CT_MARK, 0);
	put(&p, FIELD_MARK, 0); /* others may have marked it before */
	if (o->value_count[FIELD_MARK] != 0 && pick(o, 4) == 0)
		p.v[FIELD_MARK] =
			o->value[FIELD_MARK][pick(o, o->value_count[FIELD_MARK])];
	if (hook == NF_INET_LOCAL_IN)
		put(&p, FIELD_OIF, NAME_NONE);
	if (hook != NF_INET_LOCAL_OUT) {
		put(&p, FIELD_SKUID, UID_NONE);
		return p;
	}
	put(&p, FIELD_IIF, NAME_NONE);
	put(&p, FIELD_MAC, MAC_NONE);
	return p;
}

void oracle_new(struct oracle *o, const struct model *good, const struct expect *x)
{
	*o = (struct oracle){ .good = good, .expect = x, .names = x->names, .random = 1 };
	o->path = calloc(PATHS, sizeof(*o->path));
	o->of_path = calloc(PATHS, sizeof(*o->of_path));
	if (o->path == NULL || o->of_path == NULL)
		abort();
	for (size_t c = 0; c < good->chain_count; c++) {
		for (size_t r = 0; r < good->chain[c].rule_count; r++)
			read_rule(o, good, &good->chain[c].rule[r]);
	}
	for (size_t i = 0; i < x->count; i++) {
		uint32_t hook = x->cube[i].hook;

		if (hook != NF_INET_LOCAL_IN && hook != NF_INET_LOCAL_OUT)
			hook = NF_INET_FORWARD;

		for (unsigned n = 0; n < DRAWS; n++) {
			struct packet p = draw(o, &x->cube[i], hook);

			keep_all(o, hook, &p);
		}
	}
}

void oracle_free(struct oracle *o)
{
	free(o->item);
	free(o->path);
	free(o->of_path);
}

/* --- comparing --- */

struct comparing {
	struct oracle *o;
	const struct model *good, *bad;
	uint64_t late_ms;
	enum oracle_answer answer;
	struct packet packet; /* of the answer */
	uint32_t hook;
};

static void found(struct comparing *c, uint32_t hook, const struct packet *p, bool open)
{
	enum oracle_answer a = open ? ORACLE_OPEN : ORACLE_OTHER;

	if (a <= c->answer)
		return;
	c->answer = a;
	c->packet = *p;
	c->hook = hook;
}

static bool same(const struct journey *a, const struct journey *b)
{
	return a->verdict == b->verdict && a->masked == b->masked &&
	       (a->verdict != EVAL_ACCEPT || a->ceilings == b->ceilings) &&
	       (a->verdict != EVAL_REWRITE || a->port == b->port);
}

/* Where the policy says what should become of it. */
static uint32_t place(uint32_t hook, const struct journey *a, const struct journey *b)
{
	if (a->verdict == EVAL_REWRITE || b->verdict == EVAL_REWRITE)
		return NF_INET_PRE_ROUTING;
	return a->masked != b->masked ? NF_INET_POST_ROUTING : hook;
}

/* The packets of a connection whose mark is another one. */
static void compare_later(struct comparing *c, uint32_t hook, const struct packet *first,
			  uint64_t mark_a, uint64_t mark_b)
{
	for (unsigned n = 0; n < 4; n++) {
		struct packet pa, pb;
		struct journey a, b;
		uint32_t at;

		if (!follow(c->o, hook, first, n, mark_a, &at, &pa) ||
		    !follow(c->o, hook, first, n, mark_b, &at, &pb))
			continue;
		ask(c->o, c->good, at, &pa, 1, &a);
		ask(c->o, c->bad, at, &pb, 1, &b);
		if (!same(&a, &b))
			found(c, at, &pb, is_open(c->o->expect, hook, first, c->late_ms));
	}
}

static void compare(struct comparing *c, uint32_t hook, const struct packet *p,
		    bool stale)
{
	struct journey a, b;

	if (is_impossible(p))
		return;
	for (unsigned limits = 0; limits <= 2 + c->o->ceiling_count; limits++) {
		ask(c->o, c->good, hook, p, limits, &a);
		ask(c->o, c->bad, hook, p, limits, &b);
		if (!same(&a, &b))
			found(c, hook, p,
			      stale || is_open(c->o->expect, place(hook, &a, &b), p,
					       c->late_ms));
		else if (!stale && a.verdict == EVAL_ACCEPT &&
			 a.ct_mark.lo != b.ct_mark.lo &&
			 p->v[FIELD_CT_STATE].lo == STATE_NEW)
			compare_later(c, hook, p, a.ct_mark.lo, b.ct_mark.lo);
	}
}

/* The packet with another value in a field; false: there is no such packet. */
static bool vary(const struct oracle_packet *from, enum field f, struct num v,
		 struct packet *ret)
{
	struct packet p = from->packet;
	bool later = p.v[FIELD_CT_STATE].lo == STATE_ESTABLISHED ||
		     p.v[FIELD_CT_STATE].lo == STATE_RELATED;

	if (f == FIELD_CT_STATE || f == FIELD_CT_DIR || f == FIELD_CT_MARK ||
	    f == FIELD_LOCAL)
		return false;
	/* a connection's addresses stay; the way and the machine need not */
	if ((later || p.v[FIELD_CT_MARK].lo != 0) && f != FIELD_MARK && f != FIELD_MAC &&
	    f != FIELD_IIF && f != FIELD_OIF)
		return false;
	if ((f == FIELD_IIF && from->hook == NF_INET_LOCAL_OUT) ||
	    (f == FIELD_OIF && from->hook == NF_INET_LOCAL_IN) ||
	    (f == FIELD_OIF && from->hook == NF_INET_LOCAL_OUT &&
	     p.v[FIELD_CT_MARK].lo != 0) ||
	    (f == FIELD_MAC && from->hook == NF_INET_LOCAL_OUT) ||
	    (f == FIELD_SKUID && from->hook != NF_INET_LOCAL_OUT) ||
	    ((f == FIELD_IIF || f == FIELD_OIF) && v.lo == NAME_NONE) ||
	    (f == FIELD_FAMILY && v.lo != 4 && v.lo != 6))
		return false;
	if ((f == FIELD_SADDR || f == FIELD_DADDR) && p.v[FIELD_FAMILY].lo == 4 &&
	    (v.hi != 0 || v.lo > UINT32_MAX))
		return false;
	if (f == FIELD_FAMILY && v.lo == 4) {
		put(&p, FIELD_SADDR, p.v[FIELD_SADDR].lo & UINT32_MAX);
		put(&p, FIELD_DADDR, p.v[FIELD_DADDR].lo & UINT32_MAX);
	}
	p.v[f] = v;
	*ret = p;
	return true;
}

/* What the changed rule and the one before name, in both rulesets. */
static void read_mutation(struct oracle *near, const struct model *m,
			  const struct mutation *mu)
{
	const struct chain *c = &m->chain[mu->chain];

	for (size_t r = mu->rule > 0 ? mu->rule - 1 : 0;
	     r <= mu->rule && r < c->rule_count && mu->rule != SIZE_MAX; r++)
		read_rule(near, m, &c->rule[r]);
}

static void compare_near(struct comparing *c, const struct oracle *near,
			 const struct oracle_packet *p)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		for (size_t i = 0; i < near->value_count[f]; i++) {
			struct oracle_packet one = *p;

			if (!vary(p, (enum field)f, near->value[f][i], &one.packet))
				continue;
			compare(c, p->hook, &one.packet, p->stale);
			for (size_t g = f + 1; g < FIELD_COUNT; g++) {
				struct packet two;

				if (near->value_count[g] != 0 &&
				    vary(&one, (enum field)g,
					 near->value[g][pick(c->o, near->value_count[g])],
					 &two))
					compare(c, p->hook, &two, p->stale);
			}
		}
	}
}

static void compare_far(struct comparing *c, const struct oracle_packet *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		enum field f = (enum field)pick(c->o, FIELD_COUNT);
		struct packet one;

		if (c->o->value_count[f] != 0 &&
		    vary(p, f, c->o->value[f][pick(c->o, c->o->value_count[f])], &one))
			compare(c, p->hook, &one, p->stale);
	}
}

enum oracle_answer oracle_compare(struct oracle *o, const struct model *good,
				  const struct model *bad, const struct mutation *mu,
				  uint64_t late_ms, struct packet *ret_packet,
				  uint32_t *ret_hook)
{
	struct comparing c = { .o = o, .good = good, .bad = bad, .late_ms = late_ms };
	static struct oracle near;
	size_t seen = 0;

	memset(&near, 0, sizeof(near));
	if (mu->chain != SIZE_MAX) {
		read_mutation(&near, good, mu);
		read_mutation(&near, bad, mu);
	}
	for (size_t i = 0; i < o->count; i++) {
		if (mu->chain == SIZE_MAX || sees_chain(&o->item[i], mu->chain)) {
			compare(&c, o->item[i].hook, &o->item[i].packet,
				o->item[i].stale);
			seen++;
		}
	}
	for (size_t i = 0; i < o->count && c.answer != ORACLE_OTHER; i++) {
		const struct oracle_packet *p = &o->item[i];

		if (mu->chain != SIZE_MAX && !sees_chain(p, mu->chain))
			continue;
		if (pick(o, seen) < VARIANTS / 40)
			compare_near(&c, &near, p);
		compare_far(&c, p, (unsigned)(VARIANTS / (seen + 1)) + 1);
	}
	*ret_packet = c.packet;
	*ret_hook = c.hook;
	return c.answer;
}
