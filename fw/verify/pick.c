/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"

#define HOST_OFFSET 5 /* in a network, when nothing better is known */

static bool take(struct prover *v, const struct box *b, enum field f, struct num want,
		 struct num *ret)
{
	uint32_t atom = space_atom(&v->s, f, want);

	if (num_cmp(want, field_max(f)) > 0 || atom < b->f[f].min || atom > b->f[f].max)
		return false;
	*ret = want;
	return true;
}

/* Some value of the box's field. */
static struct num any(struct prover *v, const struct box *b, enum field f)
{
	return space_values(&v->s, f, b->f[f].min).min;
}

static struct num prefer(struct prover *v, const struct box *b, enum field f,
			 const uint64_t *want, size_t count)
{
	struct num n = any(v, b, f);

	for (size_t i = 0; i < count; i++) {
		if (take(v, b, f, num_from(want[i]), &n))
			break;
	}
	return n;
}

static uint32_t zone_of(const struct prover *v, struct num interface)
{
	return interface.lo < v->p->names.count ? v->p->expect.zone_of[interface.lo]
						: EXPECT_NOBODY;
}

/* A host's address: of the zone behind the interface, if that will do. */
static struct num address(struct prover *v, const struct box *b, enum field f,
			  uint8_t family, struct num interface)
{
	const struct addr public4 = { .family = 4, .bytes = { 45, 113, 7, 10 } };
	const struct addr public6 = { .family = 6,
				      .bytes = { 0x24, 0x00, 0x20, [15] = 0x10 } };
	uint32_t zone = zone_of(v, interface);
	struct range r = space_values(&v->s, f, b->f[f].min);
	struct num n = { 0 };

	if (zone < v->p->rev->policy->zone_count) {
		const struct policy_prefixes *nets =
			&v->p->rev->policy->zone[zone].networks;

		for (size_t i = 0; i < nets->count; i++) {
			struct range net = range_of_prefix(nets->item[i]);

			if (nets->item[i].addr.family == family &&
			    num_cmp(num_plus(net.min, HOST_OFFSET), net.max) < 0 &&
			    take(v, b, f, num_plus(net.min, HOST_OFFSET), &n))
				return n;
		}
	}
	if (take(v, b, f, num_of_addr(family == 4 ? public4 : public6), &n))
		return n;
	for (uint32_t a = b->f[f].min; family == 6 && a < b->f[f].max; a++) {
		if (r.max.hi != 0 || r.max.lo > UINT32_MAX)
			break;
		r = space_values(&v->s, f, a + 1);
	}
	if (r.min.hi != UINT64_MAX && num_cmp(num_plus(r.min, HOST_OFFSET), r.max) < 0 &&
	    (family == 6 || r.min.lo <= UINT32_MAX - HOST_OFFSET))
		return num_plus(r.min, HOST_OFFSET);
	return r.min;
}

struct packet pick_packet(struct prover *v, const struct box *b)
{
	static const uint64_t families[] = { 4, 6 };
	static const uint64_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
					      IPPROTO_ICMPV6 };
	static const uint64_t ports[] = { 8080, 443 }, sources[] = { 40000 };
	static const uint64_t hops[] = { 64, 255 }, one[] = { 1 };
	/* questions: only these begin a connection */
	static const uint64_t types4[] = { 8, 13, 15, 17 }, types6[] = { 128 };
	static const uint64_t macs[] = { 0x02005e005301, 0x02005e005302 };
	struct packet p;

	for (size_t f = 0; f < FIELD_COUNT; f++)
		p.v[f] = any(v, b, (enum field)f);
	p.v[FIELD_FAMILY] = prefer(v, b, FIELD_FAMILY, families, 2);
	p.v[FIELD_PROTO] = prefer(v, b, FIELD_PROTO, protocols, 4);
	p.v[FIELD_SPORT] = prefer(v, b, FIELD_SPORT, sources, 1);
	p.v[FIELD_DPORT] = prefer(v, b, FIELD_DPORT, ports, 2);
	p.v[FIELD_HOPLIMIT] = prefer(v, b, FIELD_HOPLIMIT, hops, 2);
	if (p.v[FIELD_PROTO].lo == IPPROTO_ICMP)
		p.v[FIELD_ICMP_TYPE] = prefer(v, b, FIELD_ICMP_TYPE, types4, 4);
	else
		p.v[FIELD_ICMP_TYPE] = prefer(v, b, FIELD_ICMP_TYPE, types6, 1);
	p.v[FIELD_MAC] = prefer(v, b, FIELD_MAC, macs, 2);
	p.v[FIELD_RPF] = prefer(v, b, FIELD_RPF, one, 1);
	p.v[FIELD_SADDR] =
		address(v, b, FIELD_SADDR, (uint8_t)p.v[FIELD_FAMILY].lo, p.v[FIELD_IIF]);
	p.v[FIELD_DADDR] =
		address(v, b, FIELD_DADDR, (uint8_t)p.v[FIELD_FAMILY].lo, p.v[FIELD_OIF]);
	return p;
}
