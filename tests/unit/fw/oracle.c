/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packets: of the policy's cubes, near them, and of their connections. */
#include "tests/unit/fw/oracle_parts.h"

#include <linux/netfilter.h>
#include <stdlib.h>

#define PATHS   16384 /* a power of two */
#define OF_PATH 4 /* packets of the same way through the rules */
#define DRAWS   48 /* packets from each cube of the policy */
#define GONE    0x01777777u /* a permit's mark that no permit has now */

static void see_chain(struct oracle_packet *p, size_t c)
{
	p->chains[c / 64 % 4] |= UINT64_C(1) << (c % 64);
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
	struct oracle_journey j;

	for (unsigned limits = 0; limits < 2; limits++) {
		oracle_ask(o, o->good, p->hook, &p->packet, limits, &j);
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

	if (oracle_impossible(packet))
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

static void keep_following(struct oracle *o, uint32_t hook, const struct packet *first,
			   enum oracle_following what, uint64_t ct_mark, bool stale)
{
	struct packet next;
	uint32_t at;

	if (oracle_follow(o, hook, first, what, ct_mark, &at, &next))
		keep(o, at, &next, stale);
}

/* Those of connections too whose permit is gone, or that only another policy let open. */
static void keep_all(struct oracle *o, uint32_t hook, const struct packet *p)
{
	struct oracle_journey j;

	keep(o, hook, p, false);
	if (p->v[FIELD_CT_STATE].lo != STATE_NEW)
		return;
	oracle_ask(o, o->good, hook, p, 1, &j);
	for (enum oracle_following n = 0; n < FOLLOWING; n++) {
		size_t marks = o->value_count[FIELD_CT_MARK];

		if (j.verdict == EVAL_ACCEPT)
			keep_following(o, hook, p, n, j.ct_mark.lo, false);
		if (n != FOLLOW_AGAIN)
			keep_following(o, hook, p, n, GONE, false);
		for (unsigned i = 0; i < 2 && marks != 0; i++)
			keep_following(o, hook, p, n,
				       o->value[FIELD_CT_MARK][oracle_pick(o, marks)].lo,
				       true);
	}
}

/* One that has a permit at that interface, or NULL. */
static const struct device *pick_device(struct oracle *o, uint32_t iif)
{
	const struct devices *d = &o->expect->devices;
	const struct device *got = NULL;
	size_t seen = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (d->item[i].iif == iif && oracle_pick(o, ++seen) == 0)
			got = &d->item[i];
	}
	return got;
}

/* Mostly a device's card, and its address where it may use no other. */
static void put_sender(struct oracle *o, struct packet *p)
{
	const struct device *d = pick_device(o, (uint32_t)p->v[FIELD_IIF].lo);

	oracle_put(p, FIELD_MAC, MAC_STRANGE);
	if (d == NULL || oracle_pick(o, 4) == 0)
		return;
	oracle_put(p, FIELD_MAC, d->mac);
	if (d->address.family == p->v[FIELD_FAMILY].lo && oracle_pick(o, 4) != 0)
		p->v[FIELD_SADDR] = num_of_addr(d->address);
}

/* A packet of a cube, or one that is almost of it. */
static struct packet draw(struct oracle *o, const struct cube *c, uint32_t hook)
{
	struct packet p;

	for (size_t f = 0; f < FIELD_COUNT; f++) {
		p.v[f] = oracle_pick(o, 2) == 0 ? c->r[f].min : c->r[f].max;
		if (o->value_count[f] != 0 && oracle_pick(o, 12) == 0)
			p.v[f] = o->value[f][oracle_pick(o, o->value_count[f])];
	}
	if (c->r[FIELD_FAMILY].min.lo != c->r[FIELD_FAMILY].max.lo)
		oracle_put(&p, FIELD_FAMILY, oracle_pick(o, 2) == 0 ? 4 : 6);
	if (p.v[FIELD_SADDR].hi != 0 || p.v[FIELD_DADDR].hi != 0)
		oracle_put(&p, FIELD_FAMILY, 6);
	if (p.v[FIELD_FAMILY].lo != 6)
		oracle_put(&p, FIELD_FAMILY, 4);
	if (p.v[FIELD_FAMILY].lo == 4) {
		p.v[FIELD_SADDR].lo &= UINT32_MAX;
		p.v[FIELD_DADDR].lo &= UINT32_MAX;
	}
	if (p.v[FIELD_IIF].lo >= o->names->count || p.v[FIELD_IIF].lo == NAME_NONE)
		oracle_put(&p, FIELD_IIF, 1 + oracle_pick(o, o->names->count - 1));
	if (p.v[FIELD_OIF].lo >= o->names->count || p.v[FIELD_OIF].lo == NAME_NONE)
		oracle_put(&p, FIELD_OIF, 1 + oracle_pick(o, o->names->count - 1));
	put_sender(o, &p);
	oracle_put(&p, FIELD_LOCAL, hook == NF_INET_LOCAL_IN);
	if (p.v[FIELD_SPORT].lo == 0 || p.v[FIELD_SPORT].lo == UINT16_MAX)
		oracle_put(&p, FIELD_SPORT, 40000);
	if (p.v[FIELD_HOPLIMIT].lo == 0)
		oracle_put(&p, FIELD_HOPLIMIT, 64);
	oracle_put(&p, FIELD_RPF, oracle_pick(o, 10) != 0);
	if (p.v[FIELD_CT_STATE].lo == STATE_ESTABLISHED ||
	    p.v[FIELD_CT_STATE].lo == STATE_RELATED)
		oracle_put(&p, FIELD_CT_STATE, STATE_NEW);
	if (oracle_pick(o, 12) == 0)
		oracle_put(&p, FIELD_CT_STATE, STATE_INVALID + oracle_pick(o, 2));
	oracle_put(&p, FIELD_CT_DIR, 0);
	oracle_put(&p, FIELD_CT_MARK, 0);
	oracle_put(&p, FIELD_MARK, 0); /* others may have marked it before */
	if (o->value_count[FIELD_MARK] != 0 && oracle_pick(o, 4) == 0)
		p.v[FIELD_MARK] =
			o->value[FIELD_MARK][oracle_pick(o, o->value_count[FIELD_MARK])];
	if (hook == NF_INET_LOCAL_IN)
		oracle_put(&p, FIELD_OIF, NAME_NONE);
	if (hook != NF_INET_LOCAL_OUT) {
		oracle_put(&p, FIELD_SKUID, UID_NONE);
		return p;
	}
	oracle_put(&p, FIELD_IIF, NAME_NONE);
	oracle_put(&p, FIELD_MAC, MAC_NONE);
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
			oracle_read_rule(o, good, &good->chain[c].rule[r]);
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
