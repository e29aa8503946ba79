/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What follows a first packet. By induction over a connection's packets: the kernel
 * keeps a connection only when its first packet was accepted, which has been judged;
 * and every later packet is accepted only when its connection carries a mark that an
 * accepted first packet gives, comes from where its source belongs, and from a device
 * that still has a permit. Those of the side that opened it have to be what could open
 * it now, so that a connection does not outlive its flow or follow a changed route into
 * another zone; this machine's own may leave anywhere. That is the upper bound. The
 * lower one: whatever may be opened must be able to go on, to be answered, and to hear
 * of errors.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/prove_parts.h"

/* Add the box once for each span of marks that openings give. */
static void add_given(struct prover *v, struct bound *to, struct box b)
{
	struct span all = space_all(&v->s, FIELD_CT_MARK);

	for (uint32_t i = 0; i <= all.max; i++) {
		if (!v->given[i])
			continue;
		b.f[FIELD_CT_MARK] = (struct span){ i, i };
		while (b.f[FIELD_CT_MARK].max < all.max &&
		       v->given[b.f[FIELD_CT_MARK].max + 1])
			i = ++b.f[FIELD_CT_MARK].max;
		bound_add(v, to, &b, BOUND_LATER);
	}
}

static struct box open_box(struct prover *v)
{
	const struct cube any = cube_any(NF_INET_FORWARD);
	struct box b = bounds_box(v, &any);

	/* a first packet that comes again has its connection's mark already */
	b.f[FIELD_CT_STATE] = bounds_atoms(
		v, FIELD_CT_STATE, v->marks_elsewhere ? STATE_ESTABLISHED : STATE_NEW,
		STATE_RELATED);
	return b;
}

/* What may open a connection may go on with it. */
static void add_openers(struct prover *v, struct bound *may, size_t cubes)
{
	const struct box open = open_box(v);

	for (size_t i = 0; i < cubes && v->w->error == 0; i++) {
		struct box b = may->boxes.item[i];

		if (v->p->expect.cube[may->cube[i]].from == EXPECT_GATEWAY)
			continue; /* the loopback's, and what there cannot be */
		b.f[FIELD_CT_STATE] =
			(struct span){ open.f[FIELD_CT_STATE].min,
				       space_atom(&v->s, FIELD_CT_STATE,
						  num_from(STATE_ESTABLISHED)) };
		b.f[FIELD_CT_DIR] = bounds_atoms(v, FIELD_CT_DIR, 0, 0);
		add_given(v, may, b);
	}
}

/* Errors to zones that a flow joins with this one, in whichever direction. */
static void add_errors_to(struct prover *v, uint32_t zone, struct box errors)
{
	const struct policy *p = v->p->rev->policy;
	const struct expect *x = &v->p->expect;
	bool joined[POLICY_ZONES_MAX] = { 0 };

	for (size_t i = 0; i < p->flow_count; i++) {
		joined[p->flow[i].to] |= p->flow[i].from == zone;
		joined[p->flow[i].from] |= p->flow[i].to == zone;
	}
	for (size_t z = 0; z < p->zone_count; z++) {
		for (size_t i = 0; joined[z] && i < p->zone[z].interface_count; i++) {
			uint32_t out = x->interface[z][i];

			errors.f[FIELD_OIF] = (struct span){ out, out };
			add_given(v, &v->may[NF_INET_FORWARD], errors);
		}
	}
}

/* All that connections may send to who opened them, and errors. */
static void add_backward(struct prover *v, uint32_t zone, struct box b)
{
	struct box errors = b;

	b.f[FIELD_CT_STATE] =
		bounds_atoms(v, FIELD_CT_STATE, STATE_ESTABLISHED, STATE_ESTABLISHED);
	b.f[FIELD_CT_DIR] = bounds_atoms(v, FIELD_CT_DIR, 1, 1);
	errors.f[FIELD_CT_STATE] =
		bounds_atoms(v, FIELD_CT_STATE, STATE_RELATED, STATE_RELATED);
	add_given(v, &v->may[NF_INET_LOCAL_IN], b);
	add_given(v, &v->may[NF_INET_FORWARD], b);
	add_given(v, &v->may[NF_INET_LOCAL_IN], errors);
	add_errors_to(v, zone, errors);
}

/* From one interface of a zone. */
static void add_interface(struct prover *v, uint32_t zone, uint32_t iif)
{
	const struct ranges *src = &v->p->expect.sources[zone].may;
	struct box b = open_box(v);
	const struct speakers *cards = &v->speakers[iif];

	b.f[FIELD_IIF] = (struct span){ iif, iif };
	for (size_t i = 0; i < src->count; i++) {
		b.f[FIELD_FAMILY] =
			bounds_atoms(v, FIELD_FAMILY, src->family[i], src->family[i]);
		b.f[FIELD_SADDR] =
			(struct span){ space_atom(&v->s, FIELD_SADDR, src->item[i].min),
				       space_atom(&v->s, FIELD_SADDR, src->item[i].max) };
		for (size_t k = 0; k < cards->count; k++) {
			struct box one = b;

			if (bounds_speak(v, &cards->item[k], false, &one))
				add_backward(v, zone, one);
		}
	}
}

static void swap(struct box *b, enum field x, enum field y)
{
	struct span s = b->f[x];

	b->f[x] = b->f[y];
	b->f[y] = s;
}

/* What answers an ICMP message; false: it is no question. */
static bool answer_type(struct prover *v, struct box *b)
{
	static const uint8_t pairs[][3] = {
		{ IPPROTO_ICMP, 8, 0 },       { IPPROTO_ICMP, 13, 14 },
		{ IPPROTO_ICMP, 15, 16 },     { IPPROTO_ICMP, 17, 18 },
		{ IPPROTO_ICMPV6, 128, 129 }, { IPPROTO_ICMPV6, 139, 140 }
	};
	uint32_t proto = b->f[FIELD_PROTO].min, type = b->f[FIELD_ICMP_TYPE].min;

	if (proto != bounds_atoms(v, FIELD_PROTO, IPPROTO_ICMP, 0).min &&
	    proto != bounds_atoms(v, FIELD_PROTO, IPPROTO_ICMPV6, 0).min)
		return true;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (proto == bounds_atoms(v, FIELD_PROTO, pairs[i][0], 0).min &&
		    type == bounds_atoms(v, FIELD_ICMP_TYPE, pairs[i][1], 0).min) {
			b->f[FIELD_ICMP_TYPE] = bounds_atoms(v, FIELD_ICMP_TYPE,
							     pairs[i][2], pairs[i][2]);
			return true;
		}
	}
	return false;
}

static uint32_t hook_back(uint32_t hook)
{
	if (hook == NF_INET_LOCAL_IN)
		return NF_INET_LOCAL_OUT;
	return hook == NF_INET_LOCAL_OUT ? NF_INET_LOCAL_IN : NF_INET_FORWARD;
}

static struct span source_span(struct prover *v, struct range r)
{
	return (struct span){ space_atom(&v->s, FIELD_SADDR, r.min),
			      space_atom(&v->s, FIELD_SADDR, r.max) };
}

void later_add_from_zone(struct prover *v, uint32_t hook, struct box b)
{
	uint32_t iif = b.f[FIELD_IIF].min, zone = v->p->expect.zone_of[iif];
	uint32_t six = bounds_atoms(v, FIELD_FAMILY, 6, 6).min;
	const struct ranges *src;
	const struct speakers *cards;

	if (hook == NF_INET_LOCAL_OUT || zone == EXPECT_NOBODY) {
		bound_add(v, &v->sure[hook], &b, BOUND_LATER);
		return;
	}
	src = &v->p->expect.sources[zone].sure;
	cards = &v->speakers[iif];
	for (size_t i = 0; i < src->count; i++) {
		struct box own = b;

		if ((b.f[FIELD_FAMILY].min == six) != (src->family[i] == 6) ||
		    !box_cut(&own, FIELD_SADDR, source_span(v, src->item[i])))
			continue;
		for (size_t k = 0; k < cards->count; k++) {
			struct box one = own;

			if (bounds_speak(v, &cards->item[k], false, &one))
				bound_add(v, &v->sure[hook], &one, BOUND_LATER);
		}
	}
}

static void add_answers(struct prover *v, const struct opened *o)
{
	const struct cube any = cube_any(NF_INET_FORWARD);
	uint32_t hook = hook_back(o->hook);
	struct box all = bounds_box(v, &any), b = o->box;

	swap(&b, FIELD_IIF, FIELD_OIF);
	swap(&b, FIELD_SADDR, FIELD_DADDR);
	swap(&b, FIELD_SPORT, FIELD_DPORT);
	b.f[FIELD_MARK] = all.f[FIELD_MARK];
	b.f[FIELD_MAC] = all.f[FIELD_MAC];
	b.f[FIELD_SKUID] = all.f[FIELD_SKUID];
	b.f[FIELD_LOCAL] = hook == NF_INET_LOCAL_IN ? bounds_atoms(v, FIELD_LOCAL, 1, 1)
						    : bounds_atoms(v, FIELD_LOCAL, 0, 0);
	b.f[FIELD_CT_DIR] = bounds_atoms(v, FIELD_CT_DIR, 1, 1);
	b.f[FIELD_CT_STATE] =
		bounds_atoms(v, FIELD_CT_STATE, STATE_ESTABLISHED, STATE_ESTABLISHED);
	b.f[FIELD_CT_MARK] = (struct span){ o->mark, o->mark };
	if (answer_type(v, &b))
		later_add_from_zone(v, hook, b);
}

static void add_opened(struct prover *v, const struct opened *o)
{
	struct box b = o->box;

	b.f[FIELD_MARK] = space_all(&v->s, FIELD_MARK);
	b.f[FIELD_CT_STATE] =
		bounds_atoms(v, FIELD_CT_STATE, STATE_ESTABLISHED, STATE_ESTABLISHED);
	b.f[FIELD_CT_MARK] = (struct span){ o->mark, o->mark };
	bound_add(v, &v->sure[o->hook], &b, BOUND_LATER);
	add_answers(v, o);
	later_add_errors(v, o);
}

struct opening {
	struct prover *v;
	const struct outcome *out;
	const struct bound *sure;
	struct opened o;
};

static bool open_cube(void *user, size_t i)
{
	struct opening *x = user;
	struct prover *v = x->v;
	const struct cube *c = &v->p->expect.cube[x->sure->cube[i]];
	struct box b;

	if (c->from == EXPECT_GATEWAY && c->to == EXPECT_GATEWAY)
		return true; /* the loopback's are all listed */
	if (box_meet(&x->sure->boxes.item[i], &x->out->region.box, &b) &&
	    boxes_rest(v->w, &b, &x->out->region.holes, &x->o.box))
		add_opened(v, &x->o);
	return v->w->error == 0;
}

/* What of an accepted outcome has to pass, by the cubes that it overlaps with. */
static void open_outcome(struct prover *v, uint32_t hook, const struct outcome *out,
			 struct bound *sure)
{
	struct opening x = { .v = v, .out = out, .sure = sure };

	x.o.hook = hook;
	x.o.mark = out->region.set[1] ? out->region.now[1]
				      : out->region.box.f[FIELD_CT_MARK].min;
	boxes_each(v->w, &sure->boxes, &sure->index, &out->region.box, open_cube, &x);
}

/*
 * Marks that are no permit's and that rules or sets name: openings may have given
 * them under the policy before this one, when they meant the same.
 */
static void give_constants(struct prover *v)
{
	const struct axis *a = &v->s.axis[FIELD_MARK];

	for (size_t i = 0; i + 1 < a->count; i++) {
		uint64_t mark = a->start[i].lo;

		if (a->start[i + 1].lo == mark + 1 && mark != 0 &&
		    !revision_is_permit_mark((uint32_t)mark))
			v->given[a->class[i]] = true;
	}
}

/*
 * Those of permits in force: connections that began while a zone enforced them go on where
 * it only detects, and so do those of a flow that is closed for now, when the permit is
 * limited to it.
 */
static void give_permits(struct prover *v)
{
	const struct devices *d = &v->p->expect.devices;

	for (size_t i = 0; i < d->count; i++)
		v->given[space_atom(&v->s, FIELD_MARK, num_from(d->item[i].mark))] = true;
}

void later_make(struct prover *v)
{
	static const uint32_t hooks[] = { NF_INET_LOCAL_IN, NF_INET_FORWARD,
					  NF_INET_LOCAL_OUT };
	const struct expect *x = &v->p->expect;
	uint32_t none = space_atom(&v->s, FIELD_CT_MARK, num_from(0));
	struct bound cubes[HOOKS]; /* as they are now, without what is added here */

	memcpy(cubes, v->sure, sizeof(cubes));
	v->given = work_alloc(v->w, (size_t)space_all(&v->s, FIELD_CT_MARK).max + 2,
			      sizeof(*v->given));
	for (size_t h = 0; h < 3 && v->w->error == 0; h++) {
		const struct outcomes *fresh = &v->fresh[hooks[h]];

		for (size_t i = 0; i < fresh->count && v->w->error == 0; i++) {
			const struct outcome *o = &fresh->item[i];

			if (o->kind != OUTCOME_ACCEPT)
				continue;
			if (o->region.set[1] && o->region.now[1] != none)
				v->given[o->region.now[1]] = true;
			if (!o->region.doubtful)
				open_outcome(v, hooks[h], o, &cubes[hooks[h]]);
		}
	}
	if (v->w->error < 0)
		return;
	give_constants(v);
	give_permits(v);
	for (size_t h = 0; h < 2 && v->w->error == 0; h++)
		add_openers(v, &v->may[hooks[h]], v->may[hooks[h]].boxes.count);
	add_given(v, &v->may[NF_INET_LOCAL_OUT], open_box(v));
	for (uint32_t z = 0; z < x->rev->policy->zone_count && v->w->error == 0; z++) {
		for (size_t i = 0; i < x->rev->policy->zone[z].interface_count; i++)
			add_interface(v, z, x->interface[z][i]);
	}
}
