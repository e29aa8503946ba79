/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every packet through both rulesets, and what beside it comes near the mutation. */
#include "tests/unit/fw/oracle_parts.h"

#include <linux/netfilter.h>
#include <string.h>

#define VARIANTS 6000 /* packets besides, for each mutation */

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

struct comparing {
	struct oracle *o;
	const struct model *good, *bad;
	uint64_t late_ms;
	uint64_t way_out; /* of the packet that is varied */
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

static bool same(const struct oracle_journey *a, const struct oracle_journey *b)
{
	return a->verdict == b->verdict && a->masked == b->masked &&
	       (a->verdict != EVAL_ACCEPT || a->ceilings == b->ceilings) &&
	       (a->verdict != EVAL_REWRITE || a->port == b->port);
}

/* Where the policy says what should become of it. */
static uint32_t place(uint32_t hook, const struct oracle_journey *a,
		      const struct oracle_journey *b)
{
	if (a->verdict == EVAL_REWRITE || b->verdict == EVAL_REWRITE)
		return NF_INET_PRE_ROUTING;
	return a->masked != b->masked ? NF_INET_POST_ROUTING : hook;
}

/* The packets of a connection whose mark is another one. */
static void compare_later(struct comparing *c, uint32_t hook, const struct packet *first,
			  uint64_t mark_a, uint64_t mark_b)
{
	for (enum oracle_following n = 0; n < FOLLOWING; n++) {
		struct packet pa, pb;
		struct oracle_journey a, b;
		uint32_t at;

		if (!oracle_follow(c->o, hook, first, n, mark_a, &at, &pa) ||
		    !oracle_follow(c->o, hook, first, n, mark_b, &at, &pb))
			continue;
		oracle_ask(c->o, c->good, at, &pa, 1, &a);
		oracle_ask(c->o, c->bad, at, &pb, 1, &b);
		if (!same(&a, &b))
			found(c, at, &pb, is_open(c->o->expect, hook, first, c->late_ms));
	}
}

/*
 * An error on another way than back to whom it is for, which the rules let through and
 * need not: a route that changed.
 */
static bool is_astray(const struct comparing *c, const struct packet *p,
		      const struct oracle_journey *good)
{
	return p->v[FIELD_CT_STATE].lo == STATE_RELATED &&
	       p->v[FIELD_OIF].lo != c->way_out && good->verdict == EVAL_ACCEPT;
}

static void compare(struct comparing *c, uint32_t hook, const struct packet *p,
		    bool stale)
{
	struct oracle_journey a, b;

	if (oracle_impossible(p))
		return;
	for (unsigned limits = 0; limits <= 2 + c->o->ceiling_count; limits++) {
		oracle_ask(c->o, c->good, hook, p, limits, &a);
		oracle_ask(c->o, c->bad, hook, p, limits, &b);
		if (!same(&a, &b))
			found(c, hook, p,
			      stale || is_astray(c, p, &a) ||
				      is_open(c->o->expect, place(hook, &a, &b), p,
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
		oracle_put(&p, FIELD_SADDR, p.v[FIELD_SADDR].lo & UINT32_MAX);
		oracle_put(&p, FIELD_DADDR, p.v[FIELD_DADDR].lo & UINT32_MAX);
	}
	p.v[f] = v;
	*ret = p;
	return true;
}

/* The devices that an element is about, by key or by mark. */
static void read_element(struct oracle *near, const struct expect *x,
			 const struct element *e)
{
	for (size_t i = 0; i < x->devices.count; i++) {
		const struct device *d = &x->devices.item[i];

		if (e->data != d->mark && e->key[0].min.lo != d->mark)
			continue;
		oracle_add_value(near, FIELD_MAC, num_from(d->mac));
		if (d->address.family != 0)
			oracle_add_value(near, FIELD_SADDR, num_of_addr(d->address));
	}
}

/* What the changed rule and the one before name, in both rulesets. */
static void read_mutation(struct oracle *near, const struct model *m,
			  const struct mutation *mu)
{
	const struct chain *c = &m->chain[mu->chain];

	for (size_t r = mu->rule > 0 ? mu->rule - 1 : 0;
	     r <= mu->rule && r < c->rule_count && mu->rule != SIZE_MAX; r++)
		oracle_read_rule(near, m, &c->rule[r]);
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
					 near->value[g][oracle_pick(
						 c->o, near->value_count[g])],
					 &two))
					compare(c, p->hook, &two, p->stale);
			}
		}
	}
}

static void compare_far(struct comparing *c, const struct oracle_packet *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		enum field f = (enum field)oracle_pick(c->o, FIELD_COUNT);
		struct packet one;

		if (c->o->value_count[f] != 0 &&
		    vary(p, f, c->o->value[f][oracle_pick(c->o, c->o->value_count[f])],
			 &one))
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
	} else {
		read_element(&near, o->expect,
			     &o->good->set[mu->set].element[mu->element]);
	}
	for (size_t i = 0; i < o->count; i++) {
		c.way_out = o->item[i].packet.v[FIELD_OIF].lo;
		if (mu->chain == SIZE_MAX || oracle_sees_chain(&o->item[i], mu->chain)) {
			compare(&c, o->item[i].hook, &o->item[i].packet,
				o->item[i].stale);
			seen++;
		}
	}
	for (size_t i = 0; i < o->count && c.answer != ORACLE_OTHER; i++) {
		const struct oracle_packet *p = &o->item[i];

		if (mu->chain != SIZE_MAX && !oracle_sees_chain(p, mu->chain))
			continue;
		c.way_out = p->packet.v[FIELD_OIF].lo;
		if (oracle_pick(o, seen) < VARIANTS / 40)
			compare_near(&c, &near, p);
		compare_far(&c, p, (unsigned)(VARIANTS / (seen + 1)) + 1);
	}
	*ret_packet = c.packet;
	*ret_hook = c.hook;
	return c.answer;
}
