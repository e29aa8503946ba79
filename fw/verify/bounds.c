/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <linux/netfilter.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"
#include "lib/revision.h"

static bool is_all(enum field f, struct range r)
{
	return num_cmp(r.min, num_from(0)) == 0 && num_cmp(r.max, field_max(f)) == 0;
}

static void value_borders(struct prover *v, enum field f, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++)
		space_border(&v->s, f, range_of(i, i));
}

void bounds_borders(struct prover *v)
{
	const struct expect *x = &v->p->expect;

	for (size_t i = 0; i < x->count; i++) {
		for (size_t f = 0; f < FIELD_COUNT; f++) {
			if (!is_all((enum field)f, x->cube[i].r[f]))
				space_border(&v->s, (enum field)f, x->cube[i].r[f]);
		}
	}
	for (size_t z = 0; z < x->rev->policy->zone_count; z++) {
		const struct sources *s = &x->sources[z];

		for (size_t i = 0; i < s->may.count; i++)
			space_border(&v->s, FIELD_SADDR, s->may.item[i]);
		for (size_t i = 0; i < s->sure.count; i++)
			space_border(&v->s, FIELD_SADDR, s->sure.item[i]);
	}
	value_borders(v, FIELD_FAMILY, 4, 6);
	space_border(&v->s, FIELD_SADDR, range_of(0, UINT32_MAX));
	value_borders(v, FIELD_CT_STATE, STATE_NEW, STATE_UNTRACKED);
	value_borders(v, FIELD_CT_DIR, 0, 1);
	value_borders(v, FIELD_LOCAL, 0, 1);
	value_borders(v, FIELD_RPF, 0, 1);
	value_borders(v, FIELD_SKUID, UID_NONE, UID_NONE);
	value_borders(v, FIELD_ICMP_TYPE, 0, 18);
	value_borders(v, FIELD_ICMP_TYPE, 128, 140);
	value_borders(v, FIELD_PROTO, 1, 1);
	value_borders(v, FIELD_PROTO, 6, 6);
	value_borders(v, FIELD_PROTO, 17, 17);
	value_borders(v, FIELD_PROTO, 58, 58);
	value_borders(v, FIELD_MAC, UINT64_C(1) << 48, UINT64_C(1) << 48);
}

void bound_add(struct prover *v, struct bound *b, const struct box *box, uint32_t cube)
{
	size_t n = b->boxes.count;
	void *p = work_grow(v->w, b->cube, sizeof(*b->cube), n, &b->room);

	if (p == NULL)
		return;
	b->cube = p;
	boxes_add(v->w, &b->boxes, box);
	if (b->boxes.count > n)
		b->cube[n] = cube;
}

/* The flags' runs, as speakers with any address. */
static size_t add_runs(const bool *flag, uint32_t max, struct speaker *list)
{
	size_t count = 0;

	for (uint32_t i = 0; i <= max; i++) {
		if (!flag[i])
			continue;
		if (i == 0 || !flag[i - 1])
			list[count++].mac.min = i;
		list[count - 1].mac.max = i;
	}
	return count;
}

struct asked { /* for cards at an interface */
	uint32_t iif;
	enum cube_who who;
	uint32_t flow; /* of WHO_LIMITED */
};

static bool has_right(const struct device *d, const struct asked *a)
{
	if (d->iif != a->iif)
		return false;
	if (a->who == WHO_LIMITED)
		return revision_permit_names_flow(d->permit, a->flow);
	return a->who == WHO_ADMITTED || d->mark >> 24 == REVISION_MARK_FULL >> 24;
}

/* Everybody but those in quarantine; or the devices with that right. */
static void flag_cards(struct prover *v, const struct asked *a, bool *flag, uint32_t max)
{
	const struct devices *d = &v->p->expect.devices;

	if (a->who == WHO_ANY) {
		for (uint32_t i = 0; i <= max; i++)
			flag[i] = true;
		for (size_t i = 0; i < d->isolated_count; i++)
			flag[space_atom(&v->s, FIELD_MAC, num_from(d->isolated[i]))] =
				false;
		return;
	}
	for (size_t i = 0; i < d->count; i++) {
		if (d->item[i].address.family == 0 && has_right(&d->item[i], a))
			flag[space_atom(&v->s, FIELD_MAC, num_from(d->item[i].mac))] =
				true;
	}
}

/* The cards of that right at an interface; WHO_ANY: all that are not in quarantine. */
static struct speakers find_speakers(struct prover *v, const struct asked *a)
{
	const struct devices *d = &v->p->expect.devices;
	uint32_t max = space_all(&v->s, FIELD_MAC).max;
	bool *flag = work_alloc(v->w, (size_t)max + 1, sizeof(*flag));
	struct speaker *list = work_alloc(v->w, (size_t)max + 1, sizeof(*list));
	size_t count;

	if (flag == NULL || list == NULL)
		return (struct speakers){ 0 };
	flag_cards(v, a, flag, max);
	count = add_runs(flag, max, list);
	for (size_t i = 0; i < d->count && a->who != WHO_ANY; i++) {
		const struct device *one = &d->item[i];

		if (one->address.family != 0 && has_right(one, a))
			list[count++] = (struct speaker){
				.mac = one->peer ? space_all(&v->s, FIELD_MAC)
						 : bounds_atoms(v, FIELD_MAC, one->mac,
								one->mac),
				.bound = one,
			};
	}
	return (struct speakers){ list, count };
}

bool bounds_speak(struct prover *v, const struct speaker *s, bool unbound, struct box *b)
{
	struct span family, address;

	b->f[FIELD_MAC] = s->mac;
	if (s->bound == NULL)
		return true;
	family.min = family.max =
		space_atom(&v->s, FIELD_FAMILY, num_from(s->bound->address.family));
	if (!box_cut(b, FIELD_FAMILY, family))
		return false;
	if (unbound)
		return true;
	address.min = address.max =
		space_atom(&v->s, FIELD_SADDR, num_of_addr(s->bound->address));
	return box_cut(b, FIELD_SADDR, address);
}

struct span bounds_atoms(struct prover *v, enum field f, uint64_t min, uint64_t max)
{
	return (struct span){ space_atom(&v->s, f, num_from(min)),
			      space_atom(&v->s, f, num_from(max)) };
}

struct box bounds_box(struct prover *v, const struct cube *c)
{
	struct box b;

	for (size_t f = 0; f < FIELD_COUNT; f++) {
		enum field field = (enum field)f;

		b.f[f] = space_all(&v->s, field);
		if (is_all(field, c->r[f]))
			continue;
		b.f[f].min = space_atom(&v->s, field, c->r[f].min);
		b.f[f].max = space_atom(&v->s, field, c->r[f].max);
	}
	return b;
}

struct known_speakers { /* cubes ask for the same ones again and again */
	struct speakers of;
	bool known;
	uint32_t flow;
};

/*
 * Does it matter which card sends it? Where everybody may speak, only quarantine does;
 * a packet that is redirected first is refused later.
 */
static bool is_spoken(const struct prover *v, const struct cube *c)
{
	bool in = c->hook == NF_INET_LOCAL_IN || c->hook == NF_INET_FORWARD ||
		  (c->hook == NF_INET_PRE_ROUTING && c->sure);

	return c->who != WHO_ANY ||
	       (in && c->from < v->p->expect.rev->policy->zone_count &&
		v->p->expect.devices.isolated_count != 0);
}

static void add_cube(struct prover *v, struct known_speakers *cache, uint32_t i)
{
	const struct cube *c = &v->p->expect.cube[i];
	struct bound *to = c->sure ? &v->sure[c->hook] : &v->may[c->hook];
	struct box b = bounds_box(v, c);
	uint32_t iif = (uint32_t)c->r[FIELD_IIF].min.lo;
	struct known_speakers *d = &cache[iif * WHO_COUNT + (uint32_t)c->who];

	if (!is_spoken(v, c)) {
		bound_add(v, to, &b, i);
		return;
	}
	if (!d->known || d->flow != c->limited)
		d->of = find_speakers(v, &(struct asked){ iif, c->who, c->limited });
	d->known = true;
	d->flow = c->limited;
	for (size_t k = 0; k < d->of.count; k++) {
		struct box one = b;

		if (bounds_speak(v, &d->of.item[k], c->unbound, &one))
			bound_add(v, to, &one, i);
	}
}

/* Who may speak at each interface in its zone, for all phases of the proof. */
static void add_speakers(struct prover *v)
{
	const struct expect *e = &v->p->expect;
	uint32_t zones = (uint32_t)e->rev->policy->zone_count;

	v->speakers = work_alloc(v->w, v->p->names.count, sizeof(*v->speakers));
	for (uint32_t i = 0; i < v->p->names.count && v->w->error == 0; i++) {
		uint32_t zone = e->zone_of[i];

		if (zone < zones)
			v->speakers[i] = find_speakers(
				v, &(struct asked){ i,
						    expect_admits(e, zone) ? WHO_ADMITTED
									   : WHO_ANY,
						    0 });
	}
}

void bounds_make(struct prover *v)
{
	struct known_speakers *cache =
		work_alloc(v->w, (size_t)v->p->names.count * WHO_COUNT, sizeof(*cache));

	for (uint32_t i = 0; i < v->p->expect.count && v->w->error == 0; i++)
		add_cube(v, cache, i);
	add_speakers(v);
}
