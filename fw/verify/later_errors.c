/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors about a connection's packets: no way there, too large (path MTU: RFC 1191, RFC
 * 8201), too many hops. Routers send them, to either side, and this machine is one. An
 * opener that does not hear of them waits for nothing; an answerer that does not, goes on
 * sending what never arrives.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "fw/verify/prove_parts.h"

enum side { /* who is told; connection tracking's direction is the other way round */
	    OPENER,
	    ANSWERER,
};

/* All that an error depends on: many openings differ in ports alone. */
struct error_key {
	uint32_t hook, side, mark, pad;
	struct span family, iif, oif, told;
};

#define TOLD 4096 /* a power of two */

struct told {
	struct error_key last[TOLD]; /* by hash */
};

/* Was the same one added lately? It is harmless to add it again, and slow. */
static bool is_told(struct prover *v, const struct opened *o, enum side to)
{
	struct error_key key = {
		.hook = o->hook + 1, /* none is all zeros */
		.side = to,
		.mark = o->mark,
		.family = o->box.f[FIELD_FAMILY],
		.iif = o->box.f[FIELD_IIF],
		.oif = o->box.f[FIELD_OIF],
		.told = o->box.f[to == OPENER ? FIELD_SADDR : FIELD_DADDR],
	};
	const uint8_t *byte = (const uint8_t *)&key;
	uint32_t hash = 2166136261u; /* FNV-1a */
	struct error_key *slot;

	if (v->told == NULL)
		v->told = work_alloc(v->w, 1, sizeof(*v->told));
	if (v->told == NULL)
		return true; /* out of memory: the proof has ended */
	for (size_t i = 0; i < sizeof(key); i++)
		hash = (hash ^ byte[i]) * 16777619u;
	slot = &v->told->last[hash & (TOLD - 1)];
	if (memcmp(slot, &key, sizeof(key)) == 0)
		return true;
	*slot = key;
	return false;
}

/* What is alike in all of them: from anywhere, to that side. */
static struct box error_to(struct prover *v, const struct opened *o, enum side to)
{
	const struct cube any = cube_any(NF_INET_FORWARD);
	struct box b = bounds_box(v, &any);
	bool six = o->box.f[FIELD_FAMILY].min == bounds_atoms(v, FIELD_FAMILY, 6, 6).min;
	uint64_t direction = to == OPENER ? 1 : 0;

	b.f[FIELD_FAMILY] = o->box.f[FIELD_FAMILY];
	b.f[FIELD_OIF] = o->box.f[to == OPENER ? FIELD_IIF : FIELD_OIF];
	b.f[FIELD_DADDR] = o->box.f[to == OPENER ? FIELD_SADDR : FIELD_DADDR];
	b.f[FIELD_CT_STATE] =
		bounds_atoms(v, FIELD_CT_STATE, STATE_RELATED, STATE_RELATED);
	b.f[FIELD_CT_DIR] = bounds_atoms(v, FIELD_CT_DIR, direction, direction);
	b.f[FIELD_CT_MARK] = (struct span){ o->mark, o->mark };
	b.f[FIELD_PROTO] =
		six ? bounds_atoms(v, FIELD_PROTO, IPPROTO_ICMPV6, IPPROTO_ICMPV6)
		    : bounds_atoms(v, FIELD_PROTO, IPPROTO_ICMP, IPPROTO_ICMP);
	b.f[FIELD_ICMP_TYPE] = six ? bounds_atoms(v, FIELD_ICMP_TYPE, ICMP6_DST_UNREACH,
						  ICMP6_TIME_EXCEEDED)
				   : bounds_atoms(v, FIELD_ICMP_TYPE, ICMP_DEST_UNREACH,
						  ICMP_DEST_UNREACH);
	return b;
}

/* From a router on the way to the other side, which is not this machine. */
static void add_routers(struct prover *v, const struct opened *o, enum side to)
{
	enum field there = to == OPENER ? FIELD_OIF : FIELD_IIF;
	uint32_t beyond = to == OPENER ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;
	bool ends_here = o->hook != NF_INET_FORWARD;
	uint64_t local = ends_here ? 1 : 0;
	struct box b;

	if (o->hook == beyond ||
	    v->p->expect.zone_of[o->box.f[there].min] == EXPECT_NOBODY)
		return;
	b = error_to(v, o, to);
	b.f[FIELD_IIF] = o->box.f[there];
	b.f[FIELD_RPF] = bounds_atoms(v, FIELD_RPF, 1, 1);
	b.f[FIELD_LOCAL] = bounds_atoms(v, FIELD_LOCAL, local, local);
	later_add_from_zone(v, ends_here ? NF_INET_LOCAL_IN : NF_INET_FORWARD, b);
}

/* From this machine itself, where that side is another one. */
static void add_own(struct prover *v, const struct opened *o, enum side to)
{
	struct box b = error_to(v, o, to);

	if (o->hook == NF_INET_LOCAL_OUT ||
	    (to == ANSWERER && o->hook == NF_INET_LOCAL_IN))
		return;
	b.f[FIELD_IIF] = (struct span){ NAME_NONE, NAME_NONE };
	b.f[FIELD_SKUID] = bounds_atoms(v, FIELD_SKUID, UID_NONE, UID_NONE);
	bound_add(v, &v->sure[NF_INET_LOCAL_OUT], &b, BOUND_LATER);
}

void later_add_errors(struct prover *v, const struct opened *o)
{
	for (enum side to = OPENER; to <= ANSWERER; to++) {
		if (is_told(v, o, to))
			continue;
		add_routers(v, o, to);
		add_own(v, o, to);
	}
}
